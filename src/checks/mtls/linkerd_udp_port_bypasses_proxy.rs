use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A workload that is injected declares a container port of protocol UDP or SCTP.
    ///
    /// # Why it matters
    ///
    /// Linkerd handles TCP alone. Such traffic is not encrypted, not subject to any policy and not measured.
    ///
    /// # How to fix it
    ///
    /// Protect it otherwise (DTLS, QUIC, a NetworkPolicy), or know that it is open.
    ///
    /// Sources: linkerd `pkg/inject/report.go`.
    "linkerd-udp-port-bypasses-proxy",
    summary: "Meshed workload with UDP or SCTP ports, which pass by the proxy",
    severity: Severity::Info,
    category: Category::Mtls,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in annotated::workloads(world) {
        let Some(spec) = world.index.pod_spec(workload) else { continue };
        let other = |protocol: &str| matches!(protocol, "UDP" | "SCTP");
        let place = spec.containers.iter().enumerate().find_map(|(i, c)| Some((i, c.ports.iter().position(|p| other(&p.protocol))?)));
        let Some((container, port)) = place.filter(|_| annotated::is_meshed(world, workload)) else { continue };
        let ports = spec.containers.iter().flat_map(|c| &c.ports).filter(|p| other(&p.protocol));
        let list = ports.map(|p| format!("{}/{}", p.container_port, p.protocol)).collect::<Vec<_>>().join(", ");
        findings.add_workload(
            workload,
            &format!("spec.containers[{container}].ports[{port}].protocol"),
            format!("{list} passes by the proxy: no mTLS, no policy, no metrics"),
            "Protect these ports otherwise, for instance with a NetworkPolicy.",
        );
    }
}
