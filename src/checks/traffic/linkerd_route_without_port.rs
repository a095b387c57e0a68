use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::{release, routes};
use crate::model::{Kind, Object, Service, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route of callers in Linkerd names a Service with several TCP ports as parent, no port of it, and backends with one port. Releases before
    /// edge-23.7.3 (2.14) ignore every route whose parent has no port; with such a control plane these are reported as well.
    ///
    /// # Why it matters
    ///
    /// The route holds for all ports of the Service: calls to its metrics or admin port are sent to the backends' port too, and fail or end up in the
    /// wrong place.
    ///
    /// # How to fix it
    ///
    /// Set `port` in the parent reference, and write a route for each port that needs one.
    ///
    /// # Example
    ///
    /// ```yaml
    /// parentRefs: [{group: core, kind: Service, name: cart, port: 80}]
    /// ```
    ///
    /// Sources: Gateway API GEP-1426; linkerd `policy-controller/k8s/index/src/outbound/index.rs`, linkerd/linkerd2#11107; no other tool looks.
    "linkerd-route-without-port",
    summary: "Route on all ports of a Service that sends them to one",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::Service],
    run: run,
}

/// The edge release that first read parent references without a port.
const OPTIONAL_SINCE: [u32; 3] = [23, 7, 3];

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    let version = world.linkerd.configs.first().and_then(|c| c.version.as_deref());
    let ignored = version.filter(|v| release::has(v, OPTIONAL_SINCE) == Some(false));
    for route in [Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute].iter().flat_map(|kind| world.index.objects(*kind)) {
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service && p.port.is_none() && callers.include(route, p)) {
            if let Some(version) = ignored {
                let message = format!("{version} ignores a route whose parent has no port");
                findings.add(route, parent.field.path(), message, "Set port to the Service's port.");
                continue;
            }
            let Some(service) = world.index.service(parent.namespace, parent.name) else { continue };
            if let Some(port) = taken_along(route, service) {
                let message = format!("it names no port of {}, so that calls to port {port} are sent to the backends' port too", service.reference());
                let finding = findings.add(route, parent.field.path(), message, "Set port to the one that the route is meant for.");
                finding.related(service.reference(), "has several ports");
            }
        }
    }
}

/// A TCP port of the parent that no backend has, where all rules send somewhere.
fn taken_along(route: &Object, service: &Service) -> Option<i32> {
    let tcp: Vec<i32> = service.spec.ports.iter().filter(|p| p.protocol() == "TCP").map(|p| p.port).collect();
    let rules: Vec<_> = route.spec().list("rules").collect();
    let backends: Vec<Option<i64>> = rules.iter().flat_map(|r| r.list("backendRefs")).map(|b| b.get("port").and_then(|p| p.int())).collect();
    let all_lead = !rules.is_empty() && rules.iter().all(|rule| rule.list("backendRefs").next().is_some());
    let known = all_lead && backends.iter().all(Option::is_some);
    let missed = tcp.iter().find(|port| !backends.contains(&Some(i64::from(**port))));
    missed.copied().filter(|_| known && tcp.len() > 1)
}
