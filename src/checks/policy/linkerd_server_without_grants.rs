use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Server that selects workloads, with no valid AuthorizationPolicy (on it, on its namespace or on one of its routes), no valid
    /// ServerAuthorization, and no `accessPolicy` but `deny`.
    ///
    /// # Why it matters
    ///
    /// Once a Server claims a port, the default inbound policy no longer holds there: everybody is refused but localhost and, as long as no route
    /// is attached, the kubelet's probes.
    ///
    /// # How to fix it
    ///
    /// Add an AuthorizationPolicy for the clients that need the port, or set `accessPolicy`. If denying is the purpose, suppress this finding
    /// with that reason.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`.
    "linkerd-server-without-grants",
    summary: "Server that no policy grants anybody access to",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::ServerAuthorization, Kind::LinkerdAuthorizationPolicy, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let (index, cluster) = (&world.index, &world.linkerd.cluster);
    let (grants, routes) = (world.view().linkerd_authorizations(), world.view().linkerd_server_routes());
    for server in world.view().linkerd_servers().iter() {
        let (namespace, name) = (server.object.meta.namespace.as_str(), server.name());
        let by_route = || routes.naming(namespace, name).any(|r| grants.of_route(namespace, r.kind, &r.meta.name).next().is_some());
        if server.workloads(index).next().is_none() || !grants.of_server(server, cluster).is_empty() || by_route() {
            continue;
        }
        findings.missing(
            server.object,
            "",
            &[(Kind::LinkerdAuthorizationPolicy, namespace), (Kind::ServerAuthorization, namespace)],
            format!("no policy grants anybody access to port {}: everything but localhost and probes is refused", server.port),
            "Write an AuthorizationPolicy whose targetRef is this Server, or set spec.accessPolicy.",
        );
    }
}
