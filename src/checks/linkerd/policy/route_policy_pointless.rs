use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::linkerd::authz::{Grant, Target, target};
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy targets a route, but its Server admits everybody from everywhere, by another policy on the Server or the namespace,
    /// or by `accessPolicy`.
    ///
    /// # Why it matters
    ///
    /// Policies on routes only add to those of the Server. They cannot restrict one path of an open Server: everybody may use all of its routes.
    ///
    /// # How to mend it
    ///
    /// Grant access on the routes and not on the Server.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index/http.rs`.
    "linkerd-route-policy-pointless",
    summary: "AuthorizationPolicy on a route of a Server that is open anyway",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy, Kind::Server, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication, Kind::ServerAuthorization],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let (index, cluster) = (&world.index, &world.linkerd.cluster);
    let (servers, grants) = (findings.common().servers(), findings.common().authorizations());
    let opened = |server| grants.of_server(server, cluster).into_iter().find(Grant::is_open).map(|g| g.source);
    let open: HashMap<(&str, &str), _> = servers.iter().filter_map(|s| Some(((s.object.meta.namespace.as_str(), s.name()), opened(s)?))).collect();
    for policy in index.objects(Kind::LinkerdAuthorizationPolicy) {
        let Ok(Target::Route(kind, name)) = target(policy) else { continue };
        let namespace = policy.meta.namespace.as_str();
        let Some(route) = index.object(kind, namespace, name) else { continue };
        let by = routes::parents(route).into_iter().filter(|p| p.kind == Kind::Server).find_map(|p| Some((p.name, open.get(&(namespace, p.name))?)));
        let Some((server, source)) = by else { continue };
        findings
            .add(
                policy,
                "spec.targetRef",
                format!("everybody may use route {name:?} anyway: {source} opens Server {server:?}, and policies on routes only add"),
                "Grant access on the routes, and take the grant off the Server.",
            )
            .related(source.clone(), "lets everybody in");
    }
}
