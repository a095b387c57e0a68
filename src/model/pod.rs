//! Pods, reduced to the fields a mesh depends on.

use serde::{Deserialize, Serialize};

use super::kept;
use super::meta::str_is_empty;
use super::{Meta, Port, Shared, Str};

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Metadata.
    pub metadata: Meta,
    /// Specification.
    pub spec: PodSpec,
    /// Status.
    pub status: PodStatus,
}

/// What a pod is made of; of a controller it is the template's spec.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// Containers.
    pub containers: Shared<Container>,
    /// Init containers, native sidecars among them.
    #[serde(skip_serializing_if = "Shared::is_empty")]
    pub init_containers: Shared<Container>,
    /// Whether it shares the node's network.
    #[serde(skip_serializing_if = "is_false")]
    pub host_network: bool,
    /// The node it runs on.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub node_name: Str,
    /// Its service account; empty means `default`.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub service_account_name: Str,
    /// Pod-wide security settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<SecurityContext>,
    /// Whether a token is mounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automount_service_account_token: Option<bool>,
}

/// A container, init containers and native sidecars included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Name.
    pub name: Str,
    /// Image.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub image: Str,
    /// Declared ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    /// Environment variables that configure a proxy or a control plane; all others are dropped on reading.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "kept::mesh_env")]
    pub env: Vec<EnvVar>,
    /// Arguments that are settings of a control plane or make a proxy a gateway; all others, which may hold secrets, are dropped on reading. Of those
    /// that end a proxy, only the word that does so is kept ([`ends_proxy`](super::ends_proxy)).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "kept::mesh_args")]
    pub args: Vec<Str>,
    /// Of the command, what [`ends_proxy`](super::ends_proxy) keeps.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "kept::ending_words")]
    pub command: Vec<Str>,
    /// `Always` makes an init container a native sidecar.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub restart_policy: Str,
    /// Liveness probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    /// Readiness probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    /// Startup probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_probe: Option<Probe>,
    /// Security settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<SecurityContext>,
}

/// A declared port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Name, empty when unnamed.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub name: Str,
    /// Number.
    #[serde(deserialize_with = "super::service::lenient_int")]
    pub container_port: i32,
    /// `TCP` when empty.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub protocol: Str,
}

/// An environment variable with a literal value; `value` is empty when it comes from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct EnvVar {
    /// Name.
    pub name: Str,
    /// Literal value.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub value: Str,
}

/// A health probe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    /// An HTTP request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_get: Option<HttpGet>,
    /// A connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_socket: Option<SocketProbe>,
    /// A gRPC health call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<SocketProbe>,
}

/// The request of an HTTP probe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpGet {
    /// Path, `/` when empty.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub path: Str,
    /// Port, by number or name.
    pub port: Port,
    /// `HTTP` when empty.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub scheme: Str,
}

/// The port of a TCP or gRPC probe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SocketProbe {
    /// Port, by number or name.
    pub port: Port,
}

/// Security settings of a pod or a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityContext {
    /// User id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<i64>,
}

/// What became of a pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`; empty in manifests.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub phase: Str,
    /// Why, for instance `Evicted`.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub reason: Str,
    /// Addresses.
    #[serde(rename = "podIP", skip_serializing_if = "str_is_empty")]
    pub pod_ip: Str,
    /// All addresses, of both families.
    #[serde(rename = "podIPs", skip_serializing_if = "Vec::is_empty")]
    pub pod_ips: Vec<PodIp>,
    /// Containers' state.
    #[serde(skip_serializing_if = "Shared::is_empty")]
    pub container_statuses: Shared<ContainerStatus>,
    /// Init containers' state, native sidecars included.
    #[serde(skip_serializing_if = "Shared::is_empty")]
    pub init_container_statuses: Shared<ContainerStatus>,
    /// Conditions that are not `True`, the only ones a rule asks about.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "kept::failing_conditions")]
    pub conditions: Vec<PodCondition>,
}

/// One address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodIp {
    /// The address.
    pub ip: Str,
}

/// A container's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerStatus {
    /// The container's name.
    pub name: Str,
    /// Whether its readiness probe passes.
    pub ready: bool,
}

/// A pod condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodCondition {
    /// For instance `PodScheduled`.
    #[serde(rename = "type")]
    pub kind: Str,
    /// `True`, `False` or `Unknown`.
    pub status: Str,
    /// For instance `Unschedulable`.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub reason: Str,
}

impl Pod {
    /// Whether another pod is the same in all that it was made of and in its phase; names, owners' names, nodes, addresses and readiness aside.
    pub fn is_like(&self, other: &Pod) -> bool {
        let spec = |p: &PodSpec| (p.host_network, p.automount_service_account_token);
        let owned = |p: &Pod| p.metadata.controller().is_some();
        let (a, b) = (&self.spec, &other.spec);
        self.metadata.labels == other.metadata.labels
            && self.metadata.annotations == other.metadata.annotations
            && owned(self) == owned(other)
            && self.status.phase == other.status.phase
            && a.containers == b.containers
            && a.init_containers == b.init_containers
            && a.service_account_name == b.service_account_name
            && a.security_context == b.security_context
            && spec(a) == spec(b)
    }

    /// Whether it has finished or is going away: such pods carry no traffic.
    pub fn is_over(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed") || self.metadata.deletion_timestamp.is_some()
    }

    /// Whether the container called `name` reports ready; `None` when there is no such status.
    pub fn container_ready(&self, name: &str) -> Option<bool> {
        let statuses = self.status.container_statuses.iter().chain(&self.status.init_container_statuses);
        statuses.into_iter().find(|s| s.name == name).map(|s| s.ready)
    }

    /// Whether all its regular containers report ready.
    pub fn is_ready(&self) -> bool {
        self.status.phase == "Running" && self.status.container_statuses.iter().all(|s| s.ready)
    }
}

impl PodSpec {
    /// All containers, init containers last.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(&self.init_containers)
    }

    /// The container or init container called `name`.
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.all_containers().find(|c| c.name == name)
    }

    /// Whether `name` is an init container with `restartPolicy: Always`, that is, a native sidecar.
    pub fn is_native_sidecar(&self, name: &str) -> bool {
        self.init_containers.iter().any(|c| c.name == name && c.restart_policy == "Always")
    }

    /// The service account it runs as.
    pub fn service_account(&self) -> &str {
        if self.service_account_name.is_empty() { "default" } else { &self.service_account_name }
    }
}

impl Container {
    /// The literal value of an environment variable.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.iter().find(|e| e.name == name).map(|e| e.value.as_str())
    }

    /// The image's tag; nothing for a digest or no tag at all.
    pub fn image_tag(&self) -> Option<&str> {
        let last = self.image.rsplit('/').next()?;
        if last.contains('@') {
            return None;
        }
        last.rsplit_once(':').map(|(_, tag)| tag)
    }

    /// Its probes, each with the name of its field.
    pub fn probes(&self) -> impl Iterator<Item = (&'static str, &Probe)> {
        [("livenessProbe", &self.liveness_probe), ("readinessProbe", &self.readiness_probe), ("startupProbe", &self.startup_probe)]
            .into_iter()
            .filter_map(|(name, probe)| Some((name, probe.as_ref()?)))
    }
}

fn is_false(value: &bool) -> bool {
    !value
}
