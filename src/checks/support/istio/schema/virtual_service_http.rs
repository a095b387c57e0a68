//! HTTP routes of VirtualServices.

use crate::checks::support::istio::schema::gateway_names::gateway_names;
use crate::checks::support::istio::schema::virtual_service_l4::{match_port, weighted};
use crate::mesh::istio::validation::{
    Fault, Judge, Verdict, cors_name, destination, dns_label, duration, either, fault, has, header_match_name, header_value, is_authority, labels,
    operation_name, port, regex, retry, set_name, string_match,
};
use crate::model::{Field, go_nanos};

/// Judges an HTTP route; `delegate` says whether the VirtualService is one.
pub(in crate::checks) fn route(judge: &mut Judge<'_>, route: &Field<'_>, delegate: bool) {
    one_action(judge, route, delegate);
    for condition in route.list("match") {
        self::condition(judge, &condition);
    }
    headers(judge, route);
    if let Some(policy) = route.get("corsPolicy") {
        cors(judge, &policy);
    }
    if let Some(fault) = route.get("fault") {
        self::fault_injection(judge, &fault);
    }
    mirrors(judge, route);
    if let Some(redirect) = route.get("redirect") {
        either(judge, &redirect, &["port", "derivePort"]);
        if let Err((at, fault)) = self::redirect(&redirect, route) {
            judge.error(at, fault.message, fault.hint);
        }
    }
    if let Some(response) = route.get("directResponse") {
        direct_response(judge, &response);
    }
    if let Some(retries) = route.get("retries") {
        retry(judge, &retries);
    }
    if let Some(rewrite) = route.get("rewrite") {
        judge.judge(&rewrite, self::rewrite(&rewrite));
        if let Some(pattern) = rewrite.at(["uriRegexRewrite", "match"]).filter(|p| !p.is_empty()) {
            judge.judge(&pattern, regex(pattern.str().unwrap_or_default()));
        }
    }
    one_authority(judge, route);
    for entry in route.list("route") {
        headers(judge, &entry);
    }
    weighted(judge, route);
    if let Some(timeout) = route.get("timeout") {
        duration(judge, &timeout);
    }
}

fn one_action(judge: &mut Judge<'_>, route: &Field<'_>, delegate: bool) {
    if !delegate && route.get("delegate").is_some() {
        for name in ["redirect", "route"].into_iter().filter(|name| route.get(name).is_some_and(|f| *name == "redirect" || !f.is_empty())) {
            judge.error(route.path_of(name), format!("a route that delegates has no {name}"), format!("Remove delegate or {name}."));
        }
        return;
    }
    if delegate && route.get("delegate").is_some() {
        judge.error(route.path_of("delegate"), "a delegate cannot delegate further", "Write the route here, or give this VirtualService hosts.");
    }
    let routed = has(route, "route");
    match ["redirect", "directResponse"].into_iter().find(|name| route.get(name).is_some()) {
        Some(action) => {
            let others = ["route", "fault", "rewrite", "directResponse"].into_iter().filter(|other| *other != action);
            for other in others.filter(|other| if *other == "route" { routed } else { route.get(other).is_some() }) {
                judge.error(route.path_of(other), format!("{action} and {other} are used together"), "Keep one of the two.");
            }
        }
        None if !routed => judge.error(route.path(), "the route leads nowhere", "Write route, redirect or directResponse."),
        None => {}
    }
    if route.get("mirror").is_some() && has(route, "mirrors") {
        judge.error(route.path_of("mirror"), "mirror and mirrors are used together", "Move the mirror into mirrors.");
    }
}

fn condition(judge: &mut Judge<'_>, condition: &Field<'_>) {
    for list in ["headers", "withoutHeaders"] {
        for (name, header) in condition.get(list).iter().flat_map(Field::entries) {
            judge.judge(&header, header_match_name(name));
            // For headers that must not be there, "*" means that they are there at all.
            if list == "headers" || header.text("regex") != "*" {
                string_match(judge, &header, false);
            }
        }
    }
    if let Some(uri) = condition.get("uri") {
        string_match(judge, &uri, true);
    }
    for part in ["scheme", "method", "authority"].into_iter().filter_map(|name| condition.get(name)) {
        string_match(judge, &part, false);
    }
    for (_, parameter) in condition.get("queryParams").iter().flat_map(Field::entries) {
        string_match(judge, &parameter, false);
    }
    match_port(judge, condition);
    labels(judge, condition, "sourceLabels");
    gateway_names(judge, condition);
    if let Some(namespace) = condition.get("sourceNamespace").filter(|n| !n.is_empty()) {
        judge.judge(&namespace, dns_label("namespace", namespace.str().unwrap_or_default()));
    }
}

