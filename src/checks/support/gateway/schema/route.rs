//! Routes of every kind: parents, hostnames, rules, matches and backends.

use super::values::{self, DURATION, GROUP, HEADER, HOSTNAME, KIND, LABEL, METHOD, NAME, PATH, SERVICE, SUBDOMAIN};
use super::{Faults, filters};
use crate::model::{Field, Kind, Object};

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

pub(super) fn route(kind: Kind, route: &Object, spec: &Field<'_>, faults: &mut Faults) {
    parents(spec, faults);
    faults.texts(spec, "hostnames", &HOSTNAME);
    let version = route.meta.reference(kind).api_version();
    let is_layer_4 = matches!(kind, Kind::TlsRoute | Kind::TcpRoute | Kind::UdpRoute);
    // The versions v1 and v1alpha3 of TLSRoute ask for them; those before did not.
    let asked = kind == Kind::TlsRoute && (version.ends_with("/v1") || version.ends_with("/v1alpha3"));
    if asked && spec.list("hostnames").next().is_none() {
        faults.add(spec.path_of("hostnames"), "hostnames is missing or empty", "Say which server names the route is for.");
    }
    let rules: Vec<Field<'_>> = spec.list("rules").collect();
    if is_layer_4 && rules.is_empty() {
        faults.add(spec.path_of("rules"), "rules is missing or empty", "Add a rule with backendRefs.");
    }
    if rules.len() > 16 {
        faults.add(spec.path_of("rules"), format!("{} rules are too many: 16 are allowed", rules.len()), "Write a second route.");
    }
    for rule in &rules {
        // Versions before v1 took a rule that says nothing of backends, none took one with an empty list.
        if is_layer_4 && rule.list("backendRefs").next().is_none() && (version.ends_with("/v1") || rule.get("backendRefs").is_some()) {
            faults.add_about("backendRefs", rule.path(), "backendRefs is missing or empty", "Say where the connections go.");
        }
        self::rule(kind, rule, faults);
    }
}

fn parents(spec: &Field<'_>, faults: &mut Faults) {
    let parents: Vec<Field<'_>> = spec.list("parentRefs").collect();
    for parent in &parents {
        faults.required(parent, "name");
        faults.text(parent, "name", &NAME);
        faults.text(parent, "group", &GROUP);
        faults.text(parent, "kind", &KIND);
        faults.text(parent, "namespace", &LABEL);
        faults.text(parent, "sectionName", &SUBDOMAIN);
        faults.port(parent);
    }
    let same = |parent: &Field<'_>| {
        let of = |name: &str, default: &'static str| parent.get(name).and_then(|f| f.str()).map_or_else(|| default.to_owned(), str::to_owned);
        let group = of("group", "gateway.networking.k8s.io");
        let port = parent.get("port").map_or_else(String::new, |port| port.to_string());
        Some([group, of("kind", "Gateway"), of("namespace", ""), of("name", ""), of("sectionName", ""), port].join("/"))
    };
    faults.unique(parents.into_iter(), "the parent", same);
}

fn rule(kind: Kind, rule: &Field<'_>, faults: &mut Faults) {
    for matching in rule.list("matches") {
        match kind {
            Kind::GrpcRoute => grpc_match(&matching, faults),
            _ => http_match(&matching, faults),
        }
    }
    let backends: Vec<Field<'_>> = rule.list("backendRefs").collect();
    if backends.len() > 16 {
        faults.add(
            rule.path_of("backendRefs"),
            format!("{} backends are too many: 16 are allowed", backends.len()),
            "Spread them over several rules.",
        );
    }
    filters::filters(kind, rule, faults);
    for backend in &backends {
        filters::backend(backend, faults);
        faults.number(backend, "weight", (0, 1_000_000));
        filters::filters(kind, backend, faults);
    }
    if let Some(timeouts) = rule.get("timeouts") {
        faults.text(&timeouts, "request", &DURATION);
        faults.text(&timeouts, "backendRequest", &DURATION);
    }
    let redirect = rule.list("filters").find_map(|filter| filter.get("requestRedirect"));
    if let Some(redirect) = redirect.filter(|_| kind == Kind::HttpRoute && !backends.is_empty()) {
        let hint = "Remove backendRefs: a request that is redirected reaches no backend.";
        faults.add_about("backendRefs", redirect.path(), "RequestRedirect cannot stand beside backendRefs", hint);
    }
    filters::prefix_needs_one_match(rule, faults);
}

fn http_match(matching: &Field<'_>, faults: &mut Faults) {
    if let Some(path) = matching.get("path") {
        faults.choice(&path, "type", &["Exact", "PathPrefix", "RegularExpression"]);
        if path.text("type") != "RegularExpression" {
            faults.text(&path, "value", &PATH);
        }
    }
    faults.choice(matching, "method", &METHODS);
    for (list, what) in [("headers", "the header"), ("queryParams", "the query parameter")] {
        pairs(matching, list, what, faults);
    }
}

fn grpc_match(matching: &Field<'_>, faults: &mut Faults) {
    if let Some(method) = matching.get("method") {
        faults.choice(&method, "type", &["Exact", "RegularExpression"]);
        if method.get("service").is_none() && method.get("method").is_none() {
            faults.add(method.path(), "neither service nor method is there", "Add one of the two, or remove the match.");
        }
        if method.text("type") != "RegularExpression" {
            faults.text(&method, "service", &SERVICE);
            faults.text(&method, "method", &METHOD);
        }
    }
    pairs(matching, "headers", "the header", faults);
}

/// Headers and query parameters: each name once, by its exact spelling.
fn pairs(matching: &Field<'_>, list: &'static str, what: &str, faults: &mut Faults) {
    for pair in matching.list(list) {
        faults.required(&pair, "name");
        faults.required(&pair, "value");
        faults.text(&pair, "name", &HEADER);
        faults.choice(&pair, "type", &["Exact", "RegularExpression"]);
    }
    let name = |pair: &Field<'_>| Some(pair.text("name").to_owned()).filter(|name| !name.is_empty() && !values::is_template(name));
    faults.unique(matching.list(list), what, name);
}
