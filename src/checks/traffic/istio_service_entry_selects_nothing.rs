use crate::checks::Findings;
use crate::checks::support::istio::traffic::subsets::labels;
use crate::mesh::istio::groups;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The `workloadSelector` of a ServiceEntry fits no pod, no WorkloadEntry and no WorkloadGroup of its namespace.
    ///
    /// # Why it matters
    ///
    /// The hosts of the entry have no endpoint: calls to them get 503 (`UH`, no healthy upstream).
    ///
    /// # How to fix it
    ///
    /// Select labels that the machines or pods carry, in the namespace they are in, or write `endpoints`.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/serviceentry/controller.go` (selection by labels within one namespace).
    "istio-service-entry-selects-nothing",
    summary: "ServiceEntry selects no workload, so that its hosts have no endpoint",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::ServiceEntry, Kind::WorkloadEntry, Kind::WorkloadGroup, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for entry in world.index.objects(Kind::ServiceEntry) {
        let (namespace, selector) = (entry.meta.namespace.as_str(), labels(entry.spec().at(["workloadSelector", "labels"])));
        let picked =
            || world.index.select(Some(namespace), &selector).next().is_some() || groups::may_register(&world.index, Some(namespace), &selector);
        if selector.is_empty() || picked() {
            continue;
        }
        let wanted = selector.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
        let message = format!("no pod and no WorkloadEntry of namespace {namespace:?} has the labels {wanted}: the hosts have no endpoint");
        let kinds = [Kind::WorkloadEntry, Kind::WorkloadGroup, Kind::Pod, Kind::Deployment].map(|kind| (kind, namespace));
        let hint = "Select labels that the machines or pods carry, in the namespace they are in, or write endpoints.";
        findings.missing(entry, "spec.workloadSelector.labels", &kinds, message, hint);
    }
}
