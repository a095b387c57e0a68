//! Certificates that running processes show when they are asked: which to ask for what, and what their answers say.

mod answers;
mod questions;

use super::certificate::Certificate;
use crate::model::{MeshId, ObjectRef, Str};

pub use answers::{Answer, read};
pub use questions::{Depth, all as questions};

/// What one process showed for one purpose.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The pod that was asked.
    pub pod: ObjectRef,
    /// Whose pod that is.
    pub workload: ObjectRef,
    /// What the certificate is for.
    pub purpose: Purpose,
    /// How it was asked, for people.
    pub how: String,
    /// The certificate, with the others that were shown with it.
    pub chain: Vec<Certificate>,
    /// The roots that the process accepts, where it says so.
    pub accepts: Option<Vec<Certificate>>,
    /// Names or identities of which the certificate has to be for one; none where that is not known.
    pub expected: Vec<String>,
}

/// What a certificate is shown for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proxies know a workload by it.
    Workload(MeshId),
    /// Proxies know a control plane by it.
    ControlPlane(MeshId),
    /// The API server knows a webhook's Service by it: its namespace and its name.
    Webhook(Str, Str),
    /// Clients know a host by it.
    Gateway(String),
}

/// A question to a port of a pod.
#[derive(Clone, Debug)]
pub struct Question {
    /// The pod.
    pub pod: ObjectRef,
    /// Whose pod it is.
    pub workload: ObjectRef,
    /// The port inside the pod.
    pub port: u16,
    /// How it is asked.
    pub ask: Ask,
    /// What the certificate is for.
    pub purpose: Purpose,
    /// Names or identities of which the certificate has to be for one.
    pub expected: Vec<String>,
}

/// How a port is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A TLS handshake for a name; an empty one for none.
    Handshake(String),
    /// Envoy's secrets, of its admin port.
    EnvoySecrets,
    /// Certificates of all identities that a ztunnel has, of its admin port.
    Ztunnel,
}

impl Question {
    /// In words.
    pub fn how(&self) -> String {
        match &self.ask {
            Ask::Handshake(name) if name.is_empty() => format!("shown on port {}", self.port),
            Ask::Handshake(name) => format!("shown on port {} for {name}", self.port),
            Ask::EnvoySecrets => format!("among Envoy's secrets, port {}", self.port),
            Ask::Ztunnel => format!("among ztunnel's certificates, port {}", self.port),
        }
    }
}

/// What pods that are known under a mesh showed.
pub fn of_workloads(shown: &[Shown], mesh: MeshId) -> impl Iterator<Item = &Shown> {
    shown.iter().filter(move |one| one.purpose == Purpose::Workload(mesh))
}
