//! Ports of Services and the container ports behind them.

use crate::index::{Index, Workload};
use crate::model::{PodSpec, Port, Service, ServicePort};

/// The container port behind a port of a Service, on one workload; nothing when it is named and no container has that name.
pub(in crate::checks) fn container_port(index: &Index, workload: &Workload, port: &ServicePort) -> Option<u16> {
    let number = match port.target() {
        Port::Number(number) => number,
        Port::Name(name) => {
            let ports = index.pod_spec(workload)?.all_containers().flat_map(|c| &c.ports);
            ports.into_iter().find(|p| p.name == name)?.container_port
        }
    };
    u16::try_from(number).ok()
}

/// Container ports that a workload declares.
pub(in crate::checks) fn declared(index: &Index, workload: &Workload) -> Vec<u16> {
    let containers = index.pod_spec(workload).into_iter().flat_map(PodSpec::all_containers);
    containers.flat_map(|c| &c.ports).filter_map(|p| u16::try_from(p.container_port).ok()).collect()
}

/// Whether what a Service port carries is known to be no HTTP: by its name or `appProtocol`, or by its transport.
pub(in crate::checks) fn is_tcp(port: &ServicePort) -> bool {
    let word = port.app_protocol.as_deref().unwrap_or_else(|| port.name.split('-').next().unwrap_or_default());
    matches!(word.to_ascii_lowercase().as_str(), "tcp" | "tls" | "https" | "mongo" | "mysql" | "redis") || port.protocol() != "TCP"
}

/// Services of a workload's namespace that pick it.
pub(in crate::checks) fn services<'a>(index: &'a Index, workload: &'a Workload) -> impl Iterator<Item = &'a Service> {
    index.services_selecting(&workload.reference.namespace, &workload.labels)
}
