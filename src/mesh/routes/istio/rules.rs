//! Rules of VirtualServices, taken apart; rules of the Gateway API are turned into the same (`gateway_api.rs`).

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::text::{Text, full_regex};
use crate::mesh::istio::policy::labels;
use crate::model::{Field, Map, Object, go_duration};

/// A rule for HTTP requests.
#[derive(Clone, Debug)]
pub(super) struct HttpRule<'a> {
    /// Where it stands, for the evidence.
    pub at: Place<'a>,
    /// Any of these; none means every request.
    pub matches: Vec<HttpMatch>,
    pub destinations: Vec<Target<'a>>,
    pub redirect: Option<RedirectTo>,
    pub direct_response: Option<u16>,
    pub timeout: Option<Duration>,
    pub retries: Option<Retries>,
    pub rewrite: Option<RewriteTo>,
    pub mirrors: Vec<Copies<'a>>,
    pub faults: Vec<String>,
    /// A Host header that the rule sets.
    pub authority: Option<String>,
    /// Whether it was made from a Gateway API route.
    pub gateway_api: bool,
}

/// The rule's place in its object.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub object: &'a Object,
    pub index: usize,
    pub of: usize,
    pub path: String,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub(super) struct HttpMatch {
    pub path: String,
    pub uri: Option<Text>,
    pub scheme: Option<Text>,
    pub method: Option<Text>,
    pub authority: Option<Text>,
    pub headers: BTreeMap<String, Text>,
    pub without: BTreeMap<String, Text>,
    pub query: BTreeMap<String, Text>,
    pub port: i64,
    pub source_labels: Map,
    pub source_namespace: String,
    pub gateways: Vec<String>,
    pub ignore_case: bool,
    /// Whether a path prefix goes by whole segments.
    pub segments: bool,
}

/// A destination with its share.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    /// The full host; empty for a backend that is not valid.
    pub host: String,
    pub subset: String,
    pub port: Option<i64>,
    pub weight: i64,
    /// A Host header set for this destination only.
    pub authority: Option<String>,
    pub field: Field<'a>,
    /// Why it is not valid.
    pub invalid: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Copies<'a> {
    pub target: Target<'a>,
    pub percent: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Retries {
    pub attempts: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct RewriteTo {
    pub uri: String,
    pub regex: Option<(String, String)>,
    pub authority: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct RedirectTo {
    pub uri: String,
    pub prefix: String,
    pub authority: String,
    pub scheme: String,
    pub port: RedirectPort,
    pub code: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum RedirectPort {
    #[default]
    Unset,
    Given(i64),
    OfRequest,
}

/// What completes short names.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    pub namespace: &'n str,
    pub suffix: &'n str,
}

impl Names<'_> {
    pub(super) fn full(&self, host: &str) -> String {
        crate::mesh::istio::hosts::fqdn(host, self.namespace, self.suffix).to_ascii_lowercase()
    }
}

impl<'a> HttpRule<'a> {
    /// A rule of a VirtualService; one of a delegate has what it does not say itself from the rule that names it.
    pub(super) fn read(
        object: &'a Object,
        rule: &Field<'a>,
        index: usize,
        of: usize,
        names: Names<'_>,
        wide: Option<(&Field<'a>, Names<'_>)>,
    ) -> Self {
        let said = |name: &str| rule.get(name).or_else(|| wide?.0.get(name));
        let whose = |name: &str| wide.filter(|_| rule.get(name).is_none()).map_or(names, |(_, names)| names);
        let headers = said("headers").and_then(|h| h.get("request"));
        let duration = |name| said(name).and_then(|f| f.str()).and_then(go_duration).map(|(d, _)| d);
        let mut mirrors = Vec::new();
        if let Some(mirror) = said("mirror") {
            let percent = said("mirrorPercentage").map(|p| p.get("value").and_then(|v| v.number()).unwrap_or(0.0));
            let percent = percent.or_else(|| said("mirrorPercent").or_else(|| said("mirror_percent"))?.number());
            mirrors.push(Copies { target: Target::read(&mirror, whose("mirror")), percent: percent.unwrap_or(100.0) });
        }
        let (copies, names_of_copies) = match wide.filter(|_| rule.list("mirrors").next().is_none()) {
            Some((wide, names)) => (wide.list("mirrors").collect::<Vec<_>>(), names),
            None => (rule.list("mirrors").collect(), names),
        };
        for item in copies {
            let percent = percentage(&item, "percentage").unwrap_or(100.0);
            mirrors.extend(item.get("destination").map(|d| Copies { target: Target::read(&d, names_of_copies), percent }));
        }
        mirrors.retain(|m| m.percent > 0.0);
        Self {
            at: Place { object, index, of, path: rule.path() },
            matches: rule.list("match").map(|m| HttpMatch::read(&m, names.namespace)).collect(),
            destinations: rule.list("route").map(|r| Target::weighted(&r, names)).collect(),
            redirect: rule.get("redirect").map(|r| RedirectTo::read(&r)),
            direct_response: said("directResponse").and_then(|r| r.get("status")).and_then(|s| s.int()).and_then(|s| u16::try_from(s).ok()),
            timeout: duration("timeout"),
            retries: said("retries").map(|r| Retries { attempts: r.get("attempts").and_then(|a| a.int()).unwrap_or(0) }),
            rewrite: said("rewrite").map(|r| RewriteTo::read(&r)),
            mirrors,
            faults: said("fault").map(|f| faults(&f)).unwrap_or_default(),
            authority: headers.as_ref().and_then(host_header),
            gateway_api: false,
        }
    }

    /// The destinations that get any request at all: one that stands alone needs no weight.
    pub(super) fn shares(&self) -> impl Iterator<Item = &Target<'a>> {
        let single = self.destinations.len() == 1;
        self.destinations.iter().filter(move |d| single || d.weight > 0)
    }

    /// Whether the destination may see another path or host than the client sent.
    pub(super) fn rewrites(&self) -> bool {
        self.rewrite.is_some() || self.authority.is_some() || self.destinations.iter().any(|d| d.authority.is_some())
    }
}

