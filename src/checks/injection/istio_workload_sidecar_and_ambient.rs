use crate::checks::Findings;
use crate::index::Workload;
use crate::mesh::istio::labels::{asks_for_ambient, asks_for_sidecar, has_captured_pods, is_waypoint};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The labels of a workload and its namespace ask for a sidecar and for ambient at once, or they ask for a sidecar while its pods are
    /// captured by ambient.
    ///
    /// # Why it matters
    ///
    /// Injection decides when a pod is created, ambient afterwards: pods created today get a sidecar and stay out of ambient, those that
    /// were captured before have none. Which policies hold for a pod then depends on its age.
    ///
    /// # How to fix it
    ///
    /// Keep one: remove `istio-injection` and `istio.io/rev` from the namespace (and `sidecar.istio.io/inject` from the pod template), or remove
    /// `istio.io/dataplane-mode`. Then restart the pods.
    ///
    /// Sources: kiali KIA1311, KIA1314 `business/checkers/ambient/ambient_workload_checker.go` (which knows `enabled` and `none` as values of
    /// `sidecar.istio.io/inject`, not `true` and `false`, and does not leave waypoints out); istio issue 60313.
    "istio-workload-sidecar-and-ambient",
    summary: "A workload is asked into ambient and given a sidecar at once",
    aliases: &["KIA1311", "KIA1314"],
    severity: Severity::Error,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads().iter().filter(|w| !is_waypoint(&w.labels)) {
        let namespace = index.namespace(&workload.reference.namespace);
        let wanted = asks_for_sidecar(index, workload);
        let wished = kiali_word(workload) == Some(true) && namespace.is_some_and(|ns| !ns.metadata.labels.is("istio-injection", "disabled"));
        if !wished && !wanted {
            continue;
        }
        let by_kiali = namespace.is_some() && kiali_word(workload) != Some(false);
        let labelled = asks_for_ambient(index, workload) && namespace.is_some();
        let captured = has_captured_pods(index, workload);
        let codes = [(labelled, "KIA1311"), (captured, "KIA1314")];
        let codes: Vec<_> = codes.into_iter().filter(|(holds, _)| *holds && by_kiali).map(|(_, code)| code).collect();
        let message = match (labelled, captured) {
            (false, false) => continue,
            _ if !wanted => "the label sidecar.istio.io/inject has the value \"enabled\", which Istio does not know, beside ambient",
            (true, _) => "labels ask for a sidecar and for ambient",
            (false, true) => "labels ask for a sidecar, but the pods are captured by ambient",
        };
        let hint = "Keep one: drop the injection labels, or istio.io/dataplane-mode; then restart the pods.";
        let finding = findings.add_workload(workload, "", message, hint);
        finding.codes(&codes);
        if !wanted {
            finding.severity(Severity::Info);
        }
        if let Some(namespace) = namespace {
            finding.related(namespace.metadata.reference(Kind::Namespace), "its labels count for all pods that have none of their own");
        }
    }
}

/// Whether the label of a pod is one that Kiali takes for a request (`enabled`) or a refusal (`none`), and Istio for neither.
fn kiali_word(workload: &Workload) -> Option<bool> {
    match workload.labels.get("sidecar.istio.io/inject") {
        Some("enabled") => Some(true),
        Some("none") => Some(false),
        _ => None,
    }
}
