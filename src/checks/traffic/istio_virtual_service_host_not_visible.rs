use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{hosts, in_mesh, users};
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService for sidecars is for a Service or ServiceEntry host that is not exported to its namespace.
    ///
    /// # Why it matters
    ///
    /// The workloads of this namespace cannot see the host, so that the VirtualService does nothing for them; and what it changes for others
    /// is decided far away from the service's owners.
    ///
    /// # How to fix it
    ///
    /// Export the service to this namespace, or move the VirtualService to the namespace of the service.
    ///
    /// Sources: istio `pilot/pkg/model/push_context.go` (servicesExportedToNamespace), `pilot/pkg/model/sidecar.go`.
    "istio-virtual-service-host-not-visible",
    summary: "VirtualService is for a host that its namespace cannot see",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService).iter().filter(|vs| in_mesh(vs)) {
        for (at, host) in hosts(vs).into_iter().enumerate().filter(|(_, host)| !host.starts_with('*')) {
            judge(world, vs, at, host, findings);
        }
    }
}

fn judge(world: &World, vs: &Object, at: usize, host: &str, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    let own = vs.meta.namespace.as_str();
    let Some(entry) = registry.named(&registry.fqdn(host, own)).next() else { return };
    if registry.resolve_for(host, own, &users(world, vs)).is_some() {
        return;
    }
    let home = entry.namespace.as_str();
    let message = format!("host {host:?} lives in namespace {home:?} and is not exported to where this VirtualService is used");
    let finding = findings.add(vs, format!("spec.hosts[{at}]"), message, "Export the service here, or move the VirtualService next to it.");
    if let Some(object) = entry.reference(&world.index) {
        finding.related(object, "is not exported here");
    }
}
