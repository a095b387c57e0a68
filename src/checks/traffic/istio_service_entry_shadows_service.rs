use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ServiceEntry has the full name of a Kubernetes Service as host.
    ///
    /// # Why it matters
    ///
    /// istiod has two services by one name. Which endpoints and ports a client gets depends on namespaces and age; an entry can take the
    /// Service's traffic elsewhere, in every namespace it is exported to.
    ///
    /// # How to fix it
    ///
    /// Add the endpoints as WorkloadEntries that the Service selects, or give the entry another host.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/serviceentry`, istiod `pilot/pkg/model/push_context.go` (initServiceRegistry).
    "istio-service-entry-shadows-service",
    summary: "ServiceEntry has the name of a Kubernetes Service",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::ServiceEntry, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for entry in world.index.objects(Kind::ServiceEntry) {
        for (host, at) in entry.spec().texts("hosts") {
            let service = world.istio.registry.named(host).find(|e| e.is_service()).and_then(|e| e.reference(&world.index));
            if let Some(service) = service {
                let message = format!("host {host:?} is {service}: which of the two a client gets is left to chance");
                findings
                    .add(entry, at.path(), message, "Use another host, or WorkloadEntries that the Service selects.")
                    .related(service, "has this name");
            }
        }
    }
}
