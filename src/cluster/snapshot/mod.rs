//! Snapshots: what the plugin read, saved to be asked again anywhere. A `.tar.zst` with `snapshot.json` (what, when, what could not be read)
//! and one `objects/<resource>.jsonl` for each kind, objects in the API's own form.
//!
//! Objects are reduced on reading, so a snapshot holds no Secret data but public certificates, no environment but the proxies' own settings
//! and no foreign annotations. What is left is redacted once more on writing: see `redact.rs`.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{Gap, Kind, ObjectRef, ServerFacts, Str};
pub use read::read;
pub use write::write;

const FORMAT: &str = "mesh.kubectl.dev/v1";
/// Why a snapshot could not be written or read.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The file cannot be opened, is cut short or is no archive.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Its contents are not what a snapshot holds.
    #[error("{0}")]
    Format(String),
}

/// Where and when a snapshot was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// Context of the kubeconfig.
    pub context: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// Version of the program that wrote it.
    pub by: String,
    /// Version of the cluster, when it was known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub server_version: String,
}

/// What a snapshot holds, where and when it was taken, and what could not be read.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    /// Version of the contract.
    api_version: String,
    /// Kind of the document.
    kind: String,
    /// Where and when it was taken.
    taken: Taken,
    /// The namespace, when only one was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<Str>,
    /// The namespaces that were read, where it was several and not all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    namespaces: BTreeSet<Str>,
    /// Resources that were read to the end.
    complete: Vec<String>,
    /// Resources that may hold objects that were not seen.
    hidden: Vec<String>,
    /// Namespaces of which a resource was read besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also_read: Vec<(String, Str)>,
    /// What the API server said of itself, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<ServerFacts>,
    /// What could not be read.
    gaps: Vec<GapRow>,
}

/// Something that could not be read.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "SnapshotGap"))]
pub(crate) struct GapRow {
    /// How it could not.
    #[serde(rename = "type")]
    class: String,
    /// Resource of what was to be read.
    resource: String,
    /// Namespace; empty where all were asked for.
    #[serde(default)]
    namespace: Str,
    /// The object, where one is meant.
    #[serde(default)]
    name: Str,
    /// In words.
    #[serde(default)]
    detail: Str,
}

impl GapRow {
    fn of(gap: &Gap) -> Self {
        let row = |class: &str, namespace: &Str, name: &Str, detail: &Str| GapRow {
            class: class.into(),
            resource: gap.kind().resource(),
            namespace: namespace.clone(),
            name: name.clone(),
            detail: detail.clone(),
        };
        let none = Str::default();
        match gap {
            Gap::NotServed(_) => row("not-served", &none, &none, &none),
            Gap::Forbidden { namespace, detail, .. } => row("forbidden", namespace, &none, detail),
            Gap::Undecodable { object, detail } => row("undecodable", &object.namespace, &object.name, detail),
            Gap::Unanswered { object, detail } => row("unanswered", &object.namespace, &object.name, detail),
            Gap::Incomplete { namespace, detail, .. } => row("incomplete", namespace, &none, detail),
        }
    }

    /// The gap; nothing where this version does not know the kind.
    fn gap(self) -> Option<Gap> {
        let kind = kind_of(&self.resource)?;
        let Self { class, namespace, name, detail, .. } = self;
        Some(match class.as_str() {
            "not-served" => Gap::NotServed(kind),
            "forbidden" => Gap::Forbidden { kind, namespace, detail },
            "undecodable" => Gap::Undecodable { object: ObjectRef { namespace, kind, name, api_version: Str::default() }, detail },
            "unanswered" => Gap::Unanswered { object: ObjectRef { namespace, kind, name, api_version: Str::default() }, detail },
            _ => Gap::Incomplete { kind, namespace, detail },
        })
    }
}

fn kind_of(resource: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|k| k.resource() == resource)
}
