//! Ports and protocols: what the mesh's proxies make of the bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::software::{self, OPAQUE, OPAQUE_BY_DEFAULT, TCP_BY_DEFAULT};
use super::{Id, Report, Subject};
use crate::mesh::resolve::Protocol;
use crate::model::{Kind, Port, Service, ServicePort};

/// Ports that Istio's sidecar and ztunnel use in the pod.
const ISTIO: [u16; 10] = [15000, 15001, 15002, 15004, 15006, 15008, 15020, 15021, 15053, 15090];
/// Ports that Linkerd's proxy uses.
const LINKERD: [u16; 4] = [4140, 4143, 4190, 4191];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    declared(subject, report);
    opaque(subject, report);
    two_protocols(subject, report);
    in_the_way(subject, report);
    headless(subject, report);
    unseen(subject, report);
    of_services(subject, report);
}

/// The container port that a Service's port leads to.
fn target(subject: &Subject<'_>, port: &ServicePort) -> Option<u16> {
    let number = match &port.target_port {
        Port::Number(0) => port.port,
        Port::Number(number) => *number,
        Port::Name(name) => subject.pod()?.containers.iter().flat_map(|c| &c.ports).find(|p| p.name == *name)?.container_port,
    };
    u16::try_from(number).ok()
}

fn is_tcp(port: &ServicePort) -> bool {
    matches!(port.protocol.as_str(), "" | "TCP")
}

/// Whether an HTTP probe of the workload asks this very port.
fn is_probed_by_http(subject: &Subject<'_>, number: u16) -> bool {
    let Some(pod) = subject.pod() else { return false };
    let named = |port: &Port| match port {
        Port::Number(n) => u16::try_from(*n).ok(),
        Port::Name(name) => pod.containers.iter().flat_map(|c| &c.ports).find(|p| p.name == *name).and_then(|p| u16::try_from(p.container_port).ok()),
    };
    let probes = pod.containers.iter().flat_map(|c| c.probes().map(|(_, probe)| probe).collect::<Vec<_>>());
    probes.filter_map(|probe| probe.http_get.as_ref()).any(|get| get.scheme != "HTTPS" && named(&get.port) == Some(number))
}

/// Ports of Services without a protocol, and those whose servers speak first.
fn declared(subject: &Subject<'_>, report: &mut Report<'_>) {
    if let Some(software) = software::of(subject) {
        let more = if subject.intention.linkerd() { software.linkerd } else { software.istio };
        if !more.is_empty() {
            report.warn(Id::KnownSoftware, format!("its image is {}: {more}", software.name));
        }
    }
    for service in subject.services {
        for port in service.spec.ports.iter().filter(|port| is_tcp(port)) {
            let number = target(subject, port);
            let first = number.is_some_and(|number| software::is_server_first(subject, number));
            let service_name = &service.metadata.name;
            if subject.intention.linkerd() {
                if let Some(value) = port.app_protocol.as_deref().filter(|value| !matches!(*value, "http" | "kubernetes.io/h2c")) {
                    report.warn(Id::PortUndeclared, format!("port {} of Service {service_name} has appProtocol {value}: Linkerd takes it for opaque TCP, without routes, retries and metrics of requests", port.port));
                }
                continue;
            }
            if Protocol::of(port) != Protocol::Detect {
                continue;
            }
            let at = (service_name.to_string(), port.port);
            match number {
                Some(number) if first && !TCP_BY_DEFAULT.contains(&number) => {
                    report.step(Id::ServerFirst, format!("on port {} of Service {service_name} the server speaks first, and the proxy would wait for the client: the plan adds appProtocol tcp", port.port));
                    report.found.protocols.insert(at, "tcp");
                }
                Some(number) if is_probed_by_http(subject, number) => {
                    report.step(
                        Id::PortUndeclared,
                        format!(
                            "port {} of Service {service_name} has no protocol, and a probe speaks HTTP to it: the plan adds appProtocol http",
                            port.port
                        ),
                    );
                    report.found.protocols.insert(at, "http");
                }
                _ if TCP_BY_DEFAULT.contains(&u16::try_from(port.port).unwrap_or(0)) => {}
                _ => report.warn(
                    Id::PortUndeclared,
                    format!("port {} of Service {service_name} has no protocol: the proxy looks at the first bytes; set appProtocol", port.port),
                ),
            }
        }
    }
}

