//! What a rule does with a request that it takes.

use regex::escape;

use super::super::text::Text;
use super::super::url::{path_only, query, substituted};
use super::super::{Destination, Mirror, Outcome, Redirect, Rewrite, Route, RuleRef};
use super::matching::{Entry, Seen, words};
use super::rules::{HttpMatch, RedirectPort, RedirectTo, RewriteTo, Target};
use crate::model::{Evidence, Subject};

/// Names of a proxy's clusters.
pub(super) trait Clusters {
    /// The host and port that a destination stands for; the port of the listener where nothing tells.
    fn cluster(&self, target: &Target<'_>, port: i64) -> (String, i64);
    /// Why the proxy has no such cluster, if it has none.
    fn missing(&self, host: &str, port: i64, subset: &str) -> Option<String>;
    /// How often requests are tried again where a rule does not say.
    fn default_retries(&self) -> (u32, String);
}

/// The port and the transport of the listener.
#[derive(Clone, Copy)]
pub(super) struct Listening {
    pub port: i64,
    pub tls: bool,
}

/// Applies the rule.
pub(super) fn apply(entry: &Entry<'_, '_>, seen: &Seen<'_>, listening: Listening, clusters: &dyn Clusters) -> Route {
    let rule = entry.rule;
    let reference = rule.at.object.reference();
    let asks = words(entry.matched);
    let path = entry.matched.map_or_else(|| rule.at.path.clone(), |m| m.path.clone());
    let because = vec![Evidence::field(reference.clone(), path, format!("takes {asks}"))];
    let mut route = Route {
        http: true,
        because,
        rule: Some(RuleRef { object: reference.clone(), index: rule.at.index, path: rule.at.path.clone(), of: rule.at.of, asks }),
        faults: rule.faults.clone(),
        ..Route::default()
    };
    if let Some(to) = &rule.redirect {
        route.redirect = redirect(to, entry.matched, seen, listening);
        return route;
    }
    if let Some(status) = rule.direct_response {
        route.direct_response = Some(status);
        return route;
    }
    (route.retries, route.retries_from) = match &rule.retries {
        Some(retries) => (u32::try_from(retries.attempts).unwrap_or(0), None),
        None => {
            let (retries, from) = clusters.default_retries();
            (retries, Some(from))
        }
    };
    route.timeout = rule.timeout.filter(|t| !t.is_zero());
    let single = rule.destinations.len() == 1;
    let weighed: Vec<&Target<'_>> = rule.shares().collect();
    let sum: i64 = weighed.iter().map(|d| d.weight).sum();
    for target in &weighed {
        let weight = if single { 100.0 } else { target.weight as f64 * 100.0 / sum as f64 };
        route.destinations.push(destination(target, weight, listening.port, clusters, &reference));
    }
    for copies in &rule.mirrors {
        let (host, port) = clusters.cluster(&copies.target, listening.port);
        let subset = Some(copies.target.subset.clone()).filter(|s| !s.is_empty());
        route.mirror.push(Mirror { host: Some(host), port: Some(port), subset, percent: copies.percent });
    }
    route.rewrite = rewrite(entry, seen, weighed.first().copied().filter(|_| single));
    route
}

pub(super) fn destination(target: &Target<'_>, weight: f64, port: i64, clusters: &dyn Clusters, object: &crate::model::ObjectRef) -> Destination {
    let because = Some(Evidence::field(object.clone(), target.field.path(), "names it"));
    if target.host.is_empty() {
        let missing = target.invalid.clone().or_else(|| Some("the backend is not valid".to_owned()));
        return Destination { weight, missing, because, ..Destination::default() };
    }
    let (host, port) = clusters.cluster(target, port);
    let missing = clusters.missing(&host, port, &target.subset);
    let subset = Some(target.subset.clone()).filter(|s| !s.is_empty());
    Destination { host: Some(host), port: Some(port), subset, weight, missing, because }
}

/// The path that a prefix stands for in a match, and whether only it is replaced.
fn matched_part(m: Option<&HttpMatch>, path: &str) -> usize {
    match m.and_then(|m| m.uri.as_ref()) {
        Some(Text::Prefix(prefix)) => {
            let segments = m.is_some_and(|m| m.segments) && prefix != "/";
            let prefix = if segments { prefix.strip_suffix('/').unwrap_or(prefix) } else { prefix };
            prefix.len()
        }
        Some(Text::Exact(_) | Text::Regex(_)) => path.len(),
        Some(Text::Present) | None => 1,
    }
}

fn with_prefix(m: Option<&HttpMatch>, path: &str, new: &str) -> String {
    let only = path_only(path);
    let cut = matched_part(m, only).min(only.len());
    format!("{new}{}{}", only.get(cut..).unwrap_or_default(), query(path))
}

fn rewrite(entry: &Entry<'_, '_>, seen: &Seen<'_>, single: Option<&Target<'_>>) -> Option<Rewrite> {
    let rule = entry.rule;
    let none = RewriteTo::default();
    let to = rule.rewrite.as_ref().unwrap_or(&none);
    let own = Some(to.authority.clone()).filter(|a| !a.is_empty()).or_else(|| rule.authority.clone());
    let weighted = || rule.destinations.iter().filter(|d| d.weight > 0).find_map(|d| d.authority.clone());
    let authority = own.or_else(|| single.map_or_else(weighted, |d| d.authority.clone()));
    if rule.rewrite.is_none() && authority.is_none() {
        return None;
    }
    let path = match (&to.regex, to.uri.as_str()) {
        (Some((pattern, substitution)), _) => format!("{}{}", substituted(pattern, substitution, path_only(&seen.path)), query(&seen.path)),
        (None, "") => seen.path.clone(),
        (None, "/") if rule.gateway_api => {
            let prefix = match entry.matched.and_then(|m| m.uri.as_ref()) {
                Some(Text::Prefix(prefix)) if prefix != "/" => prefix.strip_suffix('/').unwrap_or(prefix),
                _ => "",
            };
            let pattern = format!("^{}(/?)(.*)", escape(prefix));
            format!("{}{}", substituted(&pattern, "/\\2", path_only(&seen.path)), query(&seen.path))
        }
        (None, uri) => with_prefix(entry.matched, &seen.path, uri),
    };
    Some(Rewrite { path, authority: authority.unwrap_or_else(|| seen.authority.clone()) })
}

fn redirect(to: &RedirectTo, m: Option<&HttpMatch>, seen: &Seen<'_>, listening: Listening) -> Option<Redirect> {
    let code = match to.code {
        0 => 301,
        code @ (301..=303 | 307 | 308) => u16::try_from(code).ok()?,
        // A code that istiod does not know leaves the route without an action.
        _ => return None,
    };
    let scheme = if to.scheme.is_empty() { seen.scheme } else { &to.scheme };
    let port = match to.port {
        RedirectPort::Unset => 0,
        RedirectPort::Given(port) => port,
        RedirectPort::OfRequest => listening.port,
    };
    let implied = if to.scheme.is_empty() { if listening.tls { "https" } else { "http" } } else { &to.scheme };
    let port = if matches!((port, implied), (80, "http") | (443, "https")) { 0 } else { port };
    let host = if to.authority.is_empty() { own_host(&seen.authority, scheme, seen.scheme, port != 0) } else { to.authority.clone() };
    let path = if !to.prefix.is_empty() {
        with_prefix(m, &seen.path, &to.prefix)
    } else if to.uri.is_empty() {
        seen.path.clone()
    } else if to.uri.contains('?') {
        to.uri.clone()
    } else {
        format!("{}{}", to.uri, query(&seen.path))
    };
    let port = if port == 0 { String::new() } else { format!(":{port}") };
    Some(Redirect { code, location: format!("{scheme}://{host}{port}{path}") })
}

/// The request's own host, whose port goes when another takes its place or when it is the default of a scheme that changes.
fn own_host(authority: &str, scheme: &str, of_request: &str, other_port: bool) -> String {
    let host = super::super::without_port(authority);
    let port = &authority[host.len()..];
    let default = scheme != of_request && matches!((of_request, port), ("http", ":80") | ("https", ":443"));
    if other_port || default { host.to_owned() } else { authority.to_owned() }
}

/// What TLS-only hosts answer in plaintext.
pub(super) fn to_https(seen: &Seen<'_>) -> Route {
    let location = format!("https://{}{}", seen.authority, seen.path);
    Route { outcome: Outcome::Routed, redirect: Some(Redirect { code: 301, location }), http: true, ..Route::default() }
}
