use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::index::Workload;
use crate::mesh::linkerd::authz::Clients;
use crate::mesh::linkerd::identity;
use crate::mesh::linkerd::server::tcp_ports;
use crate::model::{Kind, Map, PodSpec, Port, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service is exported through the multicluster gateway (label `mirror.linkerd.io/exported: "true"`), and the Server on its pods' port admits
    /// clients by identity, but not the gateway's.
    ///
    /// # Why it matters
    ///
    /// Calls from other clusters arrive with the identity of the gateway, not of the client that made them. They are all refused, whichever remote
    /// clients the policy lists.
    ///
    /// # How to fix it
    ///
    /// Admit the gateway's ServiceAccount here, and tell remote clients apart by policies on the gateway's own Server. Or export it as
    /// `remote-discovery`, where clients keep their identity, if the clusters share a flat network.
    ///
    /// Sources: linkerd `multicluster/charts/linkerd-multicluster/templates/gateway.yaml`, `policy-controller/k8s/index/src/inbound/index.rs`.
    "linkerd-exported-service-refuses-gateway",
    summary: "Exported Service whose policy does not admit the multicluster gateway",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::Namespace, Kind::Server, Kind::ServerAuthorization, Kind::LinkerdAuthorizationPolicy, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let (index, cluster) = (&world.index, &world.linkerd.cluster);
    let extension: Map = [("linkerd.io/extension", "multicluster")].into_iter().collect();
    let is_gateway = |w: &&Workload| w.annotations.is("config.linkerd.io/enable-gateway", "true");
    let Some(gateway) = index.select(None, &extension).find(is_gateway) else { return };
    let Some(account) = index.pod_spec(gateway).map(PodSpec::service_account) else { return };
    let name = identity::of_service_account(cluster, &gateway.reference.namespace, account);
    let admits = |clients: &Clients| match clients {
        Clients::Anyone | Clients::AnyTls => true,
        Clients::Named(names) => names.iter().any(|n| n.matches(&name)),
    };
    let (servers, grants, routes) = (world.view().linkerd_servers(), world.view().linkerd_authorizations(), world.view().linkerd_server_routes());
    for service in index.services().iter().filter(|s| s.metadata.labels.is("mirror.linkerd.io/exported", "true")) {
        let namespace = service.metadata.namespace.as_str();
        let refusing = index.select(Some(namespace), &service.spec.selector).filter(|_| !service.spec.selector.is_empty()).find_map(|workload| {
            let ports = service.spec.ports.iter().filter(|p| p.protocol() == "TCP").filter_map(|p| match p.target() {
                Port::Number(number) => u16::try_from(number).ok(),
                Port::Name(name) => tcp_ports(index.pod_spec(workload)?).find(|(n, _)| *n == name.as_str()).map(|(_, number)| number),
            });
            let mut governing = ports.filter_map(|port| Some((port, servers.governing(workload, port)?)));
            let (port, server) = governing.find(|(_, server)| {
                let own = grants.of_server(*server, cluster);
                let on_routes =
                    routes.naming(namespace, server.name()).any(|r| grants.of_route(namespace, r.kind, &r.meta.name).any(|g| admits(&g.clients)));
                !own.is_empty() && !on_routes && !own.iter().any(|g| admits(&g.clients))
            })?;
            annotated::is_meshed(world, workload).then_some((workload, port, server))
        });
        if let Some((workload, port, server)) = refusing {
            let what = format!("calls from other clusters come as {name:?}, which Server {:?} on port {port} does not admit", server.name());
            findings
                .add(
                    service,
                    crate::mesh::linkerd::annotations::label_path("mirror.linkerd.io/exported"),
                    what,
                    "Admit the gateway's ServiceAccount on that Server.",
                )
                .related(server.object.reference(), format!("governs the port on {}", workload.reference))
                .related(gateway.reference.clone(), "passes the calls on");
        }
    }
}
