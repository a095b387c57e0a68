//! Addresses of listeners and endpoints.

use std::fmt;

use serde::Deserialize;

use crate::model::Str;

/// Where something listens or is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Address {
    Socket {
        ip: Str,
        port: u32,
    },
    /// A socket of the file system.
    Pipe(Str),
    /// A listener inside of the same Envoy.
    Internal {
        listener: Str,
        endpoint: Str,
    },
    #[default]
    Unknown,
}

#[derive(Deserialize)]
struct Raw {
    socket_address: Option<Socket>,
    pipe: Option<Pipe>,
    envoy_internal_address: Option<Internal>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Socket {
    address: Str,
    port_value: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pipe {
    path: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Internal {
    server_listener_name: Str,
    endpoint_id: Str,
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Raw::deserialize(deserializer)? {
            Raw { socket_address: Some(socket), .. } => Self::Socket { ip: socket.address, port: socket.port_value },
            Raw { pipe: Some(pipe), .. } => Self::Pipe(pipe.path),
            Raw { envoy_internal_address: Some(to), .. } => Self::Internal { listener: to.server_listener_name, endpoint: to.endpoint_id },
            _ => Self::Unknown,
        })
    }
}

/// An address inside of an object, as `additional_addresses` has them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Additional {
    pub(super) address: Address,
}

impl Address {
    /// Its port, where it has one.
    pub(crate) fn port(&self) -> Option<u32> {
        match self {
            Self::Socket { port, .. } => Some(*port),
            _ => None,
        }
    }

    /// Without the port.
    pub(crate) fn host(&self) -> &str {
        match self {
            Self::Socket { ip: text, .. } | Self::Pipe(text) => text,
            Self::Internal { endpoint, .. } => endpoint,
            Self::Unknown => "",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket { ip, port } => write!(f, "{ip}:{port}"),
            Self::Pipe(path) => write!(f, "unix://{path}"),
            Self::Internal { listener, endpoint } if endpoint.is_empty() => write!(f, "envoy://{listener}"),
            Self::Internal { listener, endpoint } => write!(f, "envoy://{listener}/{endpoint}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
