//! Ports of Services and the container ports behind them.

use crate::index::{Index, Workload};
use crate::mesh::istio::policy;
use crate::model::{Field, Kind, Object, PodSpec, Port, Service, ServicePort};

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

/// Ports on which a gateway, as the Gateways that select it have it, passes on connections that it does not read as HTTP, with that Gateway.
pub(in crate::checks) fn tcp_servers<'a>(index: &'a Index, workload: &'a Workload) -> impl Iterator<Item = (u16, &'a Object)> {
    let gateways = index.objects(Kind::IstioGateway).iter().filter(|gateway| {
        let selector = policy::labels(gateway.spec().get("selector"));
        !selector.is_empty() && selector.is_subset_of(&workload.labels)
    });
    gateways.flat_map(|gateway| {
        let servers = gateway.spec().list("servers").filter(is_tcp_server);
        let numbers = servers.filter_map(|server| u16::try_from(server.at(["port", "number"])?.int()?).ok());
        numbers.map(|number| (number, gateway)).collect::<Vec<_>>()
    })
}

fn is_tcp_server(server: &Field<'_>) -> bool {
    let protocol = server.at(["port", "protocol"]).and_then(|p| p.str()).unwrap_or_default().to_ascii_uppercase();
    let passes = server.get("tls").is_some_and(|tls| matches!(tls.text("mode"), "PASSTHROUGH" | "AUTO_PASSTHROUGH"));
    matches!(protocol.as_str(), "TCP" | "TLS" | "MONGO" | "MYSQL" | "REDIS") || (protocol == "HTTPS" && passes)
}
