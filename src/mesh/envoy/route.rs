//! Routes: which request goes to which cluster.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::cluster::Failure;
use super::{Answers, List, MadeOf, Metadata, Rejection, Section, Stage};
use crate::model::Str;

/// A table of routes, by itself or in a listener.
#[derive(Clone, Debug)]
pub(crate) struct RouteTable {
    pub(crate) stage: Stage,
    pub(crate) name: Str,
    pub(crate) hosts: Vec<VirtualHost>,
    pub(crate) updated: Str,
}

/// The routes of some host names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct VirtualHost {
    pub(crate) name: Str,
    pub(crate) domains: Vec<Str>,
    pub(crate) routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) matches: RouteMatch,
    pub(crate) target: RouteTarget,
    /// The VirtualService it was made of.
    pub(crate) made_of: Option<MadeOf>,
}

/// What of a request's path it takes; headers and queries are not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum RouteMatch {
    Prefix(Str),
    /// Whole segments of the path only.
    Segments(Str),
    Path(Str),
    Regex(Str),
    #[default]
    Other,
}

/// What becomes of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum RouteTarget {
    Cluster(Str),
    Weighted(Vec<(Str, u64)>),
    Redirect,
    /// Envoy answers itself.
    Answer(u16),
    #[default]
    Other,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    route_config: Option<Config>,
    last_updated: Str,
    error_state: Option<Failure>,
}

/// `route_config`, also inside of a listener.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    name: Str,
    virtual_hosts: Vec<VirtualHost>,
}

impl Config {
    pub(super) fn table(self, stage: Stage, updated: Str) -> RouteTable {
        RouteTable { stage, name: self.name, hosts: self.virtual_hosts, updated }
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = RawRoute::deserialize(deserializer)?;
        let answer = |answer: DirectResponse| RouteTarget::Answer(answer.status);
        let target = match raw.route {
            Some(Action { cluster: Some(cluster), .. }) => RouteTarget::Cluster(cluster),
            Some(Action { weighted_clusters: Some(all), .. }) => {
                RouteTarget::Weighted(all.clusters.into_iter().map(|one| (one.name, one.weight)).collect())
            }
            Some(_) => RouteTarget::Other,
            None if raw.redirect.is_some() => RouteTarget::Redirect,
            None => raw.direct_response.map_or(RouteTarget::Other, answer),
        };
        let matches = match raw.matches {
            Match { prefix: Some(prefix), .. } => RouteMatch::Prefix(prefix),
            Match { path_separated_prefix: Some(prefix), .. } => RouteMatch::Segments(prefix),
            Match { path: Some(path), .. } => RouteMatch::Path(path),
            Match { safe_regex: Some(regex), .. } => RouteMatch::Regex(regex.regex),
            _ => RouteMatch::Other,
        };
        Ok(Self { matches, target, made_of: raw.metadata.filter_metadata.istio.config })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawRoute {
    #[serde(rename = "match")]
    matches: Match,
    route: Option<Action>,
    redirect: Option<serde::de::IgnoredAny>,
    direct_response: Option<DirectResponse>,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Match {
    prefix: Option<Str>,
    path_separated_prefix: Option<Str>,
    path: Option<Str>,
    safe_regex: Option<Regex>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Regex {
    regex: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Action {
    cluster: Option<Str>,
    weighted_clusters: Option<WeightedClusters>,
}

/// Clusters with weights, of a route or of TCP.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WeightedClusters {
    pub(super) clusters: Vec<WeightedCluster>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WeightedCluster {
    pub(super) name: Str,
    pub(super) weight: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DirectResponse {
    status: u16,
}

pub(super) fn add(raw: &RawValue, list: List, into: &mut Answers) -> serde_json::Result<()> {
    let Entry { route_config, last_updated, error_state } = serde_json::from_str(raw.get())?;
    let name = route_config.as_ref().map(|config| config.name.clone()).unwrap_or_default();
    let rejected: Option<Rejection> = error_state.map(|failure| failure.rejection(Section::Routes, name, route_config.is_some()));
    into.rejected.extend(rejected);
    into.routes.extend(route_config.map(|config| config.table(list.stage(), last_updated)));
    Ok(())
}
