//! One step of a plan.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Owner;
use crate::model::{Kind, MeshId, Mode, ObjectRef, words};

/// What is done, to which object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its number, from 1.
    pub id: usize,
    /// What is done.
    pub action: Action,
    /// To which object.
    pub object: Target,
    /// The fields that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What the pods are to be, where it waits for them or looks at them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// Who has the object in hand and will put it back or be in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The object that is made, or that was there before it is deleted, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Value>,
    /// The calls that are followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<KnownCall>,
    /// How far it is.
    #[serde(default)]
    pub status: Status,
}

impl Step {
    /// What is done to an object, and nothing more.
    pub(super) const fn of(action: Action, object: Target) -> Self {
        Self { id: 0, action, object, changes: Vec::new(), expect: None, owner: None, manifest: None, calls: Vec::new(), status: Status::Planned }
    }
}

words! {
    /// What is done.
    #[derive(Deserialize)]
    #[cfg_attr(test, schemars(rename = "PlanAction"))]
    Action {
        /// A label is set or taken away.
        Label = "label",
        /// An annotation is.
        Annotate = "annotate",
        /// Another field is set.
        Patch = "patch",
        /// An object is made.
        Create = "create",
        /// One that is there is deleted.
        Delete = "delete",
        /// Pods are replaced by new ones.
        Restart = "restart",
        /// New pods are waited for.
        Wait = "wait",
        /// Every pod is looked at.
        Verify = "verify",
        /// Known calls are followed again.
        Calls = "calls",
    }
}

impl Action {
    /// Whether it changes an object.
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Wait | Self::Verify | Self::Calls)
    }
}

words! {
    /// How far a step is.
    #[derive(Default, Deserialize)]
    #[cfg_attr(test, schemars(rename = "PlanStatus"))]
    Status {
        /// To be done.
        #[default]
        Planned = "planned",
        /// Done.
        Done = "done",
        /// Tried in vain.
        Failed = "failed",
        /// Taken back.
        Undone = "undone",
    }
}

words! {
    /// What became of a plan.
    #[cfg_attr(test, schemars(rename = "PlanOutcome"))]
    Outcome {
        /// Nothing yet.
        Planned = "planned",
        /// Nothing, since the pre-flight stands against it.
        Blocked = "blocked",
        /// Nothing, since all is as it is to be.
        NothingToDo = "nothing-to-do",
        /// It is carried out.
        Done = "done",
        /// It was taken back.
        Undone = "undone",
        /// It was stopped between two steps.
        Interrupted = "interrupted",
    }
}

words! {
    /// What becomes of a call.
    #[derive(Deserialize)]
    Fate {
        /// It arrives.
        Works = "works",
        /// It does not.
        Fails = "fails",
        /// Cannot be known.
        Unknown = "unknown",
    }
}

/// A call that some object tells of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PlanCall"))]
#[serde(rename_all = "camelCase")]
pub struct KnownCall {
    /// Who calls: `deployment/frontend`.
    pub client: String,
    /// The client's namespace.
    pub namespace: String,
    /// Whom: `cart.shop:80`.
    pub server: String,
    /// What became of it when the plan was made.
    pub before: Fate,
}

/// An object of a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Its version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for cluster-scoped ones.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid when the plan was made; empty for one that is not there yet, or stands in a file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

impl Target {
    /// Of an object as it was read.
    pub fn of(object: &ObjectRef, read: &Value) -> Self {
        let text = |field: &str| read["metadata"][field].as_str().unwrap_or_default().to_owned();
        Self {
            api_version: read["apiVersion"].as_str().map_or_else(|| object.api_version(), str::to_owned),
            kind: object.kind.name().to_owned(),
            namespace: object.namespace.to_string(),
            name: object.name.to_string(),
            uid: text("uid"),
        }
    }

    /// Its kind, where it is one that is read.
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::of(&self.api_version, &self.kind)
    }

    /// The group and the plural of its kind, where objects of it can be written.
    pub fn resource(&self) -> Option<(&'static str, &'static str)> {
        let monitoring = self.api_version.starts_with("monitoring.coreos.com/");
        match (self.known_kind(), self.kind.as_str()) {
            (Some(kind), _) => Some((kind.group(), kind.plural())),
            (None, "PodMonitor") if monitoring => Some(("monitoring.coreos.com", "podmonitors")),
            (None, "ServiceMonitor") if monitoring => Some(("monitoring.coreos.com", "servicemonitors")),
            (None, "PrometheusRule") if monitoring => Some(("monitoring.coreos.com", "prometheusrules")),
            _ => None,
        }
    }

    /// As evidence points at it.
    pub fn reference(&self) -> Option<ObjectRef> {
        let kind = self.known_kind()?;
        let api_version = if self.api_version == kind.api_version() { String::new() } else { self.api_version.clone() };
        Some(ObjectRef { kind, namespace: self.namespace.as_str().into(), name: self.name.as_str().into(), api_version: api_version.as_str().into() })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() { write!(f, "{} {}", self.kind, self.name) } else { write!(f, "{} {}/{}", self.kind, self.namespace, self.name) }
    }
}

/// One field that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Where.
    pub path: Vec<Seg>,
    /// What stands there now; nothing when nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is to stand there; nothing when it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Who wrote what stands there now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<String>,
    /// How much of the path was there: what lies deeper is made, and goes again with the last thing in it.
    pub there: usize,
}

/// One step into an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Seg {
    /// A field, label or annotation.
    Key(String),
    /// The port of a Service with this number and protocol.
    Port {
        /// The number.
        port: i64,
        /// `TCP`, `UDP` or `SCTP`.
        protocol: String,
    },
}

/// What pods are to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expect {
    /// In which mesh, or out of which.
    pub mesh: String,
    /// Whether its pods are to be in it.
    pub inside: bool,
    /// Whether by ztunnel and not by a proxy of their own.
    #[serde(default)]
    pub ambient: bool,
    /// Whether they were so before already: then no pod tells by it whether it is an old one.
    #[serde(default)]
    pub unchanged: bool,
    /// By which revision, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

impl Expect {
    /// In a mesh, by this mode.
    pub fn inside(mesh: MeshId, mode: Mode, revision: Option<String>) -> Self {
        Self { mesh: mesh.name().to_owned(), inside: true, ambient: mode == Mode::Ambient, unchanged: false, revision }
    }

    /// Out of it.
    pub fn outside(mesh: MeshId) -> Self {
        Self { mesh: mesh.name().to_owned(), inside: false, ambient: false, unchanged: false, revision: None }
    }

    /// The mesh.
    pub fn mesh(&self) -> MeshId {
        if self.mesh == MeshId::Linkerd.name() { MeshId::Linkerd } else { MeshId::Istio }
    }
}

/// `spec.template.metadata.labels["a/b"]`.
pub fn path_text(path: &[Seg]) -> String {
    let mut text = String::new();
    for seg in path {
        match seg {
            Seg::Key(key) if key.contains(['.', '/']) => text.push_str(&crate::model::key(key)),
            Seg::Key(key) if text.is_empty() => text.push_str(key),
            Seg::Key(key) => text.push_str(&format!(".{key}")),
            Seg::Port { port, protocol } => text.push_str(&format!("[{port}/{protocol}]")),
        }
    }
    text
}
