use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::checks::support::istio::traffic::routes::{hosts, in_mesh};
use crate::mesh::istio::Source;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService for calls inside of the mesh and an HTTPRoute or GRPCRoute with a Service as parent are for the same Service.
    ///
    /// # Why it matters
    ///
    /// Istio makes one route of a Service from one of them. Sidecars follow the older, waypoints the one that comes first, and the other's timeouts,
    /// splits and retries do nothing. Istio's documentation calls the mix undefined; a restored cluster may choose otherwise.
    ///
    /// # How to fix it
    ///
    /// Write all of it in one of the two. In ambient that should be the HTTPRoute.
    ///
    /// Sources: istio `pilot/pkg/model/virtualservice.go`, `pilot/pkg/networking/core/listener_waypoint.go`; istio.io, ambient migration;
    /// istioctl and Kiali do not look.
    "istio-virtual-service-beside-route",
    summary: "VirtualService and HTTPRoute for one Service, of which one has no effect",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::HttpRoute, Kind::GrpcRoute, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_service: HashMap<(&str, &str), &Object> = HashMap::new();
    for route in [Kind::HttpRoute, Kind::GrpcRoute].iter().flat_map(|kind| world.index.objects(*kind)) {
        // A consumer route and a route that stands where nobody reads it are told of by other rules.
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service && route.meta.namespace == p.namespace) {
            by_service.entry((parent.namespace, parent.name)).or_insert(route);
        }
    }
    if by_service.is_empty() {
        return;
    }
    let registry = &world.istio.registry;
    for vs in world.index.objects(Kind::VirtualService).iter().filter(|vs| in_mesh(vs) && vs.spec().list("http").next().is_some()) {
        for (i, host) in hosts(vs).into_iter().enumerate().filter(|(_, host)| !host.starts_with('*')) {
            let Some(entry) = registry.resolve(host, &vs.meta.namespace) else { continue };
            let Source::Service(at) = entry.source else { continue };
            let Some(service) = world.index.services().get(at) else { continue };
            let Some(route) = by_service.get(&(service.metadata.namespace.as_str(), service.metadata.name.as_str())) else { continue };
            let message = format!("{} routes {} too: only one of the two has an effect", route.reference(), service.reference());
            let hint = "Write all of it in one of the two; in ambient that should be the route of the Gateway API.";
            findings.add(vs, format!("spec.hosts[{i}]"), message, hint).related(route.reference(), "is for the same Service");
        }
    }
}
