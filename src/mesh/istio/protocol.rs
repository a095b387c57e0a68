//! What Istio takes the traffic of a port for.
//!
//! Istio sources: `pkg/config/{kube/conversion,protocol/instance}.go`.

use crate::model::ServicePort;

/// What a proxy of Istio's makes of a port's traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Requests.
    Http,
    /// Connections; TLS of the application is among them.
    Tcp,
    /// Nothing says, so that the proxy looks.
    Auto,
}

/// Ports whose servers speak first, so that looking would break them.
const NEVER_SNIFFED: [i32; 4] = [25, 53, 3306, 27017];

impl Protocol {
    /// Of a Service's port: by `appProtocol`, else by the beginning of its name.
    pub fn of_service_port(port: &ServicePort) -> Self {
        let name = port.app_protocol.as_deref().unwrap_or(&port.name);
        let word = match name {
            "kubernetes.io/h2c" | "kubernetes.io/ws" => return Self::Http,
            "kubernetes.io/wss" => return Self::Tcp,
            name if name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("grpc-web")) => return Self::Http,
            name => name.split('-').next().unwrap_or_default(),
        };
        Self::of_word(word).unwrap_or(if NEVER_SNIFFED.contains(&port.port) { Self::Tcp } else { Self::Auto })
    }

    /// By a word; nothing for one that Istio does not know.
    pub fn of_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "http" | "http2" | "http_proxy" | "grpc" | "grpc-web" => Some(Self::Http),
            "tcp" | "https" | "tls" | "mongo" | "redis" | "mysql" | "udp" => Some(Self::Tcp),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_protocol_goes_before_the_name() {
        let of = |name: &str, app: Option<&str>, port| {
            Protocol::of_service_port(&ServicePort { name: name.into(), app_protocol: app.map(Into::into), port, ..ServicePort::default() })
        };
        assert_eq!([of("http-web", None, 80), of("GRPC-Web-x", None, 80), of("tcp", Some("kubernetes.io/h2c"), 80)], [Protocol::Http; 3]);
        assert_eq!([of("http", Some("tcp"), 80), of("https", None, 443), of("db", None, 3306)], [Protocol::Tcp; 3]);
        assert_eq!([of("web", None, 80), of("http", Some("example.com/x"), 80), of("", None, 80)], [Protocol::Auto; 3]);
    }
}
