use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::linkerd::authz::{Grant, Target, grant, target};
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy targets a route, but its Server admits the same clients from the same networks, or everybody, by another policy on the
    /// Server or the namespace, or by `accessPolicy`.
    ///
    /// # Why it matters
    ///
    /// Policies on routes only add to those of the Server. They cannot restrict one path: whom the Server admits may use all of its routes.
    ///
    /// # How to fix it
    ///
    /// Grant access on the routes and not on the Server.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index/http.rs`.
    "linkerd-route-policy-pointless",
    summary: "AuthorizationPolicy on a route that its Server opens to the same clients anyway",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy, Kind::Server, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication, Kind::ServerAuthorization],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let (index, cluster) = (&world.index, &world.linkerd.cluster);
    let (servers, grants) = (world.view().linkerd_servers(), world.view().linkerd_authorizations());
    let mut of_server: HashMap<(&str, &str), Vec<Grant>> = HashMap::new();
    for policy in index.objects(Kind::LinkerdAuthorizationPolicy) {
        let Ok(Target::Route(kind, name)) = target(policy) else { continue };
        let namespace = policy.meta.namespace.as_str();
        let Some(route) = index.object(kind, namespace, name) else { continue };
        let own = grant(policy, index, cluster).ok();
        let mut open = None;
        let mut covered = None;
        let mut adds = false;
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Server) {
            let Some(server) = servers.get(namespace, parent.name) else { continue };
            let wide = of_server.entry((namespace, server.name())).or_insert_with(|| grants.of_server(server, cluster));
            let sources = |fits: &dyn Fn(&Grant) -> bool| wide.iter().find(|g| fits(g)).map(|g| (server.name(), g.source.clone()));
            open = open.or_else(|| sources(&Grant::is_open));
            let covering = own.as_ref().and_then(|own| sources(&|g| g.covers(own)));
            adds |= covering.is_none();
            covered = covered.or(covering);
        }
        let hint = "Grant access on the routes, and take the grant off the Server.";
        // A policy may add nothing on one of several Servers, and still be needed on another.
        if let Some((server, source)) = open {
            let what = format!("everybody may use route {name:?} anyway: {source} opens Server {server:?}, and policies on routes only add");
            findings.add(policy, "spec.targetRef", what, hint).related(source, "lets everybody in");
        } else if let Some((server, source)) = covered.filter(|_| !adds) {
            let what = format!(
                "its clients may use route {name:?} anyway: {source} admits them to all of Server {server:?}, and policies on routes only add"
            );
            findings.add(policy, "spec.targetRef", what, hint).related(source, "lets the same clients in");
        }
    }
}
