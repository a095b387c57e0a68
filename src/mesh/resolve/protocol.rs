//! What is spoken on a port, as Istio tells it from `appProtocol`, the port's name and its number (istio `pkg/config/kube/conversion.go`).

use crate::model::ServicePort;

/// A protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.
    Http,
    /// HTTP/2 in plaintext.
    Http2,
    Grpc,
    /// gRPC for browsers.
    GrpcWeb,
    /// A listener of a Sidecar that serves as an HTTP proxy.
    HttpProxy,
    /// HTTP inside TLS that the application speaks.
    Https,
    /// TLS that the application speaks.
    Tls,
    /// Bytes.
    Tcp,
    /// MongoDB: bytes, and the server does not speak first.
    Mongo,
    Redis,
    /// MySQL: bytes, and the server speaks first.
    Mysql,
    /// UDP, which no proxy carries.
    Udp,
    /// Not declared: found out from the first bytes.
    Detect,
}

impl Protocol {
    /// The protocol that a word names; a word that names none leaves it to detection.
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "http" => Self::Http,
            "http2" => Self::Http2,
            "grpc" => Self::Grpc,
            "grpc-web" => Self::GrpcWeb,
            "http_proxy" => Self::HttpProxy,
            "https" => Self::Https,
            "tls" => Self::Tls,
            "tcp" => Self::Tcp,
            "mongo" => Self::Mongo,
            "redis" => Self::Redis,
            "mysql" => Self::Mysql,
            "udp" => Self::Udp,
            _ => Self::Detect,
        }
    }

    /// The protocol of a Service's port.
    pub fn of(port: &ServicePort) -> Self {
        if port.protocol() == "UDP" {
            return Self::Udp;
        }
        let word = match port.app_protocol.as_deref() {
            Some("kubernetes.io/h2c") => return Self::Http2,
            Some("kubernetes.io/ws") => return Self::Http,
            Some("kubernetes.io/wss") => return Self::Https,
            Some(word) => word,
            None => &port.name,
        };
        if word.to_ascii_lowercase().starts_with("grpc-web") {
            return Self::GrpcWeb;
        }
        match Self::parse(word.split('-').next().unwrap_or_default()) {
            // Servers speak first on these, which detection would break.
            Self::Detect if matches!(port.port, 25 | 53 | 3306 | 27017) => Self::Tcp,
            other => other,
        }
    }

    /// Whether requests can be told apart on it.
    pub const fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Http2 | Self::Grpc | Self::GrpcWeb | Self::HttpProxy)
    }

    /// Whether requests can be told apart, at least when the first bytes turn out to be HTTP.
    pub const fn may_be_http(self) -> bool {
        self.is_http() || matches!(self, Self::Detect)
    }

    /// Whether the client speaks TLS of its own.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }

    /// Whether it is carried as bytes.
    pub const fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::Https | Self::Tls | Self::Mongo | Self::Redis | Self::Mysql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, number: i32, app: Option<&str>) -> Protocol {
        Protocol::of(&ServicePort { name: name.into(), port: number, app_protocol: app.map(Into::into), ..ServicePort::default() })
    }

    #[test]
    fn the_name_is_read_up_to_the_first_dash() {
        assert_eq!([of("http-api", 80, None), of("HTTP", 80, None), of("http2", 80, None)], [Protocol::Http, Protocol::Http, Protocol::Http2]);
        assert_eq!([of("api-http", 80, None), of("", 80, None), of("httpx", 80, None)], [Protocol::Detect; 3]);
        assert_eq!([of("grpc-web-x", 80, None), of("grpc-x", 80, None)], [Protocol::GrpcWeb, Protocol::Grpc]);
    }

    #[test]
    fn the_declared_protocol_beats_the_name() {
        assert_eq!(of("tcp", 80, Some("http")), Protocol::Http);
        assert_eq!(of("http", 80, Some("kubernetes.io/wss")), Protocol::Https);
        assert_eq!(of("http", 80, Some("kubernetes.io/h2c")), Protocol::Http2);
        assert_eq!(of("http", 80, Some("something.else/x")), Protocol::Detect);
    }

    #[test]
    fn servers_that_speak_first_are_carried_as_bytes() {
        assert_eq!([of("", 3306, None), of("db", 27017, None)], [Protocol::Tcp; 2]);
        assert_eq!(of("http", 3306, None), Protocol::Http);
    }
}
