//! Listeners in words: what each chain takes, and where it leads.

use serde::Serialize;

use super::routes::path_words;
use super::{ConfigFilter, wants};
use crate::mesh::envoy::listener::{ChainMatch, Routes};
use crate::mesh::envoy::route::{RouteTable, VirtualHost};
use crate::mesh::envoy::{Chain, Filter, Listener, RouteMatch, RouteTarget, Stage};
use crate::model::Str;

/// A listener.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyListenerRow"))]
pub struct ListenerRow {
    /// Name.
    pub name: Str,
    /// Addresses without their ports; the name of an internal listener.
    pub addresses: Vec<String>,
    /// Port; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u32>,
    /// What is spoken there.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How far it is.
    pub state: Stage,
    /// What becomes of connections.
    pub chains: Vec<ChainRow>,
    /// Since when.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub updated: Str,
}

/// What becomes of connections that match.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyChainRow"))]
pub struct ChainRow {
    /// Which connections.
    #[serde(rename = "match")]
    pub matches: String,
    /// Where they lead.
    pub destination: String,
    /// Policies that decide who may, as istiod names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Str>,
}

/// Lists of protocols that have a name.
const PROTOCOLS: [(&str, &[&str]); 4] = [
    ("App: HTTP", &["http/1.0", "http/1.1", "h2c"]),
    ("App: Istio HTTP Plain", &["istio", "istio-http/1.0", "istio-http/1.1", "istio-h2"]),
    ("App: HTTP TLS", &["http/1.0", "http/1.1", "h2c", "istio-http/1.0", "istio-http/1.1", "istio-h2"]),
    ("App: TCP TLS", &["istio-peer-exchange", "istio"]),
];

pub(super) fn rows(all: Vec<Listener>, filter: &ConfigFilter) -> Vec<ListenerRow> {
    let row = |listener: Listener| ListenerRow {
        kind: kind(&listener),
        addresses: listener.addresses.iter().map(|a| if a.port().is_some() { a.host().to_owned() } else { a.to_string() }).collect(),
        port: listener.addresses.first().and_then(crate::mesh::envoy::Address::port),
        chains: chains(&listener),
        name: listener.name,
        state: listener.stage,
        updated: listener.updated,
    };
    let wanted = |row: &ListenerRow| {
        let address = filter.address.is_none() || row.addresses.iter().any(|address| wants(filter.address.as_ref(), address));
        address && wants(filter.kind.as_ref(), row.kind) && filter.port.is_none_or(|port| row.port == Some(port))
    };
    let mut rows: Vec<ListenerRow> = all.into_iter().map(row).filter(wanted).collect();
    rows.sort_by(|a, b| (a.port, &a.addresses, a.kind, &a.name, a.state).cmp(&(b.port, &b.addresses, b.kind, &b.name, b.state)));
    rows
}

fn kind(listener: &Listener) -> &'static str {
    let filters = || listener.chains.iter().flat_map(|chain| &chain.filters);
    let http = filters().any(|filter| matches!(filter, Filter::Http(_)));
    let tcp = filters().any(|filter| matches!(filter, Filter::Tcp { clusters } if !clusters.iter().any(|c| c.contains("BlackHoleCluster"))));
    match (http, tcp) {
        (true, true) => "HTTP+TCP",
        (true, false) => "HTTP",
        (false, true) => "TCP",
        (false, false) => "UNKNOWN",
    }
}

fn chains(listener: &Listener) -> Vec<ChainRow> {
    let row = |chain: &Chain| ChainRow {
        matches: match_words(&chain.matches),
        destination: destination(&chain.filters),
        policies: chain.rbac().flat_map(|rbac| rbac.policies.iter().cloned()).collect(),
    };
    let mut rows: Vec<ChainRow> = listener.chains.iter().map(row).collect();
    rows.sort_by(|a, b| b.destination.cmp(&a.destination));
    rows
}

fn match_words(matches: &ChainMatch) -> String {
    let mut words = Vec::new();
    let joined = |all: &[Str]| all.iter().map(Str::as_str).collect::<Vec<_>>().join(",");
    if !matches.server_names.is_empty() {
        words.push(format!("SNI: {}", joined(&matches.server_names)));
    }
    if !matches.transport_protocol.is_empty() {
        words.push(format!("Trans: {}", matches.transport_protocol));
    }
    let protocols = &matches.application_protocols;
    if !protocols.is_empty() {
        let named = PROTOCOLS.iter().find(|(_, list)| protocols.iter().map(Str::as_str).eq(list.iter().copied()));
        words.push(named.map_or_else(|| format!("App: {}", joined(protocols)), |(name, _)| (*name).to_owned()));
    }
    let port = matches.destination_port.map(|port| format!(":{port}"));
    if !matches.prefix_ranges.is_empty() {
        let ranges: Vec<String> = matches.prefix_ranges.iter().map(|r| format!("{}/{}", r.address_prefix, r.prefix_len)).collect();
        words.push(format!("Addr: {}{}", ranges.join(","), port.unwrap_or_default()));
    } else if let Some(port) = port {
        words.push(format!("Addr: *{port}"));
    }
    if words.is_empty() { "ALL".to_owned() } else { words.join("; ") }
}

/// Where the first filter that decides leads.
fn destination(filters: &[Filter]) -> String {
    let led = filters.iter().find_map(|filter| match filter {
        Filter::Http(http) => Some(match &http.routes {
            Routes::Inline(table) => inline(table),
            Routes::Named(name) => format!("Route: {name}"),
            Routes::Other => "HTTP".to_owned(),
        }),
        Filter::Tcp { clusters } => Some(clusters.iter().map(|cluster| cluster_words(cluster)).collect::<Vec<_>>().join(", ")),
        Filter::Rbac(_) | Filter::Other => None,
    });
    led.unwrap_or_else(|| "Non-HTTP/Non-TCP".to_owned())
}

fn cluster_words(name: &str) -> String {
    if name.contains("Cluster") { name.to_owned() } else { format!("Cluster: {name}") }
}

fn inline(table: &RouteTable) -> String {
    if let [host] = table.hosts.as_slice()
        && let [domain] = host.domains.as_slice()
        && let [route] = host.routes.as_slice()
        && let (RouteMatch::Prefix(prefix), RouteTarget::Cluster(cluster)) = (&route.matches, &route.target)
        && (domain, prefix) == (&Str::from("*"), &Str::from("/"))
    {
        return cluster_words(cluster);
    }
    let words = |host: &VirtualHost| {
        let routes: Vec<String> = host.routes.iter().map(|route| path_words(&route.matches)).collect();
        let domains: Vec<&str> = host.domains.iter().map(Str::as_str).collect();
        let domains = if domains == ["*"] { String::new() } else { format!("{} ", domains.join("/")) };
        format!("{domains}{}", routes.join(", "))
    };
    format!("Inline Route: {}", table.hosts.iter().map(words).collect::<Vec<_>>().join("; "))
}
