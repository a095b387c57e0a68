use crate::checks::Findings;
use crate::mesh::linkerd::authz::server_authorization_selects;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `spec.server` is missing, `spec.server.name` names no Server of the namespace, or `spec.server.selector` matches the labels of none. It is the labels of the Server
    /// that count, not those of the pods.
    ///
    /// # Why it matters
    ///
    /// The authorization grants nothing, and nothing reports it.
    ///
    /// # How to fix it
    ///
    /// Name an existing Server, or give the Server the labels.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/server_authorization.rs`.
    "linkerd-server-authorization-selects-nothing",
    summary: "ServerAuthorization for Servers that do not exist",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ServerAuthorization, Kind::Server],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for authorization in world.index.objects(Kind::ServerAuthorization) {
        let namespace = authorization.meta.namespace.as_str();
        let servers = world.index.objects_in(Kind::Server, namespace);
        if servers.iter().any(|s| server_authorization_selects(authorization, &s.meta.name, &s.meta.labels)) {
            continue;
        }
        let spec = authorization.spec();
        if spec.get("server").is_none() {
            findings.add(authorization, "spec.server", "spec.server is missing: it is for no Server", "Name an existing Server in spec.server.name.");
            continue;
        }
        let named = spec.at(["server", "name"]);
        let (path, message) = match named.as_ref().and_then(Field::str) {
            Some(name) => ("spec.server.name", format!("Server {name:?} does not exist in namespace {namespace:?}")),
            None => ("spec.server.selector", format!("no Server of namespace {namespace:?} has labels that match the selector")),
        };
        findings.missing(authorization, path, &[(Kind::Server, namespace)], message, "Name an existing Server, or correct the selector.");
    }
}