/// Judges `headers` of a route or a destination.
fn headers(judge: &mut Judge<'_>, route: &Field<'_>) {
    for direction in ["request", "response"] {
        let Some(changes) = route.at(["headers", direction]) else { continue };
        let name_verdict = if direction == "request" { set_name } else { operation_name };
        for (name, value) in ["add", "set"].into_iter().filter_map(|op| changes.get(op)).flat_map(|op| op.entries().collect::<Vec<_>>()) {
            judge.about("name").judge(&value, name_verdict(name));
            judge.judge(&value, value.str().map_or(Ok(()), header_value));
        }
        for (name, removed) in changes.texts("remove") {
            judge.judge(&removed, operation_name(name));
        }
    }
}

fn cors(judge: &mut Judge<'_>, policy: &Field<'_>) {
    const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"];
    for origin in policy.list("allowOrigins") {
        either(judge, &origin, &["exact", "prefix", "regex"]);
        if !["exact", "prefix", "regex"].iter().any(|name| has(&origin, name)) {
            judge.error(origin.path(), "the origin is empty", "Write exact, prefix or regex.");
        } else if let Some(pattern) = origin.get("regex") {
            judge.judge(&pattern, regex(pattern.str().unwrap_or_default()));
        }
    }
    for (method, field) in policy.texts("allowMethods").filter(|(method, _)| !METHODS.contains(method)) {
        judge.error(field.path(), format!("{method:?} is not an HTTP method"), format!("Write some of {}.", METHODS.join(", ")));
    }
    for list in ["allowHeaders", "exposeHeaders"] {
        policy.texts(list).for_each(|(name, field)| judge.judge(&field, cors_name(name)));
    }
    if let Some(age) = policy.get("maxAge") {
        duration(judge, &age);
        if age.str().and_then(go_nanos).is_some_and(|n| n % 1_000_000_000 != 0) {
            judge.error(age.path(), format!("maxAge {age} is finer than seconds"), "Write whole seconds.");
        }
    }
}

fn fault_injection(judge: &mut Judge<'_>, fault: &Field<'_>) {
    let (abort, delay) = (fault.get("abort"), fault.get("delay"));
    if abort.is_none() && delay.is_none() {
        judge.error(fault.path(), "the fault neither aborts nor delays", "Write abort or delay.");
    }
    for part in [&abort, &delay].into_iter().flatten() {
        if let Some(value) = part.at(["percentage", "value"])
            && value.number().is_some_and(|n| n != 0.0 && !(0.0001..=100.0).contains(&n))
        {
            judge.error(value.path(), format!("{value} is neither 0 nor between 0.0001 and 100"), "Write a percentage from 0 to 100.");
        }
    }
    if let Some(abort) = abort {
        either(judge, &abort, &["httpStatus", "grpcStatus"]);
        if let Some(status) = abort.get("httpStatus") {
            judge.judge(&status, http_status(status.int().unwrap_or_default()));
        } else if let Some(status) = abort.get("grpcStatus") {
            judge.judge(&status, grpc_status(status.str().unwrap_or_default()));
        } else if let Some(error) = abort.get("http2Error") {
            judge.error(error.path(), "aborting with an HTTP/2 error does not work yet", "Write httpStatus or grpcStatus.");
        } else {
            judge.doubt(abort.path(), "the abort does not say with what", "Write httpStatus or grpcStatus.");
        }
    }
    let Some(delay) = delay else { return };
    for time in ["fixedDelay", "exponentialDelay"].into_iter().filter_map(|name| delay.get(name)) {
        duration(judge, &time);
    }
    if let Some(exponential) = delay.get("exponentialDelay") {
        judge.error(exponential.path(), "exponentialDelay does not work yet", "Write fixedDelay.");
    }
}

fn http_status(status: i64) -> Verdict {
    if (200..=600).contains(&status) { Ok(()) } else { fault(format!("status {status} is not between 200 and 599"), "Write an HTTP status code.") }
}

fn grpc_status(status: &str) -> Verdict {
    const KNOWN: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    if KNOWN.contains(&status) { Ok(()) } else { fault(format!("gRPC knows no status {status:?}"), format!("Write one of {}.", KNOWN.join(", "))) }
}

fn mirrors(judge: &mut Judge<'_>, route: &Field<'_>) {
    if let Some(percent) = route.get("mirrorPercent") {
        judge.warn(percent.path(), "mirrorPercent is deprecated", format!("Write mirrorPercentage: {{value: {percent}}}."));
        share(judge, &percent);
    }
    if let Some(value) = route.at(["mirrorPercentage", "value"]) {
        share(judge, &value);
    }
    if let Some(mirror) = route.get("mirror") {
        destination(judge, &mirror);
    }
    for mirror in route.list("mirrors") {
        match mirror.get("destination") {
            Some(to) => destination(judge, &to),
            None => judge.error(mirror.path_of("destination"), "the mirror has no destination", "Write destination: {host: …}."),
        }
        if let Some(value) = mirror.at(["percentage", "value"]) {
            share(judge, &value);
        }
    }
}

