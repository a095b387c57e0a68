use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::index::{Body, Workload};
use crate::mesh::linkerd::ClusterInfo;
use crate::mesh::linkerd::annotations::{DEFAULT_POLICY, OPAQUE_PORTS, REQUIRE_IDENTITY, SKIP_INBOUND};
use crate::mesh::linkerd::authz::{Clients, Grant};
use crate::mesh::linkerd::ports::PortSet;
use crate::mesh::linkerd::routes::probe_port;
use crate::mesh::linkerd::server::{InboundPolicy, Protocol, Server};
use crate::model::{Container, Kind, Probe};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A liveness, readiness or startup probe that the proxy refuses: an HTTPS or gRPC probe, or an HTTP probe of a port that is opaque, TLS or gRPC to
    /// Linkerd, where the Server or the default inbound policy admits mesh identities only, or nobody.
    ///
    /// # Why it matters
    ///
    /// The kubelet is not in the mesh. Linkerd lets plain HTTP probes through by their path, and no others: the pod never becomes ready, or is killed
    /// over and over, as soon as the policy is in force. Probes that only open a connection succeed in any case.
    ///
    /// # How to fix it
    ///
    /// Probe another port, one of plain HTTP; or admit the nodes' networks on this one with a NetworkAuthentication.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/workload.rs`, `policy-controller/grpc/src/inbound.rs`; issues 7143, 12806.
    "linkerd-probe-refused",
    summary: "Health probe that the inbound policy refuses",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Server, Kind::ServerAuthorization, Kind::LinkerdAuthorizationPolicy, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let (index, cluster) = (&world.index, &world.linkerd.cluster);
    let (servers, grants, routes) = (world.view().linkerd_servers(), world.view().linkerd_authorizations(), world.view().linkerd_server_routes());
    let anyone = |grant: &Grant| grant.clients == Clients::Anyone;
    let open = |server: Server<'_>| {
        let namespace = server.object.meta.namespace.as_str();
        let mut on_routes = routes.naming(namespace, server.name()).flat_map(|r| grants.of_route(namespace, r.kind, &r.meta.name));
        grants.of_server(server, cluster).iter().any(anyone) || on_routes.any(anyone)
    };
    for workload in annotated::workloads(world).filter(|w| !matches!(w.body, Body::Object(_)) && annotated::is_meshed(world, w)) {
        let Some(spec) = index.pod_spec(workload) else { continue };
        let list = |name, fallback| PortSet::lenient(annotated::effective(world, workload, name).unwrap_or(fallback), Some(spec)).0;
        let past = list(SKIP_INBOUND, world.linkerd.configs.first().map_or("4567,4568", |c| &c.skip_inbound_ports));
        let lists = [("containers", &spec.containers), ("initContainers", &spec.init_containers)];
        for (field, i, container) in lists.into_iter().flat_map(|(field, all)| all.iter().enumerate().map(move |(i, c)| (field, i, c))) {
            if container.name == "linkerd-proxy" {
                continue;
            }
            for (name, probe) in container.probes() {
                let Some((port, is_http)) = asks(container, probe).filter(|(port, _)| !past.contains(*port)) else { continue };
                let server = servers.governing(workload, port);
                let by_path = is_http && server.map_or_else(|| !list(OPAQUE_PORTS, "").contains(port), |s| s.protocol.takes_http_routes());
                let admitted = match server {
                    Some(server) => open(server),
                    None => default_admits(world, workload, port, cluster),
                };
                if by_path || admitted {
                    continue;
                }
                let path = format!("spec.{field}[{i}].{name}");
                let what = format!("{} admits no clients outside of the mesh on port {port}: the kubelet's probe is refused", who(server));
                let finding = findings.add_workload(workload, &path, what, "Probe a port of plain HTTP, or admit the nodes' networks there.");
                if let Some(server) = server {
                    finding.related(crate::model::Subject::reference(server.object), "governs the port");
                }
            }
        }
    }
}

/// The port of a probe that needs an answer, and whether it is plain HTTP; nothing for one that only opens a connection.
fn asks(container: &Container, probe: &Probe) -> Option<(u16, bool)> {
    if let Some(get) = &probe.http_get {
        return Some((probe_port(container, &get.port)?, get.scheme.is_empty() || get.scheme == "HTTP"));
    }
    Some((probe_port(container, &probe.grpc.as_ref()?.port)?, false))
}

/// Whether the default inbound policy of a port without a Server may admit the kubelet.
fn default_admits(world: &World, workload: &Workload, port: u16, cluster: &ClusterInfo) -> bool {
    let named = annotated::effective(world, workload, DEFAULT_POLICY).and_then(InboundPolicy::parse).unwrap_or(cluster.default_policy);
    let required = workload.annotations.get(REQUIRE_IDENTITY).is_some_and(|list| PortSet::strict(list).is_ok_and(|set| set.contains(port)));
    match named {
        InboundPolicy::Audit => true,
        InboundPolicy::AllUnauthenticated | InboundPolicy::ClusterUnauthenticated => !required,
        InboundPolicy::AllAuthenticated | InboundPolicy::ClusterAuthenticated | InboundPolicy::Deny => false,
    }
}

fn who(server: Option<Server<'_>>) -> String {
    match server {
        Some(server) if server.protocol != Protocol::Detect => format!("Server {:?} ({})", server.name(), server.protocol.name()),
        Some(server) => format!("Server {:?}", server.name()),
        None => "the default inbound policy".to_owned(),
    }
}
