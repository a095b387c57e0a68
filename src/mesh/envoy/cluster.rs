//! Clusters: what a proxy can send to.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Answers, List, MadeOf, Metadata, Rejection, Section, Stage};
use crate::model::Str;

/// A cluster.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub(crate) stage: Stage,
    pub(crate) name: Str,
    /// How it finds its endpoints.
    pub(crate) discovery: Str,
    /// The DestinationRule that shaped it.
    pub(crate) made_of: Option<MadeOf>,
    /// When it came.
    pub(crate) updated: Str,
}

/// Istio's name of a cluster, `direction|port|subset|host`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClusterName<'a> {
    pub(crate) direction: &'a str,
    pub(crate) port: &'a str,
    pub(crate) subset: &'a str,
    pub(crate) host: &'a str,
}

impl<'a> ClusterName<'a> {
    /// Nothing for names of another form.
    pub(crate) fn of(name: &'a str) -> Option<Self> {
        let mut parts = name.split('|');
        Some(Self { direction: parts.next()?, port: parts.next()?, subset: parts.next()?, host: parts.next()? })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    cluster: Option<Raw>,
    last_updated: Str,
    error_state: Option<Failure>,
}

/// `error_state` of an entry.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Failure {
    pub(super) failed_configuration: Option<Failed>,
    pub(super) last_update_attempt: Str,
    pub(super) details: String,
}

/// As much of what was refused as says what it was.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Failed {
    name: Str,
    cluster_name: Str,
    metadata: Option<Metadata>,
}

impl Failure {
    pub(super) fn rejection(self, section: Section, name: Str, serving: bool) -> Rejection {
        let failed = self.failed_configuration.unwrap_or_default();
        let name = [name, failed.name, failed.cluster_name].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let made_of = failed.metadata.and_then(|metadata| metadata.filter_metadata.istio.config);
        Rejection { section, name, details: self.details, at: self.last_update_attempt, serving, made_of }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    name: Str,
    #[serde(rename = "type")]
    discovery: Str,
    cluster_type: Option<Custom>,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Custom {
    name: Str,
}

pub(super) fn add(raw: &RawValue, list: List, into: &mut Answers) -> serde_json::Result<()> {
    let Entry { cluster, last_updated, error_state } = serde_json::from_str(raw.get())?;
    let name = cluster.as_ref().map(|cluster| cluster.name.clone()).unwrap_or_default();
    let serving = cluster.is_some();
    if let Some(cluster) = cluster {
        let custom = cluster.cluster_type.map(|custom| custom.name).filter(|_| cluster.discovery.is_empty());
        let discovery = if cluster.discovery.is_empty() { "STATIC".into() } else { cluster.discovery };
        let istio = cluster.metadata.filter_metadata.istio;
        into.clusters.push(Cluster {
            stage: list.stage(),
            name: cluster.name,
            discovery: custom.unwrap_or(discovery),
            made_of: istio.config,
            updated: last_updated,
        });
    }
    into.rejected.extend(error_state.map(|failure| failure.rejection(Section::Clusters, name, serving)));
    Ok(())
}
