//! Versions, retries, timeouts, breakers, limits and faults, in the words of the mesh.

use serde_json::{Map, Value, json};

use super::{Part, Set, TRAFFIC, VERSION, Wanted, annotate, meant};
use crate::model::{Kind, ServicePort};
use crate::plan::network::pairs;

/// How long a request may take.
const TIMEOUT: &str = "10s";
/// How often one that failed is sent again.
const RETRIES: u32 = 2;
/// Requests a second that one pod takes.
const LIMIT: u32 = 100;

pub(super) fn add(wanted: &Wanted<'_>, set: &mut Set) {
    let ports: Vec<ServicePort> = wanted.http_ports(set).cloned().collect();
    let any = wanted.parts.iter().any(|part| part.is_about_requests());
    if !any {
        return;
    }
    if ports.is_empty() {
        set.notes.push(format!("no port of Service {} speaks HTTP: nothing tells its requests apart", wanted.name()));
        return;
    }
    if wanted.has(Part::Canary) && wanted.versions().is_empty() {
        set.notes.push(format!("no pod behind Service {} has a label {VERSION}: without it there are no versions to split between", wanted.name()));
    }
    if wanted.intention.linkerd() { linkerd(wanted, &ports, set) } else { istio(wanted, &ports, set) }
}

fn istio(wanted: &Wanted<'_>, ports: &[ServicePort], set: &mut Set) {
    let host = wanted.host();
    let versions = if wanted.has(Part::Canary) { wanted.versions() } else { Vec::new() };
    let mut rule = json!({"host": host});
    if wanted.has(Part::CircuitBreaker) {
        rule["trafficPolicy"] = json!({
            "connectionPool": {"http": {"http1MaxPendingRequests": 100, "http2MaxRequests": 1000}},
            "outlierDetection": {"consecutive5xxErrors": 5, "interval": "10s", "baseEjectionTime": "30s", "maxEjectionPercent": 50},
        });
    }
    if !versions.is_empty() {
        rule["subsets"] = versions.iter().map(|version| json!({"name": version, "labels": {VERSION: version}})).collect();
    }
    if rule["trafficPolicy"].is_object() || !versions.is_empty() {
        set.objects.push((TRAFFIC, wanted.object(Kind::DestinationRule, wanted.name(), rule)));
    }
    if wanted.has(Part::Retries) || wanted.has(Part::Timeouts) || !versions.is_empty() {
        let several = wanted.service.spec.ports.len() > 1;
        let http: Vec<Value> = ports.iter().map(|port| of_port(wanted, &host, port, &versions, several)).collect();
        set.objects.push((TRAFFIC, wanted.object(Kind::VirtualService, wanted.name(), json!({"hosts": [host], "http": http}))));
        if wanted.has(Part::Fault) {
            let fault = "A fault for tests, to be put beside `route` in the VirtualService:\n  fault:\n    abort: {httpStatus: 503, percentage: {value: 5}}\n    delay: {fixedDelay: 2s, percentage: {value: 5}}";
            set.comments.push((TRAFFIC, fault.to_owned()));
        }
    } else if wanted.has(Part::Fault) {
        set.notes.push("a fault stands in a VirtualService: it takes --with retries, timeouts or canary".to_owned());
    }
    if wanted.has(Part::RateLimit) {
        match (wanted.envoy_filter, wanted.intention.istio_sidecar()) {
            (true, true) => limits(wanted, set),
            (false, true) => {
                set.notes.push("Istio limits rates by an EnvoyFilter, which is bound to its version: --allow-envoyfilter writes one".to_owned())
            }
            (_, false) => set.notes.push("a waypoint's rates are limited by an EnvoyFilter that names it: none is written".to_owned()),
        }
    }
}

/// What becomes of requests to a port.
fn of_port(wanted: &Wanted<'_>, host: &str, port: &ServicePort, versions: &[&str], several: bool) -> Value {
    let to = |subset: Option<&str>| {
        let mut destination = json!({"host": host});
        if let Some(subset) = subset {
            destination["subset"] = json!(subset);
        }
        if several {
            destination["port"] = json!({"number": port.port});
        }
        destination
    };
    let route: Vec<Value> = match versions {
        [] => vec![json!({"destination": to(None)})],
        [only] => vec![json!({"destination": to(Some(only))})],
        // The first takes everything until the weights are moved.
        all => all.iter().enumerate().map(|(n, version)| json!({"destination": to(Some(version)), "weight": if n == 0 { 100 } else { 0 }})).collect(),
    };
    let mut http = json!({"route": route});
    if several {
        http["match"] = json!([{"port": port.port}]);
    }
    if wanted.has(Part::Timeouts) {
        http["timeout"] = json!(TIMEOUT);
    }
    if wanted.has(Part::Retries) {
        http["retries"] = json!({"attempts": RETRIES, "perTryTimeout": "3s", "retryOn": "gateway-error,connect-failure,refused-stream"});
    }
    http
}

