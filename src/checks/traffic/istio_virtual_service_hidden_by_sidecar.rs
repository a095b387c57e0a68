use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{hosts, in_mesh};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// None of the hosts of a VirtualService for sidecars is imported by the Sidecar of its own namespace.
    ///
    /// # Why it matters
    ///
    /// The workloads of the namespace do not get the VirtualService, nor the destinations it routes to: their calls go past it.
    ///
    /// # How to fix it
    ///
    /// Add the host to `egress.hosts` of the Sidecar, with this namespace before the slash (`./…`).
    ///
    /// Sources: istio `pilot/pkg/model/sidecar.go` (VSMatches), `pilot/pkg/model/virtualservice.go` (SelectVirtualServices).
    "istio-virtual-service-hidden-by-sidecar",
    summary: "Sidecar of the namespace does not import the hosts of a VirtualService",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Sidecar],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    for vs in world.index.objects(Kind::VirtualService).iter().filter(|vs| in_mesh(vs)) {
        let own = vs.meta.namespace.as_str();
        let (scope, hosts) = (registry.imports.of(own), hosts(vs));
        let Some(sidecar) = scope.sidecar(&world.index).filter(|_| !hosts.is_empty()) else { continue };
        if hosts.iter().any(|host| scope.imports_rule(&registry.fqdn(host, own), own)) {
            continue;
        }
        let message = format!("workloads of namespace {own:?} do not get this VirtualService: {} imports none of its hosts", sidecar.reference());
        let hint = format!("Add \"./{}\" to egress.hosts of the Sidecar.", registry.fqdn(hosts[0], own));
        findings.add(vs, "spec.hosts", message, hint).related(sidecar.reference(), "limits what the namespace sees");
    }
}
