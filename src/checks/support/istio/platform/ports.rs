//! How Istio tells a Service port's protocol (istio `pkg/config/kube/conversion.go`), and whom Kiali counts as in the mesh.

use crate::mesh::istio::labels::{STATUS, has_sidecar, is_captured};
use crate::model::{Service, ServicePort};
use crate::world::World;

/// Protocols that both Istio and Kiali take from a port's name.
const PROTOCOLS: [&str; 11] = ["grpc", "grpc-web", "http", "http2", "https", "mongo", "mysql", "redis", "tcp", "tls", "udp"];

/// The values that Kubernetes itself defines for `appProtocol` and Istio understands.
pub(in crate::checks) const KUBERNETES_PROTOCOLS: [&str; 3] = ["kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"];

/// Whether Istio knows the protocol of a port from `appProtocol`, its name or its number.
pub(in crate::checks) fn is_recognised(port: &ServicePort) -> bool {
    if port.protocol() == "UDP" {
        return true;
    }
    if port.app_protocol.as_deref().is_some_and(|p| KUBERNETES_PROTOCOLS.contains(&p)) {
        return true;
    }
    let name = port.app_protocol.as_deref().unwrap_or(&port.name).to_ascii_lowercase();
    let prefix = name.split('-').next().unwrap_or_default();
    name.starts_with("grpc-web") || prefix == "http_proxy" || PROTOCOLS.contains(&prefix) || matches!(port.port, 25 | 53 | 3306 | 27017)
}

/// Whether a port name follows `<protocol>[-suffix]` as Kiali reads it.
pub(in crate::checks) fn follows_convention(name: &str) -> bool {
    PROTOCOLS.iter().any(|p| name.strip_prefix(p).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
}

/// Whether an `appProtocol` is one that Kiali knows.
pub(in crate::checks) fn is_known_app_protocol(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    PROTOCOLS.contains(&lower.as_str()) || KUBERNETES_PROTOCOLS.contains(&lower.as_str())
}

/// Whether the Service has pods of its own namespace that are in the mesh: all of them by sidecar, or any by ambient.
pub(in crate::checks) fn leads_into_mesh(world: &World, service: &Service) -> bool {
    let index = &world.index;
    let selector = &service.spec.selector;
    if selector.is_empty() {
        return false;
    }
    let mut pods = index.select(Some(&service.metadata.namespace), selector).flat_map(|w| index.pod_variants(w)).peekable();
    if pods.peek().is_none() {
        return false;
    }
    let (mut all, mut ambient) = (true, false);
    for (pod, _) in pods {
        all &= has_sidecar(&pod.spec) || pod.metadata.annotations.has(STATUS);
        ambient |= is_captured(pod);
    }
    all || ambient
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_up_to_the_first_dash() {
        let port = |name: &str, number: i32| ServicePort { name: name.into(), port: number, ..ServicePort::default() };
        assert!(is_recognised(&port("HTTP-web", 80)) && is_recognised(&port("grpc-webby", 80)) && is_recognised(&port("", 3306)));
        assert!(!is_recognised(&port("http2foo", 80)) && !is_recognised(&port("", 80)) && !is_recognised(&port("web-http", 80)));
        assert!(follows_convention("http") && follows_convention("tcp-x") && !follows_convention("Http") && !follows_convention("httpx"));
    }
}
