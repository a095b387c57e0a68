//! Listeners: what a proxy accepts, and what it does with it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::address::Additional;
use super::cluster::Failure;
use super::route::{Config, RouteTable, WeightedClusters};
use super::{Address, Answers, List, Section, Stage};
use crate::model::Str;

const HTTP: &str = "envoy.filters.network.http_connection_manager";
const TCP: &str = "envoy.filters.network.tcp_proxy";

/// A listener, as it is at one stage.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) stage: Stage,
    pub(crate) name: Str,
    /// The first, and further ones; it is a name where the listener is an internal one.
    pub(crate) addresses: Vec<Address>,
    /// The default one last.
    pub(crate) chains: Vec<Chain>,
    pub(crate) updated: Str,
}

/// What becomes of connections that match.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) matches: ChainMatch,
    pub(crate) filters: Vec<Filter>,
    /// What the connection is inside of; nothing for plain bytes.
    pub(crate) tls: Option<Tls>,
}

/// Which connections those are. By whom they come is not read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ChainMatch {
    pub(crate) server_names: Vec<Str>,
    pub(crate) transport_protocol: Str,
    pub(crate) application_protocols: Vec<Str>,
    pub(crate) prefix_ranges: Vec<Range>,
    pub(crate) destination_port: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Range {
    pub(crate) address_prefix: Str,
    pub(crate) prefix_len: u8,
}

/// TLS that is ended here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    /// Whether a client has to show a certificate.
    pub(crate) wants_certificate: bool,
}

/// A filter of the network.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    Http(Box<Http>),
    Tcp { clusters: Vec<Str> },
    Rbac(Rbac),
    Other,
}

/// HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    pub(crate) routes: Routes,
    pub(crate) rbac: Vec<Rbac>,
}

/// Where its routes are.
#[derive(Clone, Debug)]
pub(crate) enum Routes {
    Inline(RouteTable),
    /// A table by itself, of this name.
    Named(Str),
    Other,
}

/// Authorization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rbac {
    pub(crate) action: Str,
    /// `ns[NAMESPACE]-policy[NAME]-rule[N]` where istiod wrote them.
    pub(crate) policies: Vec<Str>,
    /// Those that are only counted.
    pub(crate) shadow: Vec<Str>,
}

