use crate::checks::Findings;
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `parentRefs` names a Server or an EgressNetwork that is not there. For HTTPRoutes of `policy.linkerd.io`, a Service too.
    ///
    /// # Why it matters
    ///
    /// The route gets the status NoMatchingParent and does nothing.
    ///
    /// # How to fix it
    ///
    /// Correct the name or the namespace, or create the parent.
    ///
    /// Sources: linkerd `policy-controller/k8s/status/src/index.rs`.
    "linkerd-route-parent-not-found",
    summary: "Route on a Server, Service or EgressNetwork that does not exist",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute, Kind::Server, Kind::EgressNetwork, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for parent in routes::parents(route) {
            let exists = match parent.kind {
                Kind::Service if route.kind != Kind::LinkerdHttpRoute => continue,
                Kind::Service => world.index.service(parent.namespace, parent.name).is_some(),
                // A Server of another namespace is no parent at all; another rule says so.
                Kind::Server if route.meta.namespace != parent.namespace => continue,
                kind => world.index.object(kind, parent.namespace, parent.name).is_some(),
            };
            if !exists {
                findings.missing(
                    route,
                    parent.field.path_of("name"),
                    &[(parent.kind, parent.namespace)],
                    format!("{} {:?} does not exist in namespace {:?}", parent.kind, parent.name, parent.namespace),
                    format!("Name an existing {}, or create it.", parent.kind),
                );
            }
        }
    }
}
