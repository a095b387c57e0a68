use crate::checks::Findings;
use crate::checks::support::istio::schema::envoy_value;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{Judge, has, regex, workload_selector};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Every EnvoyFilter, to say that it depends on Istio's insides; and that it keeps to Istio's rules: each patch says what it applies to and what it
    /// does, its match fits what it applies to, filters are matched by their current names, and the value can be read as what it is meant for: a
    /// Listener, FilterChain, filter, RouteConfiguration, VirtualHost, Route, Cluster or Bootstrap with fields that Envoy knows, of the right types.
    /// What stands inside a `typed_config` is not looked into.
    ///
    /// # Why it matters
    ///
    /// Istio may change what it makes of its own configuration with any release, and then a patch finds nothing or breaks what it finds. A patch that
    /// Envoy cannot read makes it refuse the whole update.
    ///
    /// # How to fix it
    ///
    /// Prefer Telemetry, WasmPlugin, AuthorizationPolicy or DestinationRule where one of them can do it. Keep the rest small, pin it to proxy versions,
    /// and try it with every upgrade. For invalid ones, each finding names the field and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/envoyfilter/envoyfilter.go`.
    "istio-envoy-filter-invalid",
    summary: "EnvoyFilter: depends on Istio's insides, or is refused by Istio",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::EnvoyFilter],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::EnvoyFilter, |judge, spec, _| {
        if !workload_selector(judge, spec) {
            return;
        }
        let hint = "Prefer another of Istio's resources where one can do it; try this one again with every upgrade.";
        judge.note("", "EnvoyFilters build on Istio's insides, which may change with any release", hint);
        for patch in spec.list("configPatches") {
            if patch.at(["match", "context"]).is_none_or(|context| context.str() != Some("WAYPOINT")) {
                config_patch(judge, &patch);
            }
        }
    });
}

fn config_patch(judge: &mut Judge<'_>, entry: &Field<'_>) {
    let apply_to = entry.text("applyTo");
    if apply_to.is_empty() || apply_to == "INVALID" {
        judge.error(entry.path_of("applyTo"), "the patch does not say what it applies to", "Write applyTo, for example HTTP_FILTER.");
        return;
    }
    let Some(patch) = entry.get("patch") else {
        judge.error(entry.path_of("patch"), "there is no patch", "Write patch: {operation: …, value: …}.");
        return;
    };
    let operation = patch.text("operation");
    if operation.is_empty() || operation == "INVALID" {
        judge.error(patch.path_of("operation"), "the patch does not say what it does", "Write operation: MERGE, ADD, REMOVE, INSERT_FIRST, …");
        return;
    }
    let value = patch.get("value");
    if operation != "REMOVE" && value.is_none() {
        judge.error(patch.path_of("value"), format!("operation {operation} needs a value"), "Write value: the piece of Envoy's configuration.");
        return;
    }
    if let Some(condition) = entry.get("match") {
        proxy_version(judge, &condition);
        fitting_match(judge, &condition, apply_to);
    }
    if let Some(value) = value {
        envoy_value::judge(judge, &value, apply_to);
    }
}

/// The longest proxy version that istiod compares with.
const LONGEST: usize = 1024;

fn proxy_version(judge: &mut Judge<'_>, condition: &Field<'_>) {
    let Some(version) = condition.at(["proxy", "proxyVersion"]) else { return };
    match version.str().unwrap_or_default() {
        text if text.len() > LONGEST => {
            let message = format!("proxyVersion has {} characters and is ignored: at most {LONGEST} are taken", text.len());
            judge.warn(version.path(), message, "Shorten it.");
        }
        text => judge.judge(&version, regex(text)),
    }
}

/// A match has to be for the kind of thing that the patch applies to.
fn fitting_match(judge: &mut Judge<'_>, condition: &Field<'_>, apply_to: &str) {
    const OBJECTS: [&str; 4] = ["listener", "routeConfiguration", "cluster", "waypoint"];
    let wanted = match apply_to {
        "LISTENER" | "FILTER_CHAIN" | "NETWORK_FILTER" | "HTTP_FILTER" => "listener",
        "ROUTE_CONFIGURATION" | "VIRTUAL_HOST" | "HTTP_ROUTE" => "routeConfiguration",
        "CLUSTER" => "cluster",
        _ => return,
    };
    if let Some(other) = OBJECTS.into_iter().filter(|name| *name != wanted).find_map(|name| condition.get(name)) {
        judge.error(other.path(), format!("a patch of {apply_to} cannot be matched this way"), format!("Write match.{wanted}."));
        return;
    }
    if let Some(filter) = condition.at(["listener", "filterChain", "filter"]).filter(|_| wanted == "listener") {
        filter_match(judge, &filter, apply_to);
    }
}

