use crate::checks::Findings;
use crate::mesh::linkerd::routes::{self};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Server has accepted HTTPRoutes, and none of them takes every request (a rule without matches, or the prefix `/`).
    ///
    /// # Why it matters
    ///
    /// With the first route on a Server, requests that no route matches get 404 before any policy is asked, even from clients that a policy on
    /// the Server admits.
    ///
    /// # How to fix it
    ///
    /// Add a route that matches the rest, unless refusing it is the purpose.
    ///
    /// Sources: linkerd `policy-controller/grpc/src/inbound/http.rs`.
    "linkerd-route-leaves-requests-unmatched",
    summary: "Server whose routes do not cover every request",
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::HttpRoute, Kind::LinkerdHttpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let routes = world.view().linkerd_server_routes();
    for server in world.view().linkerd_servers().iter().filter(|s| s.protocol.takes_http_routes()) {
        let mut accepted = routes.accepted(&server.object.meta.namespace, server.name());
        accepted.retain(|r| r.kind != Kind::GrpcRoute);
        if accepted.is_empty() || accepted.iter().any(|r| routes::takes_everything(r)) {
            continue;
        }
        let finding = findings.add(
            server.object,
            "",
            format!("its {} route(s) do not match every request: the rest gets 404", accepted.len()),
            "Add a route with the path prefix / for the rest, unless it is meant to be refused.",
        );
        for route in accepted.iter().take(3) {
            finding.related(route.reference(), "matches a part of the requests");
        }
    }
}
