//! Which rule takes a request, as Envoy matches the routes that istiod makes of them.

use super::super::Request;
use super::super::text::Text;
use super::super::url::{parameter, path_only};
use super::route_sources::RouteSource;
use super::rules::{HttpMatch, HttpRule, L4Match};
use crate::model::{Map, Str};

/// Whose proxy matches.
#[derive(Clone, Copy)]
pub(super) struct Proxy<'a> {
    pub labels: &'a Map,
    pub namespace: &'a Str,
}

/// One route of a proxy: a rule with one of its matches.
#[derive(Clone, Copy)]
pub(super) struct Entry<'c, 'a> {
    pub rule: &'c HttpRule<'a>,
    pub matched: Option<&'c HttpMatch>,
}

impl Entry<'_, '_> {
    pub(super) fn takes_all(&self) -> bool {
        self.matched.is_none_or(HttpMatch::takes_all)
    }
}

/// The routes that a proxy is given of a source for a port: conditions on the client and the port are judged now, and what comes after a rule
/// that takes everything is left out.
pub(super) fn entries<'c, 'a>(source: &'c RouteSource<'a>, proxy: Proxy<'_>, gateway: &str, port: i64) -> Vec<Entry<'c, 'a>> {
    let mut found = Vec::new();
    for rule in &source.http {
        if rule.matches.is_empty() {
            found.push(Entry { rule, matched: None });
            return found;
        }
        for matched in rule.matches.iter().filter(|m| given(m, proxy, gateway, port).is_none()) {
            let entry = Entry { rule, matched: Some(matched) };
            found.push(entry);
            if entry.takes_all() {
                return found;
            }
        }
    }
    found
}

/// Why a proxy is not given a match, if it is not.
pub(super) fn given(m: &HttpMatch, proxy: Proxy<'_>, gateway: &str, port: i64) -> Option<String> {
    if m.port != 0 && m.port != port {
        return Some(format!("is for port {}", m.port));
    }
    if !m.gateways.is_empty() {
        // A match that names gateways is not asked for its source.
        let named = m.gateways.iter().any(|g| g == gateway);
        return (!named).then(|| format!("is for {}", m.gateways.join(", ")));
    }
    if !m.source_labels.is_subset_of(proxy.labels) {
        return Some("is for clients with other labels".to_owned());
    }
    let elsewhere = !m.source_namespace.is_empty() && *proxy.namespace != *m.source_namespace;
    elsewhere.then(|| format!("is for clients of namespace {}", m.source_namespace))
}

/// Whether a connection fits a match.
pub(super) fn l4_given(m: &L4Match, proxy: Proxy<'_>, gateway: &str, port: i64) -> bool {
    (m.gateways.is_empty() || m.gateways.iter().any(|g| g == gateway))
        && m.source_labels.is_subset_of(proxy.labels)
        && (m.port == 0 || m.port == port)
        && (m.source_namespace.is_empty() || *proxy.namespace == *m.source_namespace)
}

/// Whether a gateway's server is given a match: it is not asked for its clients.
pub(super) fn l4_given_at_gateway(m: &L4Match, gateway: &str, port: i64) -> bool {
    (m.gateways.is_empty() || m.gateways.iter().any(|g| g == gateway)) && (m.port == 0 || m.port == port)
}

/// The request as a proxy looks at it.
pub(super) struct Seen<'r> {
    pub request: &'r Request,
    /// The normalised path with its query.
    pub path: String,
    pub authority: String,
    pub scheme: &'static str,
}

impl Seen<'_> {
    fn value(&self, name: &str) -> Option<String> {
        match name.to_ascii_lowercase().as_str() {
            ":authority" | "host" => Some(self.authority.clone()),
            ":method" => Some(self.request.method.clone()),
            ":scheme" => Some(self.scheme.to_owned()),
            ":path" => Some(self.path.clone()),
            other => self.request.header(other),
        }
    }

    /// Why a request does not fit a match, if it does not.
    pub(super) fn misses(&self, m: &HttpMatch) -> Option<String> {
        if let Some(uri) = m.uri.as_ref().filter(|_| !m.fits_path(path_only(&self.path))) {
            return Some(format!("asks for {}", path_words(uri, m.segments)));
        }
        if let Some(text) = m.method.as_ref().filter(|t| !t.fits(&self.request.method)) {
            return Some(format!("asks for method{}", text.words()));
        }
        for (text, value, what) in [(&m.authority, self.authority.as_str(), "host"), (&m.scheme, self.scheme, "scheme")] {
            if let Some(text) = text.as_ref().filter(|t| !t.fits(value)) {
                return Some(format!("asks for {what}{}", text.words()));
            }
        }
        for (name, text) in &m.headers {
            // Claims of a token count as absent: a request carries none here.
            let fits = !name.starts_with("@request.auth.claims") && self.value(name).is_some_and(|v| text.fits(&v));
            if !fits {
                return Some(format!("asks for header {name}{}", text.words()));
            }
        }
        for (name, text) in m.without.iter().filter(|(name, _)| !name.starts_with("@request.auth.claims")) {
            let value = self.value(name);
            let fits = if *text == Text::Present { value.is_some() } else { text.fits(&value.unwrap_or_default()) };
            if fits {
                return Some(format!("is for requests without header {name}{}", text.words()));
            }
        }
        for (name, text) in &m.query {
            if !parameter(&self.path, name).is_some_and(|v| text.fits(v)) {
                return Some(format!("asks for parameter {name}{}", text.words()));
            }
        }
        None
    }
}

/// A condition on the path, in words.
pub(super) fn path_words(uri: &Text, segments: bool) -> String {
    match uri {
        Text::Exact(path) => format!("path {path}"),
        Text::Prefix(path) if segments => format!("paths under {path}"),
        Text::Prefix(path) => format!("prefix {path}"),
        Text::Regex(path) => format!("paths like {path}"),
        Text::Present => "any path".to_owned(),
    }
}

/// What a match asks for, in words.
pub(super) fn words(m: Option<&HttpMatch>) -> String {
    let Some(m) = m else { return "every request".to_owned() };
    let mut parts = Vec::new();
    parts.extend(m.method.as_ref().map(|t| format!("method{}", t.words())));
    parts.extend(m.uri.as_ref().map(|uri| path_words(uri, m.segments)));
    parts.extend(m.headers.iter().map(|(name, t)| format!("header {name}{}", t.words())));
    parts.extend(m.without.keys().map(|name| format!("no header {name}")));
    parts.extend(m.query.iter().map(|(name, t)| format!("parameter {name}{}", t.words())));
    parts.extend(m.authority.as_ref().map(|t| format!("host{}", t.words())));
    if parts.is_empty() { "every request".to_owned() } else { parts.join(", ") }
}

/// The place of the domain that fits a host best: the name itself, then the longest wildcard.
pub(super) fn best_domain<'d>(domains: impl Iterator<Item = (&'d str, usize)>, host: &str) -> Option<usize> {
    let fits = domains.filter(|(domain, _)| match domain.strip_prefix('*') {
        Some("") => true,
        // A wildcard stands for at least one character.
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => *domain == host,
    });
    fits.max_by_key(|(domain, at)| (!domain.starts_with('*'), domain.len(), std::cmp::Reverse(*at))).map(|(_, at)| at)
}