/// A percentage in `name.value`.
fn percentage(field: &Field<'_>, name: &str) -> Option<f64> {
    let percentage = field.get(name)?;
    Some(percentage.get("value").and_then(|v| v.number()).unwrap_or(0.0))
}

/// Delays and errors that hit any request at all, in words.
fn faults(fault: &Field<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(delay) = fault.get("delay").filter(|d| d.get("fixedDelay").is_some()) {
        let percent = percentage(&delay, "percentage").or_else(|| delay.get("percent")?.number()).unwrap_or(0.0);
        if percent > 0.0 {
            found.push(format!("a delay of {} for {percent} %", delay.text("fixedDelay")));
        }
    }
    if let Some(abort) = fault.get("abort") {
        let status = abort.get("httpStatus").or_else(|| abort.get("grpcStatus"));
        let percent = percentage(&abort, "percentage").unwrap_or(0.0);
        if let Some(status) = status.filter(|_| percent > 0.0) {
            let status = status.str().map_or_else(|| status.to_string(), str::to_owned);
            found.push(format!("an error {status} for {percent} %"));
        }
    }
    found
}

/// A Host header that header operations set; what is set wins over what is added.
fn host_header(request: &Field<'_>) -> Option<String> {
    ["set", "add"].into_iter().find_map(|operation| {
        let entries = request.get(operation)?;
        let mut found = entries.entries().filter(|(name, _)| name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority"));
        found.next().and_then(|(_, value)| value.str().map(str::to_owned)).filter(|v| !v.is_empty())
    })
}

impl HttpMatch {
    /// A match of a VirtualService of this namespace.
    pub(super) fn read(field: &Field<'_>, namespace: &str) -> Self {
        let text = |name| field.get(name).map(|f| Text::of_istio(&f));
        let texts = |name: &str| {
            field.get(name).into_iter().flat_map(|m| m.entries().map(|(k, v)| (k.to_owned(), Text::of_istio(&v))).collect::<Vec<_>>()).collect()
        };
        Self {
            path: field.path(),
            uri: text("uri"),
            scheme: text("scheme"),
            method: text("method"),
            authority: text("authority"),
            headers: texts("headers"),
            without: texts("withoutHeaders"),
            query: texts("queryParams"),
            port: field.get("port").and_then(|p| p.int()).unwrap_or(0),
            source_labels: labels(field.get("sourceLabels")),
            source_namespace: field.text("sourceNamespace").to_owned(),
            gateways: field.texts("gateways").map(|(g, _)| gateway_name(g, namespace)).collect(),
            ignore_case: field.get("ignoreUriCase").and_then(|b| b.bool()).unwrap_or(false),
            segments: false,
        }
    }

    /// Whether nothing that comes after it can match: every path, and nothing else asked.
    pub(super) fn takes_all(&self) -> bool {
        self.takes_every_path()
            && self.headers.is_empty()
            && self.without.is_empty()
            && self.query.is_empty()
            && self.method.is_none()
            && self.authority.is_none()
            && self.scheme.is_none()
    }

    /// Whether it asks nothing of the path.
    pub(super) fn takes_every_path(&self) -> bool {
        match &self.uri {
            None | Some(Text::Present) => true,
            Some(Text::Prefix(prefix)) => prefix == "/",
            Some(Text::Regex(regex)) => regex == ".*",
            Some(Text::Exact(_)) => false,
        }
    }

    /// Whether a path without its query is one that it asks for.
    pub(super) fn fits_path(&self, path: &str) -> bool {
        let same = |a: &str, b: &str| if self.ignore_case { a.eq_ignore_ascii_case(b) } else { a == b };
        let starts = |prefix: &str| path.get(..prefix.len()).is_some_and(|head| same(head, prefix));
        match &self.uri {
            Some(Text::Exact(exact)) => same(path, exact),
            Some(Text::Prefix(prefix)) if self.segments && prefix != "/" => {
                let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
                starts(prefix) && matches!(path.as_bytes().get(prefix.len()), None | Some(b'/'))
            }
            Some(Text::Prefix(prefix)) => starts(prefix),
            Some(Text::Regex(regex)) => full_regex(regex).is_some_and(|r| r.is_match(path)),
            Some(Text::Present) | None => true,
        }
    }
}

impl<'a> Target<'a> {
    pub(super) fn read(field: &Field<'a>, names: Names<'_>) -> Self {
        Self {
            host: names.full(field.text("host")),
            subset: field.text("subset").to_owned(),
            port: field.at(["port", "number"]).and_then(|p| p.int()),
            weight: 0,
            authority: None,
            field: *field,
            invalid: None,
        }
    }

    pub(super) fn weighted(route: &Field<'a>, names: Names<'_>) -> Self {
        let read = route.get("destination").map_or_else(|| Self::read(route, names), |d| Self::read(&d, names));
        Self {
            weight: route.get("weight").and_then(|w| w.int()).unwrap_or(0),
            authority: route.at(["headers", "request"]).as_ref().and_then(host_header),
            ..read
        }
    }
}

impl RewriteTo {
    fn read(field: &Field<'_>) -> Self {
        let regex = field.get("uriRegexRewrite").map(|r| (r.text("match").to_owned(), r.text("rewrite").to_owned()));
        Self { uri: field.text("uri").to_owned(), regex, authority: field.text("authority").to_owned() }
    }
}

impl RedirectTo {
    fn read(field: &Field<'_>) -> Self {
        let port = match (field.get("port").and_then(|p| p.int()), field.text("derivePort")) {
            (Some(port), _) => RedirectPort::Given(port),
            (None, "FROM_REQUEST_PORT") => RedirectPort::OfRequest,
            _ => RedirectPort::Unset,
        };
        Self {
            uri: field.text("uri").to_owned(),
            prefix: field.text("prefixRewrite").to_owned(),
            authority: field.text("authority").to_owned(),
            scheme: field.text("scheme").to_owned(),
            port,
            code: field.get("redirectCode").and_then(|c| c.int()).unwrap_or(0),
        }
    }
}

/// A rule for connections.
#[derive(Clone, Debug)]
pub(super) struct L4Rule<'a> {
    pub at: Place<'a>,
    pub matches: Vec<L4Match>,
    pub destinations: Vec<Target<'a>>,
}

