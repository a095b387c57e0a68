use crate::checks::Findings;
use crate::checks::support::istio::traffic::subsets::labels;
use crate::model::{Kind, Map};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// No Service and no ServiceEntry of its namespace selects a WorkloadEntry.
    ///
    /// # Why it matters
    ///
    /// The machine is known to the mesh, but no host leads to it: nobody can call it by name. That is fine for machines that only call others.
    ///
    /// # How to fix it
    ///
    /// Give the WorkloadEntry the labels that the Service's `selector` or the ServiceEntry's `workloadSelector` asks for.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/serviceentry/controller.go` (selection by labels within one namespace).
    "istio-workload-entry-unused",
    summary: "No Service and no ServiceEntry selects a WorkloadEntry",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::WorkloadEntry, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads().iter().filter(|w| w.reference.kind == Kind::WorkloadEntry) {
        let namespace = workload.reference.namespace.as_str();
        let by_entry = |labels_of: &Map| {
            let entries = index.objects_in(Kind::ServiceEntry, namespace).iter();
            let mut selectors = entries.map(|e| labels(e.spec().at(["workloadSelector", "labels"]))).filter(|s| !s.is_empty());
            selectors.any(|selector| selector.is_subset_of(labels_of))
        };
        if index.services_selecting(namespace, &workload.labels).next().is_some() || by_entry(&workload.labels) {
            continue;
        }
        let Some(object) = index.object(Kind::WorkloadEntry, namespace, &workload.reference.name) else { continue };
        let message = format!("no Service and no ServiceEntry of namespace {namespace:?} selects its labels: no host leads to it");
        let hint = "Give it the labels that the Service or ServiceEntry asks for.";
        findings.missing(object, "spec.labels", &[(Kind::Service, namespace), (Kind::ServiceEntry, namespace)], message, hint);
    }
}
