use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::{admission, routes};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route with something that Linkerd's policy webhook refuses: a path that does not begin with `/`, a header whose name is none, a redirect
    /// without a path, a gRPC method matched by a regular expression, a TLSRoute or TCPRoute with other than one rule; and, in HTTPRoutes of
    /// `policy.linkerd.io`, a broken regular expression, an unknown filter, or a `backendRequest` timeout above `request`. Routes of the Gateway API
    /// are looked at where Linkerd is installed, or when they have a parent that concerns it or a caller in it.
    ///
    /// # Why it matters
    ///
    /// Where Linkerd is installed, its webhook sees every such route, even those for a gateway of somebody else. It cannot be applied; one that got in
    /// while the webhook was away is ignored as a whole.
    ///
    /// # How to fix it
    ///
    /// Correct what the message names.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`, `policy-controller/k8s/index/src/routes/{http,grpc}.rs`.
    "linkerd-route-refused",
    summary: "Route that Linkerd's admission refuses",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let installed = !world.linkerd.namespaces.is_empty();
    let callers = Callers::of(world);
    for route in routes::all(&world.index) {
        // The webhook sees all routes of the cluster, whichever parents they have.
        if installed || route.kind == Kind::LinkerdHttpRoute || routes::parents(route).iter().any(|p| callers.include(route, p)) {
            for (at, what) in admission::route_faults(route) {
                findings.add(route, at, format!("{what}: Linkerd refuses the route"), "Correct it, or the API server cannot take the route.");
            }
        }
    }
}