fn filter_match(judge: &mut Judge<'_>, filter: &Field<'_>, apply_to: &str) {
    const MANAGER: &str = "envoy.filters.network.http_connection_manager";
    if apply_to == "LISTENER" || apply_to == "FILTER_CHAIN" {
        judge.warn(filter.path(), format!("matching a filter does nothing for a patch of {apply_to}"), "Remove it.");
    }
    if !has(filter, "name") {
        judge.error(filter.path_of("name"), "the filter is matched without a name", "Write name.");
        return;
    }
    deprecated_name(judge, filter);
    let Some(sub) = filter.get("subFilter") else { return };
    if apply_to != "HTTP_FILTER" {
        judge.error(
            sub.path(),
            format!("subFilter is for HTTP_FILTER alone, not for {apply_to}"),
            "Remove subFilter, or write applyTo: HTTP_FILTER.",
        );
    } else if ![MANAGER, "envoy.http_connection_manager"].contains(&filter.text("name")) {
        judge.about("subFilter").error(filter.path_of("name"), "subFilter needs the connection manager around it", format!("Write name: {MANAGER}."));
    } else if !has(&sub, "name") {
        judge.error(sub.path_of("name"), "subFilter is matched without a name", "Write name.");
    } else {
        deprecated_name(judge, &sub);
    }
}

/// Names of filters that Envoy used before its API v3, and those of today.
const OLD_NAMES: [(&str, &str); 27] = [
    ("envoy.buffer", "envoy.filters.http.buffer"),
    ("envoy.cors", "envoy.filters.http.cors"),
    ("envoy.csrf", "envoy.filters.http.csrf"),
    ("envoy.http_dynamo_filter", "envoy.filters.http.dynamo"),
    ("envoy.fault", "envoy.filters.http.fault"),
    ("envoy.grpc_http1_bridge", "envoy.filters.http.grpc_http1_bridge"),
    ("envoy.grpc_json_transcoder", "envoy.filters.http.grpc_json_transcoder"),
    ("envoy.grpc_web", "envoy.filters.http.grpc_web"),
    ("envoy.gzip", "envoy.filters.http.gzip"),
    ("envoy.health_check", "envoy.filters.http.health_check"),
    ("envoy.ip_tagging", "envoy.filters.http.ip_tagging"),
    ("envoy.lua", "envoy.filters.http.lua"),
    ("envoy.rate_limit", "envoy.filters.http.ratelimit"),
    ("envoy.router", "envoy.filters.http.router"),
    ("envoy.squash", "envoy.filters.http.squash"),
    ("envoy.listener.http_inspector", "envoy.filters.listener.http_inspector"),
    ("envoy.listener.original_dst", "envoy.filters.listener.original_dst"),
    ("envoy.listener.original_src", "envoy.filters.listener.original_src"),
    ("envoy.listener.proxy_protocol", "envoy.filters.listener.proxy_protocol"),
    ("envoy.listener.tls_inspector", "envoy.filters.listener.tls_inspector"),
    ("envoy.client_ssl_auth", "envoy.filters.network.client_ssl_auth"),
    ("envoy.ext_authz", "envoy.filters.http.ext_authz or envoy.filters.network.ext_authz"),
    ("envoy.http_connection_manager", "envoy.filters.network.http_connection_manager"),
    ("envoy.mongo_proxy", "envoy.filters.network.mongo_proxy"),
    ("envoy.ratelimit", "envoy.filters.network.ratelimit"),
    ("envoy.redis_proxy", "envoy.filters.network.redis_proxy"),
    ("envoy.tcp_proxy", "envoy.filters.network.tcp_proxy"),
];

fn deprecated_name(judge: &mut Judge<'_>, filter: &Field<'_>) {
    let name = filter.text("name");
    if let Some((_, new)) = OLD_NAMES.iter().find(|(old, _)| *old == name) {
        judge.warn(filter.path_of("name"), format!("filter name {name:?} is deprecated"), format!("Write {new}."));
    }
}
