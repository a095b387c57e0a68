//! Services, namespaces and nodes, reduced to the fields a mesh depends on.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::meta::str_is_empty;
use super::{Map, Meta, Str};

/// A port by number or by name (`IntOrString`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// A number; 0 stands for none.
    Number(i32),
    /// A container port's name.
    Name(Str),
}

impl Default for Port {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(n) => serializer.serialize_i32(*n),
            Self::Name(name) => name.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrName;
        impl Visitor<'_> for NumberOrName {
            type Value = Port;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port number or name")
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Port, E> {
                i32::try_from(n).map(Port::Number).map_err(|_| E::custom("port number out of range"))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Port, E> {
                i32::try_from(n).map(Port::Number).map_err(|_| E::custom("port number out of range"))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Port, E> {
                Ok(text.parse().map_or_else(|_| Port::Name(text.into()), Port::Number))
            }
            fn visit_unit<E>(self) -> Result<Port, E> {
                Ok(Port::default())
            }
        }
        deserializer.deserialize_any(NumberOrName)
    }
}

/// A whole number that loose manifests also write as text.
pub(super) fn lenient_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    match Port::deserialize(deserializer)? {
        Port::Number(n) => Ok(n),
        Port::Name(_) => Err(de::Error::custom("a port must be a number")),
    }
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Metadata.
    pub metadata: Meta,
    /// Specification.
    pub spec: ServiceSpec,
    /// Status.
    #[serde(skip_serializing_if = "ServiceStatus::is_empty")]
    pub status: ServiceStatus,
}

/// What a Service selects and exposes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP` when empty.
    #[serde(rename = "type", skip_serializing_if = "str_is_empty")]
    pub kind: Str,
    /// Labels of its pods; empty means it selects none.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub selector: Map,
    /// Ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// `None` for a headless Service; empty in manifests.
    #[serde(rename = "clusterIP", skip_serializing_if = "str_is_empty")]
    pub cluster_ip: Str,
    /// All its addresses, of both families.
    #[serde(rename = "clusterIPs", skip_serializing_if = "Vec::is_empty")]
    pub cluster_ips: Vec<Str>,
    /// The target of an `ExternalName` Service.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub external_name: Str,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Name.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub name: Str,
    /// Number.
    #[serde(deserialize_with = "lenient_int")]
    pub port: i32,
    /// Container port; equal to `port` when 0.
    pub target_port: Port,
    /// `TCP` when empty.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub protocol: Str,
    /// Application protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_protocol: Option<Str>,
    /// Port on every node; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub node_port: i32,
}

/// Conditions that a mesh writes on a Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceStatus {
    /// Conditions, for instance `istio.io/WaypointBound`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

impl ServiceStatus {
    fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }
}

/// A status condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: Str,
    /// `True`, `False` or `Unknown`.
    pub status: Str,
    /// Reason code.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub reason: Str,
    /// Explanation.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub message: Str,
}

impl Service {
    /// Whether its pods are addressed one by one.
    pub fn is_headless(&self) -> bool {
        self.spec.cluster_ip == "None"
    }

    /// Whether its selector picks pods with these labels; a Service without a selector picks none.
    pub fn selects(&self, labels: &Map) -> bool {
        !self.spec.selector.is_empty() && self.spec.selector.is_subset_of(labels)
    }
}

impl ServicePort {
    /// The layer-4 protocol.
    pub fn protocol(&self) -> &str {
        if self.protocol.is_empty() { "TCP" } else { &self.protocol }
    }

    /// The container port it leads to.
    pub fn target(&self) -> Port {
        match &self.target_port {
            Port::Number(0) => Port::Number(self.port),
            Port::Name(name) if name.is_empty() => Port::Number(self.port),
            other => other.clone(),
        }
    }
}

/// A Namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Metadata.
    pub metadata: Meta,
}

/// A Node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Metadata.
    pub metadata: Meta,
    /// Specification.
    pub spec: NodeSpec,
    /// Status.
    pub status: NodeStatus,
}

/// A node's address ranges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeSpec {
    /// Range of its pods' addresses.
    #[serde(rename = "podCIDR", skip_serializing_if = "str_is_empty")]
    pub pod_cidr: Str,
    /// All ranges, of both families.
    #[serde(rename = "podCIDRs", skip_serializing_if = "Vec::is_empty")]
    pub pod_cidrs: Vec<Str>,
}

/// A node's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Software versions.
    pub node_info: NodeInfo,
    /// Conditions with their last heartbeat.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<NodeCondition>,
}

/// A node's software.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeInfo {
    /// For instance `v1.33.1`.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub kubelet_version: Str,
    /// For instance `containerd://2.1.0`.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub container_runtime_version: Str,
}

/// A node condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeCondition {
    /// For instance `Ready`.
    #[serde(rename = "type")]
    pub kind: Str,
    /// `True`, `False` or `Unknown`.
    pub status: Str,
    /// When the kubelet last said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heartbeat_time: Option<Str>,
}

fn is_zero(n: &i32) -> bool {
    *n == 0
}
