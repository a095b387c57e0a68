use super::sidecars::{selecting, selector};
use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The `workloadSelector` of a Sidecar fits no pod and no pod template of its namespace.
    ///
    /// # Why it matters
    ///
    /// The Sidecar does nothing: proxies keep the configuration of the whole mesh, or of the namespace's default Sidecar.
    ///
    /// # How to mend it
    ///
    /// Use the labels that the pods have (those of the pod template, not of the Deployment itself).
    ///
    /// Sources: IST0101: istio `pkg/config/analysis/analyzers/sidecar/selector.go`; KIA0004: kiali `checkers/common/workload_selector_checker.go`.
    "istio-sidecar-selector-matches-nothing",
    summary: "Sidecar selects no workload",
    aliases: &["IST0101", "KIA0004"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for sidecar in selecting(world) {
        let namespace = sidecar.meta.namespace.as_str();
        let selector = selector(sidecar);
        if world.index.select(Some(namespace), &selector).next().is_some() {
            continue;
        }
        let text = selector.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
        let message = format!("selector {text:?} fits no workload of namespace {namespace:?}");
        let kinds = [(Kind::Pod, namespace), (Kind::Deployment, namespace)];
        findings.missing(sidecar, "spec.workloadSelector.labels", &kinds, message, "Use labels that the pods of this namespace have.");
    }
}