/// Linkerd's list of opaque ports: one that is written replaces the default one.
fn opaque(subject: &Subject<'_>, report: &mut Report<'_>) {
    if !subject.intention.linkerd() {
        return;
    }
    let written = subject.annotation(OPAQUE);
    if let Some(list) = written {
        let has = |port: u16| list.split(',').any(|item| item.trim().split('-').any(|end| end == port.to_string()));
        let lost: Vec<String> = wanted(subject).into_iter().filter(|port| !has(*port)).map(|port| port.to_string()).collect();
        if !lost.is_empty() {
            report.warn(Id::OpaqueReplaces, format!("its annotation {OPAQUE} takes the place of the default list: add {}", lost.join(", ")));
        }
        return;
    }
    let more: BTreeSet<u16> = wanted(subject).into_iter().filter(|port| !OPAQUE_BY_DEFAULT.contains(port) && ![4567, 4568].contains(port)).collect();
    if more.is_empty() {
        return;
    }
    let list: BTreeSet<u16> = OPAQUE_BY_DEFAULT.into_iter().chain(more.iter().copied()).collect();
    let words = |ports: &BTreeSet<u16>| ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    report.step(
        Id::ServerFirst,
        format!("on ports {} the server speaks first: the plan adds {OPAQUE} to Service and template, with the default list", words(&more)),
    );
    report.found.opaque = Some(words(&list));
}

/// The ports of its Services and containers whose servers speak first.
fn wanted(subject: &Subject<'_>) -> Vec<u16> {
    let of_services = subject.services.iter().flat_map(|s| &s.spec.ports).filter(|p| is_tcp(p)).filter_map(|port| target(subject, port));
    let declared =
        subject.pod().into_iter().flat_map(|pod| pod.containers.iter()).flat_map(|c| &c.ports).filter_map(|p| u16::try_from(p.container_port).ok());
    let all: BTreeSet<u16> = of_services.chain(declared).filter(|port| software::is_server_first(subject, *port)).collect();
    all.into_iter().collect()
}

fn two_protocols(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.intention.linkerd() {
        return;
    }
    let mut seen: BTreeMap<u16, (Protocol, &Service)> = BTreeMap::new();
    for service in subject.services {
        for port in service.spec.ports.iter().filter(|port| is_tcp(port)) {
            let (Some(number), protocol) = (target(subject, port), Protocol::of(port)) else { continue };
            match seen.get(&number) {
                Some((other, first)) if other.is_http() != protocol.is_http() && *other != Protocol::Detect && protocol != Protocol::Detect => {
                    report.block(
                        Id::PortTwoProtocols,
                        format!(
                            "port {number} of its pods is HTTP for one of the Services {} and {} and TCP for the other: rename one",
                            first.metadata.name, service.metadata.name
                        ),
                    );
                }
                Some(_) => {}
                None => drop(seen.insert(number, (protocol, service))),
            }
        }
    }
}

/// Ports and users of the proxy that the pod uses itself.
fn in_the_way(subject: &Subject<'_>, report: &mut Report<'_>) {
    let reserved: &[u16] = if subject.intention.linkerd() { &LINKERD } else { &ISTIO };
    let ports =
        subject.pod().into_iter().flat_map(|pod| pod.containers.iter()).filter(|c| c.name != subject.intention.mesh.proxy()).flat_map(|c| &c.ports);
    for port in ports.filter_map(|p| u16::try_from(p.container_port).ok()).filter(|port| reserved.contains(port)) {
        let avoid = if subject.intention.linkerd() {
            "config.linkerd.io/{admin,control,inbound,outbound}-port moves the proxy's"
        } else {
            "status.sidecar.istio.io/port moves the proxy's status port"
        };
        report.block(Id::ReservedPort, format!("its container port {port} is one of the proxy's: move it ({avoid})"));
    }
    if subject.intention.ambient() {
        return;
    }
    let proxy: i64 = if subject.intention.linkerd() { 2102 } else { 1337 };
    let of_pod = subject.spec()["securityContext"]["runAsUser"].as_i64();
    let runs_as = |container: &Value| container["securityContext"]["runAsUser"].as_i64().or(of_pod);
    for container in subject.containers().filter(|c| runs_as(c) == Some(proxy) && c["name"] != subject.intention.mesh.proxy()) {
        report.block(
            Id::ProxyUid,
            format!(
                "container {} runs as user {proxy}, the proxy's own, whose traffic passes the proxy by: choose another",
                container["name"].as_str().unwrap_or_default()
            ),
        );
    }
}

