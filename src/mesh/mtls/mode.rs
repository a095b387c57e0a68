//! The words for what a port accepts.

use serde::Serialize;

use crate::model::{Evidence, Gap, MeshId, ObjectRef, Str};

/// What a port accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ServerMode {
    /// Mutual TLS only.
    Strict,
    /// Mutual TLS and plaintext.
    Permissive,
    /// Plaintext only.
    Disable,
    /// No proxy of a mesh stands before it.
    None,
    /// What decides was not read.
    Unknown,
}

impl ServerMode {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Permissive => "permissive",
            Self::Disable => "disable",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// What decided about a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The mesh's default: nothing is written, or Linkerd's default policy at installation.
    Default,
    /// A setting for the whole mesh.
    Mesh,
    /// A setting for the namespace.
    Namespace,
    /// A setting for the workload.
    Workload,
    /// A setting for the port.
    Port,
    /// A Server of Linkerd's.
    Server,
    /// An annotation of the pod or its namespace.
    Annotation,
    /// The pod itself: it has no proxy, or is one.
    Pod,
}

impl Level {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mesh => "mesh",
            Self::Namespace => "namespace",
            Self::Workload => "workload",
            Self::Port => "port",
            Self::Server => "server",
            Self::Annotation => "annotation",
            Self::Pod => "pod",
        }
    }
}

/// What one port of a workload accepts, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct PortMode {
    /// The container port.
    pub port: u16,
    /// Its name; empty when it has none.
    pub name: Str,
    /// The mesh that decides; nothing outside of both.
    pub mesh: Option<MeshId>,
    /// The mode.
    pub mode: ServerMode,
    /// What decided.
    pub level: Level,
    /// The chain of reasons, the deciding one last.
    pub because: Vec<Evidence>,
    /// Policies that would have a say and lose to an older one of the same level.
    pub losing: Vec<Evidence>,
    /// What was not read, where the mode is unknown for that.
    pub gap: Option<Gap>,
}

impl PortMode {
    /// The object that decided; nothing for a default that no object states.
    pub fn decider(&self) -> Option<&ObjectRef> {
        self.because.iter().rev().find_map(|e| e.object.as_ref())
    }
}

/// A mode with its reasons, before it is a port's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decided {
    pub(super) mode: ServerMode,
    pub(super) level: Level,
    pub(super) because: Vec<Evidence>,
    pub(super) losing: Vec<Evidence>,
}