impl Chain {
    /// All authorization of the chain, of connections and of requests.
    pub(crate) fn rbac(&self) -> impl Iterator<Item = &Rbac> {
        self.filters.iter().flat_map(|filter| match filter {
            Filter::Http(http) => http.rbac.as_slice(),
            Filter::Rbac(rbac) => std::slice::from_ref(rbac),
            _ => &[],
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    name: Str,
    #[serde(borrow)]
    listener: Option<&'a RawValue>,
    last_updated: Str,
    #[serde(borrow)]
    active_state: Option<State<'a>>,
    #[serde(borrow)]
    warming_state: Option<State<'a>>,
    #[serde(borrow)]
    draining_state: Option<State<'a>>,
    error_state: Option<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State<'a> {
    #[serde(borrow)]
    listener: Option<&'a RawValue>,
    last_updated: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw<'a> {
    name: Str,
    address: Address,
    additional_addresses: Vec<Additional>,
    internal_listener: Option<serde::de::IgnoredAny>,
    #[serde(borrow)]
    filter_chains: Vec<RawChain<'a>>,
    #[serde(borrow)]
    default_filter_chain: Option<RawChain<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawChain<'a> {
    filter_chain_match: ChainMatch,
    #[serde(borrow)]
    filters: Vec<Configured<'a>>,
    #[serde(borrow)]
    transport_socket: Option<Configured<'a>>,
}

/// A name and what it is configured with, of which the type says how to read it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Configured<'a> {
    name: Str,
    #[serde(borrow)]
    typed_config: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    #[serde(rename = "@type")]
    kind: Str,
    /// How a client that knows no such type (`TypedStruct`) is told one.
    type_url: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HttpConfig<'a> {
    rds: Option<Rds>,
    route_config: Option<Config>,
    #[serde(borrow)]
    http_filters: Vec<Configured<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rds {
    route_config_name: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TcpConfig {
    cluster: Option<Str>,
    weighted_clusters: WeightedClusters,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RbacConfig {
    rules: Rules,
    shadow_rules: Rules,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rules {
    action: Str,
    policies: std::collections::BTreeMap<Str, serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TlsConfig {
    require_client_certificate: bool,
}

pub(super) fn add(raw: &RawValue, list: List, into: &mut Answers) -> serde_json::Result<()> {
    let entry: Entry<'_> = serde_json::from_str(raw.get())?;
    let serving = entry.active_state.is_some() || entry.listener.is_some();
    let fixed = entry.listener.map(|listener| (list.stage(), State { listener: Some(listener), last_updated: entry.last_updated }));
    let states = [(Stage::Active, entry.active_state), (Stage::Warming, entry.warming_state), (Stage::Draining, entry.draining_state)];
    for (stage, state) in fixed.into_iter().chain(states.into_iter().filter_map(|(stage, state)| Some((stage, state?)))) {
        // An entry of a masked answer has a name only.
        let raw: Raw<'_> = state.listener.map(|raw| serde_json::from_str(raw.get())).transpose()?.unwrap_or_default();
        into.listeners.push(listener(raw, &entry.name, stage, state.last_updated)?);
    }
    into.rejected.extend(entry.error_state.map(|failure| failure.rejection(Section::Listeners, entry.name, serving)));
    Ok(())
}

fn listener(raw: Raw<'_>, name: &Str, stage: Stage, updated: Str) -> serde_json::Result<Listener> {
    let name = if raw.name.is_empty() { name.clone() } else { raw.name };
    let first = if raw.internal_listener.is_some() { Address::Internal { listener: name.clone(), endpoint: Str::default() } } else { raw.address };
    let chains = raw.filter_chains.into_iter().chain(raw.default_filter_chain);
    Ok(Listener {
        stage,
        name,
        addresses: std::iter::once(first).chain(raw.additional_addresses.into_iter().map(|more| more.address)).collect(),
        chains: chains.map(|chain| chain_of(chain, stage)).collect::<Result<_, _>>()?,
        updated,
    })
}

fn chain_of(raw: RawChain<'_>, stage: Stage) -> serde_json::Result<Chain> {
    let tls = match &raw.transport_socket {
        Some(socket) if socket.kind()?.ends_with(".DownstreamTlsContext") => {
            let config: TlsConfig = socket.read()?;
            Some(Tls { wants_certificate: config.require_client_certificate })
        }
        _ => None,
    };
    Ok(Chain {
        matches: raw.filter_chain_match,
        filters: raw.filters.into_iter().map(|filter| filter_of(filter, stage)).collect::<Result<_, _>>()?,
        tls,
    })
}

fn filter_of(raw: Configured<'_>, stage: Stage) -> serde_json::Result<Filter> {
    let kind = raw.kind()?;
    Ok(if kind.ends_with(".HttpConnectionManager") || raw.name == HTTP {
        let config: HttpConfig<'_> = raw.read()?;
        let mut rbac = Vec::new();
        for filter in &config.http_filters {
            if filter.kind()?.ends_with(".http.rbac.v3.RBAC") {
                rbac.push(rbac_of(filter)?);
            }
        }
        let routes = match (config.route_config, config.rds) {
            (Some(inline), _) => Routes::Inline(inline.table(stage, Str::default())),
            (None, Some(rds)) => Routes::Named(rds.route_config_name),
            (None, None) => Routes::Other,
        };
        Filter::Http(Box::new(Http { routes, rbac }))
    } else if kind.ends_with(".TcpProxy") || raw.name == TCP {
        let config: TcpConfig = raw.read()?;
        let weighted = config.weighted_clusters.clusters.into_iter().map(|one| one.name);
        Filter::Tcp { clusters: config.cluster.into_iter().chain(weighted).collect() }
    } else if kind.ends_with(".network.rbac.v3.RBAC") {
        Filter::Rbac(rbac_of(&raw)?)
    } else {
        Filter::Other
    })
}

fn rbac_of(raw: &Configured<'_>) -> serde_json::Result<Rbac> {
    let config: RbacConfig = raw.read()?;
    let names = |rules: Rules| rules.policies.into_keys().collect();
    // The first value of an enumeration is left out.
    let action = if config.rules.action.is_empty() { "ALLOW".into() } else { config.rules.action.clone() };
    Ok(Rbac { action, policies: names(config.rules), shadow: names(config.shadow_rules) })
}

impl Configured<'_> {
    fn kind(&self) -> serde_json::Result<Str> {
        let typed: Typed = self.read()?;
        Ok(if typed.type_url.is_empty() { typed.kind } else { typed.type_url })
    }

    /// Reads the configuration; where there is none, as an empty one.
    fn read<'a, T: Default + Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        self.typed_config.map_or_else(|| Ok(T::default()), |raw| serde_json::from_str(raw.get()))
    }
}
