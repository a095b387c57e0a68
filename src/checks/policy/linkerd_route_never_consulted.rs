use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::linkerd::routes;
use crate::mesh::linkerd::server::Protocol;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An HTTPRoute on a Server with `proxyProtocol: gRPC`, or a GRPCRoute on one without; any route on a Server with `opaque` or `TLS`.
    ///
    /// # Why it matters
    ///
    /// `HTTP/1`, `HTTP/2` and `unknown` consult HTTPRoutes alone, `gRPC` GRPCRoutes alone, the others none. The route and the policies on it do
    /// nothing, though its status says Accepted.
    ///
    /// # How to fix it
    ///
    /// Correct the Server's `proxyProtocol`, or use the other kind of route.
    ///
    /// Sources: linkerd `policy-controller/grpc/src/inbound.rs`.
    "linkerd-route-never-consulted",
    summary: "Route on a Server whose protocol has no such routes",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let servers = world.view().linkerd_servers();
    let by_name: HashMap<_, _> = servers.iter().map(|s| ((s.object.meta.namespace.as_str(), s.name()), s)).collect();
    for kind in [Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute] {
        for route in world.index.objects(kind) {
            for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Server) {
                let Some(server) = by_name.get(&(parent.namespace, parent.name)) else { continue };
                let consulted = if kind == Kind::GrpcRoute { server.protocol == Protocol::Grpc } else { server.protocol.takes_http_routes() };
                if consulted {
                    continue;
                }
                let hint = match kind {
                    Kind::GrpcRoute => "Set proxyProtocol: gRPC on the Server.",
                    _ if server.protocol == Protocol::Grpc => "Use a GRPCRoute, or set proxyProtocol: HTTP/2 on the Server.",
                    _ => "Set proxyProtocol: HTTP/1 or HTTP/2 on the Server if it speaks HTTP.",
                };
                findings
                    .add(
                        route,
                        parent.field.path(),
                        format!("Server {:?} is of protocol {} and consults no {kind}s: the route does nothing", parent.name, server.protocol.name()),
                        hint,
                    )
                    .related(server.object.reference(), "decides which routes are consulted");
            }
        }
    }
}
