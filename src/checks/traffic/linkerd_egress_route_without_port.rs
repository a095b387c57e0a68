use crate::checks::Findings;
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A parentRef of kind EgressNetwork has no `port`.
    ///
    /// # Why it matters
    ///
    /// An EgressNetwork has no ports of its own, so a route must say which it is for. Admission refuses the route; one that got in does nothing.
    ///
    /// # How to fix it
    ///
    /// Add the port, such as 443.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`.
    "linkerd-egress-route-without-port",
    summary: "Route on an EgressNetwork that names no port",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::EgressNetwork && p.port.is_none()) {
            let message = format!("EgressNetwork {:?} is named without a port: Linkerd refuses the route", parent.name);
            findings.add(route, parent.field.path_of("port"), message, "Add the port that the route is for.");
        }
    }
}
