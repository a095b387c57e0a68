use crate::checks::Findings;
use crate::mesh::linkerd::authz::{Target, target};
use crate::mesh::linkerd::routes::{self, Acceptance};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy targets a route that no Server accepts: it names no Server as a parent, is ignored for a filter or a port, or loses
    /// to a stronger kind of route.
    ///
    /// # Why it matters
    ///
    /// The policy grants nothing. Policies guard arriving traffic, and a route with a Service for a parent is about departing traffic.
    ///
    /// # How to fix it
    ///
    /// Attach the route to a Server of its namespace, or target the Server.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/routes.rs`, `policy-controller/k8s/status/src/index.rs`.
    "linkerd-route-policy-on-idle-route",
    summary: "AuthorizationPolicy on a route that does not count",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy, Kind::Server, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let routes = world.view().linkerd_server_routes();
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        let Ok(Target::Route(kind, name)) = target(policy) else { continue };
        let namespace = policy.meta.namespace.as_str();
        let Some(route) = world.index.object(kind, namespace, name) else { continue };
        let parents: Vec<_> = routes::parents(route).into_iter().filter(|p| p.kind == Kind::Server).collect();
        let states: Vec<Acceptance> = parents.iter().map(|p| routes.acceptance(route, p.namespace, p.name)).collect();
        // A parent that is not there is another rule's matter.
        if states.iter().any(|s| matches!(s, Acceptance::Accepted | Acceptance::NoParent)) {
            continue;
        }
        let why = match states.first() {
            None => "it has no Server for a parent".to_owned(),
            Some(Acceptance::Conflicted(other)) => format!("{other} is of a stronger kind"),
            Some(Acceptance::Refused) => "its status says that it is not accepted".to_owned(),
            Some(_) => "Linkerd ignores it on Servers".to_owned(),
        };
        findings
            .add(
                policy,
                "spec.targetRef",
                format!("route {name:?} does not count for arriving traffic, since {why}: the policy grants nothing"),
                "Attach the route to a Server of this namespace, or target the Server.",
            )
            .related(route.reference(), "is the target");
    }
}