/// Conditions on a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct L4Match {
    pub sni: Vec<String>,
    pub subnets: Vec<String>,
    pub port: i64,
    pub source_labels: Map,
    pub source_namespace: String,
    pub gateways: Vec<String>,
}

impl<'a> L4Rule<'a> {
    pub(super) fn read(object: &'a Object, rule: &Field<'a>, index: usize, of: usize, names: Names<'_>) -> Self {
        let matched = |m: Field<'_>| L4Match {
            sni: m.texts("sniHosts").map(|(h, _)| h.to_ascii_lowercase()).collect(),
            subnets: m.texts("destinationSubnets").map(|(s, _)| s.to_owned()).collect(),
            port: m.get("port").and_then(|p| p.int()).unwrap_or(0),
            source_labels: labels(m.get("sourceLabels")),
            source_namespace: m.text("sourceNamespace").to_owned(),
            gateways: m.texts("gateways").map(|(g, _)| gateway_name(g, names.namespace)).collect(),
        };
        Self {
            at: Place { object, index, of, path: rule.path() },
            matches: rule.list("match").map(matched).collect(),
            destinations: rule.list("route").map(|r| Target::weighted(&r, names)).collect(),
        }
    }
}

/// A gateway's name as `namespace/name`, or `mesh`; the notation of before Istio 1.1 is `name.namespace` with or without a domain.
pub(super) fn gateway_name(text: &str, namespace: &str) -> String {
    if text == "mesh" {
        return text.to_owned();
    }
    match (text.split_once('/'), text.split_once('.')) {
        (Some((".", name)), _) => format!("{namespace}/{name}"),
        (Some(_), _) => text.to_owned(),
        (None, None) => format!("{namespace}/{text}"),
        (None, Some((name, rest))) => format!("{}/{name}", rest.split('.').next().unwrap_or(rest)),
    }
}
