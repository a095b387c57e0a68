//! The ports of a workload that count, and the Services through which they are called.

use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::resolve::endpoints;
use crate::model::{Port, Service, Str};

/// Ports of a workload that its containers declare or Services send calls to, with their names.
pub(super) fn ports_of(view: MeshView<'_>, workload: &Workload) -> Vec<(u16, Str)> {
    let mut ports: Vec<(u16, Str)> = Vec::new();
    crate::mesh::linkerd::server::declared_ports(view.index, workload)
        .into_iter()
        .filter(|(name, _)| !PROXY_PORTS.contains(name))
        .for_each(|(name, port)| add(&mut ports, port, name));
    for service in view.index.services_selecting(&workload.reference.namespace, &workload.labels) {
        for port in service.spec.ports.iter().filter(|p| p.protocol() == "TCP") {
            if let Port::Number(number) = port.target()
                && let Ok(number) = u16::try_from(number)
            {
                add(&mut ports, number, "");
            }
        }
    }
    ports
}

/// Names of the ports of the meshes' own containers.
const PROXY_PORTS: [&str; 4] = ["http-envoy-prom", "status-port", "linkerd-proxy", "linkerd-admin"];

/// Adds a port that is not there yet.
pub(super) fn add(ports: &mut Vec<(u16, Str)>, port: u16, name: &str) {
    if port > 0 && !ports.iter().any(|(p, _)| *p == port) {
        ports.push((port, name.into()));
    }
}

/// The Services and their ports through which a workload is called, with the container port that each leads to.
pub fn called_through<'a>(view: MeshView<'a>, workload: &'a Workload) -> Vec<(&'a Service, u16, u16)> {
    let mut found = Vec::new();
    for service in view.index.services_selecting(&workload.reference.namespace, &workload.labels) {
        for port in service.spec.ports.iter().filter(|p| p.protocol() == "TCP") {
            let target = endpoints::number(&port.target(), view.index.pod_spec(workload));
            if let (Some(target), Ok(number)) = (target, u16::try_from(port.port)) {
                found.push((service, number, target));
            }
        }
    }
    found
}
