//! Pods and everything that makes pods, reduced to the fields a mesh depends on.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::meta::str_is_empty;
use super::{Kind, LabelSelector, Map, Meta, Port, Shared, Str};

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
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "mesh_env")]
    pub env: Vec<EnvVar>,
    /// Arguments that are settings of a control plane or make a proxy a gateway; all others, which may hold secrets, are dropped on reading. Of those
    /// that end a proxy, only the word that does so is kept ([`ends_proxy`]).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "mesh_args")]
    pub args: Vec<Str>,
    /// Of the command, what [`ends_proxy`] keeps.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "ending_words")]
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
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "failing_conditions")]
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

/// A pod template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Labels and annotations of the pods.
    pub metadata: Meta,
    /// Specification of the pods.
    pub spec: PodSpec,
}

/// A Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, Rollout or DeploymentConfig.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Controller {
    /// Which of them.
    pub kind: Kind,
    /// Metadata.
    pub metadata: Meta,
    /// Specification.
    pub spec: ControllerSpec,
    /// Status.
    pub status: ControllerStatus,
}

/// A controller as the API serves it, before its kind is put in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ControllerBody {
    /// Metadata.
    pub metadata: Meta,
    /// Specification.
    pub spec: ControllerSpec,
    /// Status.
    pub status: ControllerStatus,
}

/// What a controller makes, and how many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerSpec {
    /// Wanted pods; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which pods are its own; of a ReplicationController or DeploymentConfig it is a plain map.
    #[serde(skip_serializing_if = "LabelSelector::is_empty", deserialize_with = "plain_or_selector")]
    pub selector: LabelSelector,
    /// The pods' template; empty for a CronJob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<PodTemplate>,
    /// A CronJob's template of a Job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_template: Option<Box<JobTemplate>>,
}

/// The template inside a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobTemplate {
    /// Labels and annotations of the Jobs; their pods have others.
    pub metadata: Meta,
    /// The Job's specification.
    pub spec: ControllerSpec,
}

/// How many pods there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerStatus {
    /// Ready pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,
    /// Available pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_replicas: Option<i32>,
    /// Pods a DaemonSet wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_number_scheduled: Option<i32>,
    /// Ready pods of a DaemonSet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_ready: Option<i32>,
}

impl Controller {
    /// The pod template; nothing when the manifest has none.
    pub fn template(&self) -> Option<&PodTemplate> {
        self.spec.template.as_ref().or_else(|| self.spec.job_template.as_ref()?.spec.template.as_ref())
    }

    /// The path of the pod template: `spec.template`, deeper in a CronJob.
    pub fn template_path(&self) -> &'static str {
        if self.kind == Kind::CronJob { "spec.jobTemplate.spec.template" } else { "spec.template" }
    }

    /// Labels of the pods it makes.
    pub fn pod_labels(&self) -> Option<&Map> {
        self.template().map(|t| &t.metadata.labels)
    }
}

fn plain_or_selector<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<LabelSelector, D::Error> {
    use serde::de::Error;
    let fields = serde_json::Map::deserialize(deserializer)?;
    if fields.values().any(|value| !value.is_string()) {
        return LabelSelector::deserialize(serde_json::Value::Object(fields)).map_err(D::Error::custom);
    }
    let pairs = fields.iter().filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)));
    Ok(LabelSelector { match_labels: pairs.collect(), ..LabelSelector::default() })
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Whether an environment variable configures a proxy or a control plane.
pub fn env_matters(name: &str) -> bool {
    ["LINKERD2_PROXY_", "ISTIO_META_", "PILOT_", "ENABLE_", "AMBIENT_", "BLOCKED_CIDRS_", "EXTERNAL_ISTIOD"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Whether an argument is a setting of a control plane or makes a proxy a gateway; `kept` are those before it that were.
pub fn arg_matters(kept: &[Str], arg: &str) -> bool {
    const SETTINGS: [&str; 8] = [
        "default-policy",
        "cluster-networks",
        "cluster-domain",
        "identity-domain",
        "control-plane-namespace",
        "trust-domain",
        "default-opaque-ports",
        "probe-networks",
    ];
    // istiod's chart writes `discovery … --domain X`; every sidecar has a --domain as well, which nobody asks for.
    let istiods = kept.first().is_some_and(|first| first == "discovery");
    let domain = arg == "--domain" || arg.starts_with("--domain=") || kept.last().is_some_and(|last| last == "--domain");
    matches!(arg, "discovery" | "router" | "waypoint")
        || (istiods && domain)
        || (arg.starts_with('-') && SETTINGS.iter().any(|s| arg.trim_start_matches('-').starts_with(s)))
}

/// The word in an argument or command by which a container ends the proxy beside it when its own work is done.
pub fn ends_proxy(text: &str) -> Option<&'static str> {
    ["quitquitquit", "linkerd-await", "4191/shutdown", "scuttle"].into_iter().find(|word| text.contains(word))
}

fn ending_words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Str>, D::Error> {
    filtered(deserializer, |_, text: Cow<'_, str>| ends_proxy(&text).map(Str::from))
}

fn mesh_args<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Str>, D::Error> {
    filtered(deserializer, |kept, arg: Cow<'_, str>| if arg_matters(kept, &arg) { Some(Str::intern(&arg)) } else { ends_proxy(&arg).map(Str::from) })
}

fn mesh_env<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EnvVar>, D::Error> {
    /// Borrows, so that the thousands of dropped variables cost no allocation; `valueFrom` is skipped.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Raw<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
        value: Option<Str>,
    }
    filtered(deserializer, |_, raw: Raw<'_>| {
        env_matters(&raw.name).then(|| EnvVar { name: Str::intern(&raw.name), value: raw.value.unwrap_or_default() })
    })
}

fn failing_conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PodCondition>, D::Error> {
    filtered(deserializer, |_, c: PodCondition| (c.status != "True").then_some(c))
}

/// Decodes a list item by item and keeps what `keep`, which sees what was kept before, turns each into.
fn filtered<'de, D, T, U>(deserializer: D, keep: impl Fn(&[U], T) -> Option<U>) -> Result<Vec<U>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Items<F, T, U>(F, std::marker::PhantomData<(T, U)>);
    impl<'de, T: Deserialize<'de>, U, F: Fn(&[U], T) -> Option<U>> Visitor<'de> for Items<F, T, U> {
        type Value = Vec<U>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_unit<E>(self) -> Result<Vec<U>, E> {
            Ok(Vec::new())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<U>, A::Error> {
            let mut kept = Vec::new();
            while let Some(item) = access.next_element()? {
                let item = (self.0)(&kept, item);
                kept.extend(item);
            }
            Ok(kept)
        }
    }
    deserializer.deserialize_any(Items(keep, std::marker::PhantomData))
}
