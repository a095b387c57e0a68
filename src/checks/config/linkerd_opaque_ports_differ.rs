use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::mesh::linkerd::annotations::{self, DEFAULT_OPAQUE_PORTS, OPAQUE_PORTS};
use crate::mesh::linkerd::ports::PortSet;
use crate::mesh::linkerd::server::{Protocol, tcp_ports};
use crate::model::{Kind, PodSpec, Port, ServicePort};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A port of a Service is opaque by the Service's annotation and not by that of its pods, or the other way round. Without an annotation the
    /// namespace's counts, then the default list (25, 587, 3306, 4444, 5432, 6379, 9300, 11211). On pods, a Server's `proxyProtocol` takes the place
    /// of the annotation. Headless Services are left out.
    ///
    /// # Why it matters
    ///
    /// Callers and pods treat the bytes differently: one end waits for HTTP that never comes (ten seconds for server-first protocols), or loses
    /// its metrics and routes.
    ///
    /// # How to fix it
    ///
    /// Put the same `config.linkerd.io/opaque-ports` on the Service and on the pod template, or once on the namespace.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (opaque ports are properly annotated),
    /// `controller/api/destination/watcher/workload_watcher.go`.
    "linkerd-opaque-ports-differ",
    summary: "Service and its pods disagree on which ports are opaque",
    aliases: &["linkerd-opaque-ports-definition"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let servers = world.view().linkerd_servers();
    for service in world.index.services().iter().filter(|s| !s.is_headless() && !s.spec.selector.is_empty()) {
        let namespace = service.metadata.namespace.as_str();
        let of_service = service.metadata.annotations.get(OPAQUE_PORTS);
        let inherited = world.index.namespace(namespace).and_then(|n| n.metadata.annotations.get(OPAQUE_PORTS)).unwrap_or(DEFAULT_OPAQUE_PORTS);
        let on_service = PortSet::lenient(of_service.unwrap_or(inherited), None).0;
        for workload in world.index.select(Some(namespace), &service.spec.selector) {
            let of_pods = workload.annotations.get(OPAQUE_PORTS);
            let Some(spec) =
                world.index.pod_spec(workload).filter(|_| (of_service.is_some() || of_pods.is_some()) && annotated::is_meshed(world, workload))
            else {
                continue;
            };
            let on_pods = PortSet::lenient(of_pods.unwrap_or(inherited), Some(spec)).0;
            for port in service.spec.ports.iter().filter(|p| p.protocol() == "TCP") {
                let Some(target) = target(port, spec) else { continue };
                let by_service = u16::try_from(port.port).is_ok_and(|p| on_service.contains(p)) || on_service.contains(target);
                // For arriving traffic a Server's protocol takes the place of the annotation.
                let by_pods = servers.governing(workload, target).map_or_else(|| on_pods.contains(target), |s| s.protocol == Protocol::Opaque);
                if by_service == by_pods {
                    continue;
                }
                let (is, is_not) = if by_service { ("the Service", "its pods") } else { ("its pods", "the Service") };
                findings
                    .add(
                        service,
                        annotations::path(OPAQUE_PORTS),
                        format!("port {} (container port {target} of {}) is opaque for {is}, but not for {is_not}", port.port, workload.reference),
                        format!("Write the same {OPAQUE_PORTS} on the Service and on the pod template."),
                    )
                    .related(workload.reference.clone(), "has the pods");
            }
        }
    }
}

fn target(port: &ServicePort, spec: &PodSpec) -> Option<u16> {
    match port.target() {
        Port::Number(number) => u16::try_from(number).ok(),
        Port::Name(name) => tcp_ports(spec).find(|(n, _)| *n == name.as_str()).map(|(_, number)| number),
    }
}
