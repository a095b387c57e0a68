//! Routes in words.

use std::collections::HashSet;
use std::net::Ipv6Addr;

use serde::Serialize;

use super::ConfigFilter;
use crate::mesh::envoy::{Route, RouteMatch, RouteTable, RouteTarget, Stage};
use crate::model::Str;

/// A table of routes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyRouteTableRow"))]
#[serde(rename_all = "camelCase")]
pub struct RouteTableRow {
    /// Name.
    pub name: Str,
    /// How far it is.
    pub state: Stage,
    /// Hosts that it has routes for.
    pub virtual_hosts: usize,
    /// Its routes; a host without any has one row without a target.
    pub routes: Vec<RouteRow>,
    /// Since when.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub updated: Str,
}

/// A route.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyRouteRow"))]
#[serde(rename_all = "camelCase")]
pub struct RouteRow {
    /// Name of the host that it is of.
    pub virtual_host: Str,
    /// Its domains, all of them.
    pub domains: Vec<Str>,
    /// What of a path it takes.
    #[serde(rename = "match")]
    pub matches: String,
    /// Where it leads.
    pub target: String,
    /// The VirtualService it was made of, as `NAME.NAMESPACE`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub virtual_service: String,
    /// Whether it only lets through what no route is about.
    pub passthrough: bool,
}

pub(super) fn rows(all: Vec<RouteTable>, filter: &ConfigFilter) -> Vec<RouteTableRow> {
    let wanted = |table: &RouteTable| filter.name.as_ref().is_none_or(|name| *name == table.name.as_str());
    let mut rows: Vec<RouteTableRow> = all.into_iter().filter(wanted).map(row).collect();
    let number = |row: &RouteTableRow| row.name.parse::<u32>().map_or((1, 0), |number| (0, number));
    // Those that came are before those of the bootstrap.
    rows.sort_by(|a, b| (number(a), &a.name, a.state).cmp(&(number(b), &b.name, b.state)));
    rows
}

fn row(table: RouteTable) -> RouteTableRow {
    let mut routes = Vec::new();
    let virtual_hosts = table.hosts.len();
    for host in table.hosts {
        if host.routes.is_empty() {
            routes.push(RouteRow {
                virtual_host: host.name.clone(),
                domains: host.domains.clone(),
                matches: "/*".to_owned(),
                target: String::new(),
                virtual_service: "404".to_owned(),
                passthrough: false,
            });
        }
        routes.extend(host.routes.into_iter().map(|route| RouteRow {
            virtual_host: host.name.clone(),
            domains: host.domains.clone(),
            matches: path_words(&route.matches),
            target: target_words(&route.target),
            passthrough: passes(&route),
            virtual_service: route.made_of.map(|made| made.short()).unwrap_or_default(),
        }));
    }
    RouteTableRow { name: table.name, state: table.stage, virtual_hosts, routes, updated: table.updated }
}

fn passes(route: &Route) -> bool {
    matches!(&route.target, RouteTarget::Cluster(name) if *name == "PassthroughCluster")
}

/// What of a path a route takes.
pub(super) fn path_words(matches: &RouteMatch) -> String {
    match matches {
        RouteMatch::Prefix(prefix) => format!("{prefix}*"),
        RouteMatch::Segments(prefix) => format!("PathPrefix:{prefix}"),
        RouteMatch::Path(path) => path.to_string(),
        RouteMatch::Regex(regex) => format!("regex {regex}"),
        RouteMatch::Other => String::new(),
    }
}

fn target_words(target: &RouteTarget) -> String {
    match target {
        RouteTarget::Cluster(name) => name.to_string(),
        RouteTarget::Weighted(all) => all.iter().map(|(name, weight)| format!("{weight} {name}")).collect::<Vec<_>>().join(", "),
        RouteTarget::Redirect => "redirect".to_owned(),
        RouteTarget::Answer(status) => format!("answers {status}"),
        RouteTarget::Other => String::new(),
    }
}

/// Domains in a cell: without ports, and without the longer forms of a name that is there in a shorter one.
pub fn domain_words(domains: &[Str]) -> String {
    const SHOWN: usize = 2;
    if let [only] = domains {
        return only.to_string();
    }
    let plain: Vec<&Str> = domains.iter().filter(|domain| !domain.contains(':') || domain.parse::<Ipv6Addr>().is_ok()).collect();
    let known: HashSet<&str> = plain.iter().map(|domain| domain.as_str()).collect();
    let longer = |domain: &str| [".svc.cluster.local", ".svc"].iter().any(|end| domain.strip_suffix(end).is_some_and(|short| known.contains(short)));
    let kept: Vec<&str> = plain.iter().map(|domain| domain.as_str()).filter(|domain| !longer(domain)).collect();
    match kept.get(SHOWN..) {
        Some(rest) if !rest.is_empty() => format!("{} + {} more...", kept[..SHOWN].join(", "), rest.len()),
        _ => kept.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_shown_once_and_two_of_them() {
        let words = |all: &[&str]| domain_words(&all.iter().map(|one| Str::from(*one)).collect::<Vec<_>>());
        assert_eq!(words(&["cart:80"]), "cart:80", "what is alone is shown as it is");
        assert_eq!(words(&["cart.shop.svc.cluster.local", "cart", "cart.shop.svc", "cart.shop", "10.0.0.1"]), "cart, cart.shop + 1 more...");
        assert_eq!(words(&["fd00::1", "[fd00::1]:80", "[fd00::1]"]), "fd00::1");
        assert_eq!(words(&["a:80", "b:80"]), "");
        assert_eq!(words(&["x.svc", "y"]), "x.svc, y", "its short form is not there");
    }
}