fn share(judge: &mut Judge<'_>, percent: &Field<'_>) {
    if percent.number().is_some_and(|n| !(0.0..=100.0).contains(&n)) {
        judge.error(percent.path(), format!("{percent} is not between 0 and 100"), "Write a percentage from 0 to 100.");
    }
}

fn redirect(redirect: &Field<'_>, route: &Field<'_>) -> Result<(), (String, Fault)> {
    let at = |name: &'static str, message: String, hint: &str| Err((redirect.path_of(name), Fault { message, hint: hint.to_owned() }));
    let prefix = has(redirect, "prefixRewrite");
    if has(redirect, "uri") && prefix {
        return at("prefixRewrite", "uri and prefixRewrite are used together".into(), "Keep one of the two.");
    }
    if prefix && route.list("match").filter_map(|m| m.get("uri")).any(|uri| uri.get("prefix").is_none()) {
        return at("prefixRewrite", "prefixRewrite needs every match of the route to be by uri.prefix".into(), "Match by prefix, or write uri.");
    }
    if !["uri", "prefixRewrite", "authority", "scheme", "port", "derivePort"].iter().any(|name| has(redirect, name)) {
        return at("uri", "the redirect does not say where to".into(), "Write uri, authority, scheme or port.");
    }
    let code = redirect.get("redirectCode").and_then(|c| c.int()).unwrap_or_default();
    if code != 0 && !(300..400).contains(&code) {
        return at("redirectCode", format!("{code} is not a redirect"), "Write a code from 300 to 399, for example 301.");
    }
    if !["", "http", "https"].contains(&redirect.text("scheme")) {
        return at("scheme", format!("a redirect cannot lead to scheme {:?}", redirect.text("scheme")), "Write http or https.");
    }
    let number = redirect.get("port").and_then(|p| p.int()).filter(|n| *n > 0);
    number.map_or(Ok(()), port).map_err(|fault| (redirect.path_of("port"), fault))
}

fn direct_response(judge: &mut Judge<'_>, response: &Field<'_>) {
    const KILOBYTE: usize = 1024;
    let status = response.get("status").and_then(|s| s.int()).unwrap_or_default();
    if let Err(fault) = http_status(status) {
        judge.error(response.path_of("status"), fault.message, fault.hint);
    }
    let Some(body) = response.get("body") else { return };
    either(judge, &body, &["string", "bytes"]);
    // Bytes are written in base64: four letters for three of them.
    let size = body.text("string").len().max(body.text("bytes").len() / 4 * 3);
    let message = format!("the body has {} KB, which istiod sends to every proxy", size / KILOBYTE);
    if size > 1024 * KILOBYTE {
        judge.error(body.path(), message, "Keep it below 1 MB, or serve it from a workload.");
    } else if size > 100 * KILOBYTE {
        judge.warn(body.path(), message, "Keep it below 100 KB, or serve it from a workload.");
    }
}

fn rewrite(rewrite: &Field<'_>) -> Verdict {
    let pattern = rewrite.get("uriRegexRewrite");
    if has(rewrite, "uri") && pattern.is_some() {
        return fault("uri and uriRegexRewrite are used together", "Keep one of the two.");
    }
    if !has(rewrite, "uri") && !has(rewrite, "authority") && pattern.is_none() {
        return fault("the rewrite changes nothing", "Write uri, uriRegexRewrite or authority.");
    }
    let Some(pattern) = pattern else { return Ok(()) };
    if !has(&pattern, "match") || !has(&pattern, "rewrite") {
        return fault("uriRegexRewrite lacks match or rewrite", "Write both.");
    }
    Ok(())
}

/// The authority can be set in one place alone.
fn one_authority(judge: &mut Judge<'_>, route: &Field<'_>) {
    let rewritten = route.at(["rewrite", "authority"]).filter(|a| !a.is_empty());
    let changes = ["set", "add"].into_iter().filter_map(|op| route.at(["headers", "request", op]));
    let set = changes.flat_map(|op| op.entries().filter(|(name, _)| is_authority(name)).map(|(_, value)| value).collect::<Vec<_>>());
    if let Some(second) = rewritten.into_iter().chain(set).nth(1) {
        judge.error(second.path(), "the authority is set more than once", "Set it in rewrite.authority alone.");
    }
}
