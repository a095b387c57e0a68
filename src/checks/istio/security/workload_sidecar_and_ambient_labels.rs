use crate::checks::Findings;
use crate::index::{Index, Workload};
use crate::mesh::istio::ambient;
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
    /// # How to mend it
    ///
    /// Keep one: remove `istio-injection` and `istio.io/rev` from the namespace (and `sidecar.istio.io/inject` from the pod template), or remove
    /// `istio.io/dataplane-mode`. Then restart the pods.
    ///
    /// Sources: kiali KIA1311, KIA1314 `business/checkers/ambient/ambient_workload_checker.go`; istio issue 60313.
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
    for workload in index.workloads().iter().filter(|w| !ambient::is_waypoint(&w.labels)) {
        let by_kiali = kiali_sidecar_label(index, workload);
        if !by_kiali && !ambient::wants_sidecar(index, workload) {
            continue;
        }
        let mut codes = Vec::new();
        let labelled = ambient::wants_ambient(index, workload) && index.namespace(&workload.reference.namespace).is_some();
        let captured = ambient::is_captured(index, workload);
        if labelled && by_kiali {
            codes.push("KIA1311");
        }
        if captured && by_kiali {
            codes.push("KIA1314");
        }
        let message = match (labelled, captured) {
            (true, _) => "labels ask for a sidecar and for ambient",
            (false, true) => "labels ask for a sidecar, but the pods are captured by ambient",
            (false, false) => continue,
        };
        let hint = "Keep one: drop the injection labels, or istio.io/dataplane-mode; then restart the pods.";
        let finding = findings.add_workload(workload, "", message, hint);
        finding.codes(&codes);
        if let Some(namespace) = index.namespace(&workload.reference.namespace) {
            finding.related(namespace.metadata.reference(Kind::Namespace), "its labels count for all pods that have none of their own");
        }
    }
}

/// Whether Kiali takes the labels for a wish for a sidecar; on pods it knows the values `enabled` and `none` only, which Istio does not.
fn kiali_sidecar_label(index: &Index, workload: &Workload) -> bool {
    let Some(namespace) = index.namespace(&workload.reference.namespace) else { return false };
    let labels = &namespace.metadata.labels;
    let pod = workload.labels.get("sidecar.istio.io/inject");
    let enabled = labels.is("istio-injection", "enabled") || labels.get("istio.io/rev").is_some_and(|rev| !rev.is_empty()) || pod == Some("enabled");
    enabled && !labels.is("istio-injection", "disabled") && pod != Some("none")
}
