use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{destinations, export_to, in_mesh};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route or mirror names no port although the service behind its host has several.
    ///
    /// # Why it matters
    ///
    /// Istio then takes the port that the request came in on. For a gateway that is the port of its own listener, which the service
    /// seldom has: callers get 503.
    ///
    /// # How to fix it
    ///
    /// Add `port: {number: …}` to the destination.
    ///
    /// Sources: IST0112: istio `pkg/config/analysis/analyzers/virtualservice/destinationhosts.go`.
    "istio-virtual-service-destination-port-missing",
    summary: "VirtualService routes to a service of several ports without saying which",
    aliases: &["IST0112"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    for vs in world.index.objects(Kind::VirtualService) {
        let exported = export_to(vs);
        let only_mesh = in_mesh(vs) && vs.spec().texts("gateways").all(|(name, _)| name == "mesh");
        for destination in destinations(vs).into_iter().filter(|d| d.port.is_none()) {
            let own = &vs.meta.namespace;
            let Some(entry) = registry.istioctl_lookup(destination.host, own, &exported) else { continue };
            if entry.ports.len() < 2 {
                continue;
            }
            let ports = entry.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("{:?} has several ports ({ports}) and none is named", destination.host);
            let finding = findings.add(vs, destination.field.path(), message, "Add port: {number: …} to the destination.");
            if only_mesh {
                // Sidecars listen on the service's own ports, so that the same number is a sound choice there.
                finding.severity(Severity::Warning);
            }
        }
    }
}
