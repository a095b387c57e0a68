use crate::checks::Findings;
use crate::mesh::linkerd::annotations::{self, OPAQUE_PORTS};
use crate::mesh::linkerd::ports::PortSet;
use crate::mesh::linkerd::server::Protocol;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The pods carry `config.linkerd.io/opaque-ports` with this port, and the Server that governs it has a `proxyProtocol` of HTTP or gRPC.
    ///
    /// # Why it matters
    ///
    /// For arriving traffic the Server wins and the bytes are parsed as HTTP, while callers are still told that the port is opaque. The two ends
    /// disagree, and a protocol that is not HTTP breaks.
    ///
    /// # How to fix it
    ///
    /// Set `proxyProtocol: opaque` on the Server, or take the port out of the annotation.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`, `controller/api/destination/watcher/workload_watcher.go`.
    "linkerd-server-overrides-opaque-annotation",
    summary: "Server declares a protocol for a port that an annotation marks opaque",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let servers = world.view().linkerd_servers();
    for claim in servers.claims() {
        let Some(server) = claim.servers.first() else { continue };
        if !matches!(server.protocol, Protocol::Http1 | Protocol::Http2 | Protocol::Grpc) {
            continue;
        }
        let Some(list) = claim.workload.annotations.get(OPAQUE_PORTS) else { continue };
        if !PortSet::lenient(list, world.index.pod_spec(claim.workload)).0.contains(claim.port) {
            continue;
        }
        findings
            .add_workload(
                claim.workload,
                &annotations::path(OPAQUE_PORTS),
                format!(
                    "port {} is marked opaque, but Server {:?} says it speaks {}, and the Server wins",
                    claim.port,
                    server.name(),
                    server.protocol.name()
                ),
                format!("Set proxyProtocol: opaque on the Server, or take {} out of the list.", claim.port),
            )
            .related(server.object.reference(), "decides the protocol of arriving traffic");
    }
}