fn headless(subject: &Subject<'_>, report: &mut Report<'_>) {
    let of: Vec<&&Service> = subject.services.iter().filter(|s| s.spec.cluster_ip == "None").collect();
    if subject.workload.reference.kind != Kind::StatefulSet || of.is_empty() {
        return;
    }
    let named: BTreeSet<u16> = of.iter().flat_map(|s| &s.spec.ports).filter_map(|port| target(subject, port)).collect();
    let ports =
        subject.pod().into_iter().flat_map(|pod| pod.containers.iter()).flat_map(|c| &c.ports).filter_map(|p| u16::try_from(p.container_port).ok());
    let missing: Vec<String> = ports.filter(|port| !named.contains(port)).map(|port| port.to_string()).collect();
    if !missing.is_empty() && !subject.intention.linkerd() {
        let text =
            "peers call them past the mesh, without mutual TLS, and STRICT peers refuse that: declare every port its peers use (appProtocol: tcp)";
        report
            .warn(Id::HeadlessPeers, format!("the headless Service {} does not name its ports {}: {text}", of[0].metadata.name, missing.join(", ")));
    }
}

/// What no object shows, or only hints at.
fn unseen(subject: &Subject<'_>, report: &mut Report<'_>) {
    let words = |container: &Value| -> Vec<String> {
        let lists = ["args", "command"].iter().flat_map(|field| container[*field].as_array().into_iter().flatten());
        let env = container["env"].as_array().into_iter().flatten().map(|variable| &variable["value"]);
        lists.chain(env).filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let local = |word: &String| {
        ["127.0.0.1", "localhost"].iter().any(|host| word.contains(host))
            && ["bind", "listen", "addr", "host", "127.0.0.1:", "localhost:"].iter().any(|hint| word.to_ascii_lowercase().contains(hint))
    };
    if let Some(container) = subject.containers().find(|c| words(c).iter().any(local)) {
        let name = container["name"].as_str().unwrap_or_default();
        report.unknown(Id::LocalhostBind, format!("container {name} names 127.0.0.1 or localhost: a server that listens there only is not reached through the proxy; let it listen on 0.0.0.0"));
    }
}

fn of_services(subject: &Subject<'_>, report: &mut Report<'_>) {
    for service in subject.services {
        let name = &service.metadata.name;
        for port in service.spec.ports.iter().filter(|port| !is_tcp(port)) {
            report.warn(
                Id::UdpSctp,
                format!(
                    "port {} of Service {name} is {}: it never passes the mesh, is not encrypted and no policy of the mesh holds for it",
                    port.port, port.protocol
                ),
            );
        }
        let tls = |port: &&ServicePort| {
            let word = port.app_protocol.as_deref().unwrap_or(&port.name).split('-').next().unwrap_or_default();
            matches!(word, "https" | "tls") || matches!(port.port, 443 | 8443)
        };
        for port in service.spec.ports.iter().filter(tls) {
            report.warn(Id::AppTls, format!("port {} of Service {name} carries TLS of its own: inside the mesh it stays bytes, without routes, policies and metrics of requests", port.port));
        }
        if service.spec.kind == "ExternalName" {
            report.warn(Id::ExternalName, format!("Service {name} is an ExternalName: calls by it are not in mutual TLS"));
        }
        let v6 = service.spec.cluster_ips.iter().any(|ip| ip.contains(':')) || service.spec.cluster_ip.contains(':');
        if subject.intention.linkerd() && v6 {
            report.warn(Id::Ipv6, format!("Service {name} has an IPv6 address: with Linkerd's default disableIPv6 that traffic passes the proxy by"));
        }
        if subject.intention.linkerd()
            && !service.spec.cluster_ip.is_empty()
            && service.spec.cluster_ip != "None"
            && !within(subject, &service.spec.cluster_ip)
        {
            report.block(
                Id::ClusterNetworks,
                format!(
                    "the address {} of Service {name} lies outside of Linkerd's clusterNetworks: no discovery and no mutual TLS for it",
                    service.spec.cluster_ip
                ),
            );
        }
        if subject.intention.istio_sidecar() && matches!(service.spec.kind.as_str(), "LoadBalancer" | "NodePort") {
            report.warn(
                Id::SourceIp,
                format!("Service {name} is reached from outside: behind the sidecar the application sees the proxy's address as its client's"),
            );
        }
    }
}

fn within(subject: &Subject<'_>, address: &str) -> bool {
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return true };
    subject.world.linkerd.cluster.networks.iter().any(|network| network.contains(&address))
}
