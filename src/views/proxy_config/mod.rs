//! What a proxy is configured with, as rows: the columns and filters of `istioctl proxy-config`, and beside them what was refused and what waits.

mod endpoints;
mod listeners;
mod routes;
mod secrets;

use jiff::Timestamp;
use serde::Serialize;

use crate::mesh::envoy::{Answers, Cluster, ClusterName, Rejection, Section, Stage};
use crate::model::{Gap, ObjectRef, Str};
pub use endpoints::{AssignmentRow, EndpointRow};
pub use listeners::ListenerRow;
pub use routes::{RouteTableRow, domain_words};
pub use secrets::SecretRow;

/// A ProxyConfigReport. Parts that were not asked for are absent; those that were and are empty are empty lists.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProxyConfigReport {
    /// The pod, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<ObjectRef>,
    /// The files, where saved answers were read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Who the proxy says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<BootstrapRow>,
    /// What it can send to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Vec<ClusterRow>>,
    /// What it accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listeners: Option<Vec<ListenerRow>>,
    /// Which request goes to which cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routes: Option<Vec<RouteTableRow>>,
    /// The hosts that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Vec<EndpointRow>>,
    /// The endpoints that istiod assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignments: Option<Vec<AssignmentRow>>,
    /// Certificates in its secrets, one row for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Vec<SecretRow>>,
    /// Filters that come by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Vec<ExtensionRow>>,
    /// What it was sent and did not take.
    pub rejected: Vec<RejectedRow>,
    /// What bounds the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Who a proxy says it is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BootstrapRow {
    /// Kind, address, pod and domain.
    pub node: Str,
    /// Version of Istio.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub istio_version: Str,
    /// Commit of the proxy that Istio made.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub proxy_version: Str,
    /// Version of Envoy.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub envoy_version: String,
}

/// A cluster.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyClusterRow"))]
#[serde(rename_all = "camelCase")]
pub struct ClusterRow {
    /// Name, as Envoy has it.
    pub name: Str,
    /// Host, where the name is of Istio's form; otherwise the name.
    pub host: Str,
    /// Port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<Str>,
    /// Subset; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subset: Option<Str>,
    /// Direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Str>,
    /// How it finds its endpoints.
    #[serde(rename = "type")]
    pub discovery: Str,
    /// The DestinationRule that shaped it, as `NAME.NAMESPACE`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_rule: String,
    /// How far it is.
    pub state: Stage,
    /// Since when.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub updated: Str,
}

/// A filter that comes by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyExtensionRow"))]
pub struct ExtensionRow {
    /// Type of its configuration.
    #[serde(rename = "type")]
    pub kind: Str,
    /// Name.
    pub name: Str,
}

/// What a proxy was sent and did not take.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RejectedRow {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it is called; empty where nothing says that.
    pub name: Str,
    /// Envoy's words.
    pub details: String,
    /// When.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub at: Str,
    /// Whether an older one of the name goes on serving.
    pub serving: bool,
    /// The object it was made of, where its metadata names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
}

/// Which rows are wanted; all where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct ConfigFilter {
    /// Part of a cluster's name.
    pub fqdn: Option<String>,
    /// Part of a cluster's name.
    pub direction: Option<String>,
    /// Part of a cluster's name.
    pub subset: Option<String>,
    /// Address of a listener or an endpoint.
    pub address: Option<String>,
    /// Port of any of them.
    pub port: Option<u32>,
    /// Type of a listener.
    pub kind: Option<String>,
    /// Name of a table of routes.
    pub name: Option<String>,
    /// Cluster of an endpoint.
    pub cluster: Option<String>,
    /// Status of an endpoint.
    pub status: Option<String>,
}

impl ConfigFilter {
    fn cluster(&self, cluster: &Cluster) -> bool {
        let parts = [&self.fqdn, &self.direction, &self.subset];
        let port = self.port.is_none_or(|port| cluster.name.contains(&format!("|{port}|")));
        port && parts.into_iter().flatten().all(|part| cluster.name.contains(part.as_str()))
    }
}

/// Whether a text is what a filter wants, whatever its case.
fn wants(filter: Option<&String>, text: &str) -> bool {
    filter.is_none_or(|wanted| wanted.eq_ignore_ascii_case(text))
}

