//! What metrics tell of calls that really happened.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{MeshId, Str};

/// One series of an answer of a Prometheus: its labels and its last value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// Whether calls were encrypted, as the server's proxy counted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// By the mesh's mutual TLS.
    MutualTls,
    /// Not by the mesh.
    Plaintext,
}

/// Who called, or was called; what the metrics do not tell is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// The namespace.
    pub namespace: Str,
    /// The workload.
    pub name: Str,
    /// The identity in the certificate.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub identity: Str,
}

/// Calls of one client to one server that were counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ObservedCall {
    /// Whose proxy counted them.
    pub mesh: MeshId,
    /// Who called.
    pub client: Party,
    /// Who was called.
    pub server: Party,
    /// The Service that was called, where the metrics name it.
    #[serde(skip)]
    pub service: Option<(Str, Str)>,
    /// The port of the server's pods, where the metrics name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether they were encrypted.
    pub encryption: Encryption,
    /// How many requests and connections, about: metrics are scraped now and then.
    pub count: u64,
    /// For how long there have been none any more, at least: `16h` of a week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_for: Option<Str>,
}

/// What a Prometheus counted in a window of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// Which Prometheus; empty when there was none to ask.
    pub source: String,
    /// The window, such as `1h`.
    pub since: String,
    /// The calls, sorted.
    pub calls: Vec<ObservedCall>,
    /// Why nothing, or not everything, could be asked: then what is not among the calls may have happened all the same.
    pub missing: Vec<String>,
    /// What such metrics never show, and what these do not.
    pub not_shown: Vec<String>,
    /// Running pods whose proxies it has no metrics of, by namespace and name: who calls them was not seen.
    #[serde(skip)]
    pub unseen_pods: Vec<(Str, Str)>,
}

impl Observed {
    /// The calls that the mesh did not encrypt.
    pub fn plaintext(&self) -> impl Iterator<Item = &ObservedCall> {
        self.calls.iter().filter(|call| call.encryption == Encryption::Plaintext)
    }
}