/// A bucket of requests in each sidecar.
fn limits(wanted: &Wanted<'_>, set: &mut Set) {
    for workload in &wanted.workloads {
        let bucket = json!({"max_tokens": LIMIT, "tokens_per_fill": LIMIT, "fill_interval": "1s"});
        let all = json!({"default_value": {"numerator": 100, "denominator": "HUNDRED"}});
        let config = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "http_local_rate_limiter", "token_bucket": bucket, "filter_enabled": all, "filter_enforced": all,
        });
        let manager = json!({"name": "envoy.filters.network.http_connection_manager"});
        let patch = json!({
            "applyTo": "HTTP_FILTER",
            "match": {"context": "SIDECAR_INBOUND", "listener": {"filterChain": {"filter": manager}}},
            "patch": {"operation": "INSERT_BEFORE", "value": {"name": "envoy.filters.http.local_ratelimit", "typed_config": config}},
        });
        let spec = json!({"priority": 10, "workloadSelector": {"labels": pairs(&wanted.selector(workload))}, "configPatches": [patch]});
        let mut filter = wanted.object(Kind::EnvoyFilter, &format!("{}-rate-limit", workload.reference.name), spec);
        meant(&mut filter, "istio-envoy-filter-invalid", "it was asked for with --allow-envoyfilter: look at it with every upgrade of Istio");
        set.objects.push((TRAFFIC, filter));
    }
}

fn linkerd(wanted: &Wanted<'_>, ports: &[ServicePort], set: &mut Set) {
    let mut said = Vec::new();
    if wanted.has(Part::Retries) {
        said.extend([("retry.linkerd.io/http", "gateway-error".to_owned()), ("retry.linkerd.io/limit", RETRIES.to_string())]);
    }
    if wanted.has(Part::Timeouts) {
        said.push(("timeout.linkerd.io/request", TIMEOUT.to_owned()));
    }
    let versions = if wanted.has(Part::Canary) { wanted.versions() } else { Vec::new() };
    if versions.is_empty() {
        said.iter().for_each(|(key, value)| annotate(wanted, set, "annotations", key, value));
    } else {
        split(wanted, ports, &versions, &said, set);
    }
    if wanted.has(Part::CircuitBreaker) {
        let breaker = [("balancer.linkerd.io/failure-accrual", "consecutive"), ("balancer.linkerd.io/failure-accrual-consecutive-max-failures", "5")];
        breaker.iter().for_each(|(key, value)| annotate(wanted, set, "annotations", key, value));
    }
    if wanted.has(Part::RateLimit) {
        let servers: Vec<String> =
            set.objects.iter().filter(|(_, o)| o["kind"] == "Server").filter_map(|(_, o)| Some(o["metadata"]["name"].as_str()?.to_owned())).collect();
        if servers.is_empty() {
            set.notes.push("Linkerd limits the rates of a Server: it takes --with policies".to_owned());
        }
        for server in servers {
            let spec = json!({"targetRef": {"group": "policy.linkerd.io", "kind": "Server", "name": server}, "total": {"requestsPerSecond": LIMIT}});
            set.objects.push((TRAFFIC, wanted.object(Kind::HttpLocalRateLimitPolicy, &server, spec)));
        }
    }
    if wanted.has(Part::Fault) {
        set.notes.push("Linkerd makes no faults: split a share of the requests to a Service that answers with errors".to_owned());
    }
}

/// A Service for each version, and a route with weights between them.
fn split(wanted: &Wanted<'_>, ports: &[ServicePort], versions: &[&str], said: &[(&str, String)], set: &mut Set) {
    let of = |version: &str| format!("{}-{}", wanted.name(), version.replace('.', "-"));
    for version in versions {
        let mut selector = pairs(&wanted.service.spec.selector);
        selector[VERSION] = json!(version);
        let ports: Vec<Value> = ports.iter().map(own_port).collect();
        set.objects.push((TRAFFIC, wanted.object(Kind::Service, &of(version), json!({"selector": selector, "ports": ports}))));
    }
    for port in ports {
        let weight = |n| if n == 0 { 100 } else { 0 };
        let backends: Vec<Value> =
            versions.iter().enumerate().map(|(n, version)| json!({"name": of(version), "port": port.port, "weight": weight(n)})).collect();
        let parent = json!({"group": "", "kind": "Service", "name": wanted.name(), "port": port.port});
        let mut route = wanted.object(
            Kind::HttpRoute,
            &format!("{}-{}", wanted.name(), port.port),
            json!({"parentRefs": [parent], "rules": [{"backendRefs": backends}]}),
        );
        if !said.is_empty() {
            let annotations: Map<String, Value> = said.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
            route["metadata"]["annotations"] = annotations.into();
        }
        set.objects.push((TRAFFIC, route));
    }
}

/// The port of the Service of a version: the same as that of the Service for all.
fn own_port(port: &ServicePort) -> Value {
    let mut own = json!({"port": port.port, "targetPort": match port.target() {
        crate::model::Port::Number(number) => json!(number),
        crate::model::Port::Name(name) => json!(name.as_str()),
    }});
    if !port.name.is_empty() {
        own["name"] = json!(port.name.as_str());
    }
    if let Some(protocol) = &port.app_protocol {
        own["appProtocol"] = json!(protocol.as_str());
    }
    own
}