/// The report on what was read of these parts.
pub(crate) fn proxy_config(answers: Answers, wanted: &[Section], filter: &ConfigFilter, now: Timestamp) -> ProxyConfigReport {
    let mut report = ProxyConfigReport::default();
    let wants = |section| wanted.contains(&section);
    if let Some(read) = answers.bootstrap.filter(|_| wants(Section::Bootstrap)) {
        report.bootstrap = Some(BootstrapRow {
            node: read.node,
            istio_version: read.istio_version,
            proxy_version: read.proxy_version,
            envoy_version: read.envoy_version,
        });
    }
    if wants(Section::Clusters) {
        report.clusters = Some(clusters(answers.clusters, filter));
    }
    if wants(Section::Listeners) {
        report.listeners = Some(listeners::rows(answers.listeners, filter));
    }
    if wants(Section::Routes) {
        report.routes = Some(routes::rows(answers.routes, filter));
    }
    if wants(Section::Hosts) && answers.sections.contains(&Section::Hosts) {
        report.endpoints = Some(endpoints::rows(answers.hosts, filter));
    }
    if wants(Section::Assignments) && answers.sections.contains(&Section::Assignments) {
        report.assignments = Some(endpoints::assigned(answers.assignments, filter));
    }
    if wants(Section::Secrets) {
        report.secrets = Some(secrets::rows(answers.secrets, now));
    }
    if wants(Section::Extensions) {
        let mut rows: Vec<ExtensionRow> = answers.extensions.into_iter().map(|e| ExtensionRow { kind: e.kind, name: e.name }).collect();
        rows.sort();
        rows.dedup();
        report.extensions = Some(rows);
    }
    report.rejected = rejected(answers.rejected, wanted);
    let broken = answers.undecoded.iter().filter(|one| wants(one.section));
    report.notes.extend(broken.map(|one| format!("{} {} of the answer is not understood: {}", one.section.called(), one.nth, one.why)));
    report.notes.extend(answers.strange.iter().map(|kind| format!("it holds a section of a type that is not known: {kind}")));
    report
}

fn rejected(all: Vec<Rejection>, wanted: &[Section]) -> Vec<RejectedRow> {
    let mut all: Vec<Rejection> = all.into_iter().filter(|one| wanted.contains(&one.section)).collect();
    // Envoy tells of a listener twice that it had no older one of: at its name, and once more without one.
    all.sort_by(|a, b| (a.section, &a.name, &a.details, &b.at).cmp(&(b.section, &b.name, &b.details, &a.at)));
    all.dedup_by(|later, first| (later.section, &later.name, &later.details) == (first.section, &first.name, &first.details));
    let row = |one: Rejection| RejectedRow {
        kind: one.section.called(),
        name: one.name,
        details: one.details,
        at: one.at,
        serving: one.serving,
        object: one.made_of.and_then(|made| made.object()),
    };
    all.into_iter().map(row).collect()
}

fn clusters(all: Vec<Cluster>, filter: &ConfigFilter) -> Vec<ClusterRow> {
    let row = |cluster: Cluster| {
        let given = |text: &str| (!text.is_empty()).then(|| Str::from(text));
        let (host, port, subset, direction) = match ClusterName::of(&cluster.name) {
            Some(name) => (Str::from(name.host), given(name.port), given(name.subset), given(name.direction)),
            None => (cluster.name.clone(), None, None, None),
        };
        ClusterRow {
            host,
            port,
            subset,
            direction,
            name: cluster.name,
            discovery: cluster.discovery,
            destination_rule: cluster.made_of.map(|made| made.short()).unwrap_or_default(),
            state: cluster.stage,
            updated: cluster.updated,
        }
    };
    let mut rows: Vec<ClusterRow> = all.into_iter().filter(|cluster| filter.cluster(cluster)).map(row).collect();
    let number = |row: &ClusterRow| row.port.as_ref().and_then(|port| port.parse::<u32>().ok());
    rows.sort_by(|a, b| (&a.host, &a.subset, number(a), &a.direction, a.state).cmp(&(&b.host, &b.subset, number(b), &b.direction, b.state)));
    rows
}
