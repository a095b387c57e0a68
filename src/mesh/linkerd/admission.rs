//! What Linkerd's policy webhook refuses in a route besides its parents and annotations.

use regex::Regex;

use crate::model::{Field, Kind, Object, go_duration};

pub type Fault = (String, String);

/// Faults in the matches, filters, timeouts and number of rules of a route.
pub fn route_faults(route: &Object) -> Vec<Fault> {
    let mut faults = Vec::new();
    let spec = route.spec();
    let rules: Vec<Field<'_>> = spec.list("rules").collect();
    if matches!(route.kind, Kind::TlsRoute | Kind::TcpRoute) {
        if rules.len() != 1 {
            faults.push((spec.path_of("rules"), format!("it has {} rules, and a {} has exactly one for Linkerd", rules.len(), route.kind)));
        }
        return faults;
    }
    for rule in rules {
        for matching in rule.list("matches") {
            matches(route.kind, &matching, &mut faults);
        }
        for filter in rule.list("filters") {
            filters(route.kind, &filter, &mut faults);
        }
        // The Gateway API's own timeouts are judged for every implementation.
        if let Some(limits) = rule.get("timeouts").filter(|_| route.kind == Kind::LinkerdHttpRoute) {
            timeouts(&limits, &mut faults);
        }
    }
    faults
}

fn matches(kind: Kind, matching: &Field<'_>, faults: &mut Vec<Fault>) {
    if let Some(path) = matching.get("path")
        && let Some(value) = path.get("value")
        && path.text("type") != "RegularExpression"
        && !value.str().is_some_and(|v| v.starts_with('/'))
    {
        faults.push((value.path(), format!("the path {value} does not begin with /")));
    }
    if let Some(method) = matching.get("method").filter(|m| kind == Kind::GrpcRoute && m.text("type") == "RegularExpression") {
        faults.push((method.path_of("type"), "Linkerd matches gRPC methods exactly only, not by a regular expression".to_owned()));
    }
    for header in matching.list("headers") {
        header_name(&header, faults);
    }
    // Expressions in routes of the Gateway API are judged for every implementation.
    if kind == Kind::LinkerdHttpRoute {
        let typed = matching.get("path").into_iter().chain(matching.list("headers")).chain(matching.list("queryParams"));
        for field in typed.filter(|f| f.text("type") == "RegularExpression") {
            if Regex::new(field.text("value")).is_err() {
                faults.push((field.path_of("value"), format!("{:?} is no valid regular expression", field.text("value"))));
            }
        }
    }
}

fn filters(kind: Kind, filter: &Field<'_>, faults: &mut Vec<Fault>) {
    let known = ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect"];
    if kind == Kind::LinkerdHttpRoute && !known.contains(&filter.text("type")) {
        let what = format!("there is no filter {:?} for HTTPRoutes of policy.linkerd.io", filter.text("type"));
        faults.push((filter.path_of("type"), what));
    }
    for modifier in ["requestHeaderModifier", "responseHeaderModifier"].into_iter().filter_map(|name| filter.get(name)) {
        for header in modifier.list("set").chain(modifier.list("add")) {
            header_name(&header, faults);
        }
        for (name, at) in modifier.texts("remove").filter(|(name, _)| !is_header_name(name)) {
            faults.push((at.path(), format!("{name:?} is no name of a header")));
        }
    }
    let Some(path) = filter.at(["requestRedirect", "path"]) else { return };
    let written = ["replaceFullPath", "replacePrefixMatch"].into_iter().find_map(|name| path.get(name));
    match written {
        None => faults.push((path.path(), "the redirect replaces a path, and names neither replaceFullPath nor replacePrefixMatch".to_owned())),
        Some(to) if !to.str().is_some_and(|t| t.starts_with('/')) => {
            faults.push((to.path(), format!("the path {to} does not begin with /")));
        }
        Some(_) => {}
    }
}

fn header_name(header: &Field<'_>, faults: &mut Vec<Fault>) {
    if !is_header_name(header.text("name")) {
        faults.push((header.path_of("name"), format!("{:?} is no name of a header", header.text("name"))));
    }
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn timeouts(limits: &Field<'_>, faults: &mut Vec<Fault>) {
    let mut read = |name: &'static str| -> Option<std::time::Duration> {
        let field = limits.get(name)?;
        match field.str().and_then(go_duration) {
            Some((length, false)) => return Some(length),
            Some((_, true)) => faults.push((field.path(), format!("{name} {field} is negative"))),
            None => faults.push((field.path(), format!("{name} {field} is no duration"))),
        }
        None
    };
    let (request, backend) = (read("request"), read("backendRequest"));
    if let (Some(request), Some(backend)) = (request, backend)
        && backend > request
    {
        let what = format!("backendRequest {} is longer than request {}", limits.text("backendRequest"), limits.text("request"));
        faults.push((limits.path_of("backendRequest"), what));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(kind: Kind, rules: serde_json::Value) -> Vec<String> {
        let object = Object { kind, meta: Default::default(), body: json!({"spec": {"rules": rules}}).into() };
        route_faults(&object).into_iter().map(|(at, _)| at.trim_start_matches("spec.rules").to_owned()).collect()
    }

    #[test]
    fn matches_name_absolute_paths_and_real_headers() {
        let one = |matching: serde_json::Value| paths(Kind::LinkerdHttpRoute, json!([{"matches": [matching]}]));
        assert_eq!(one(json!({"path": {"value": "cart"}})), ["[0].matches[0].path.value"]);
        assert_eq!(one(json!({"path": {"type": "RegularExpression", "value": "/("}})), ["[0].matches[0].path.value"]);
        assert_eq!(one(json!({"headers": [{"name": "x y", "value": "1"}]})), ["[0].matches[0].headers[0].name"]);
        assert!(one(json!({"path": {"type": "RegularExpression", "value": "cart.*"}, "headers": [{"name": "x-y", "value": "1"}]})).is_empty());
        assert!(one(json!({"path": {"type": "Exact"}})).is_empty(), "the path is / then");
    }

    #[test]
    fn grpc_methods_are_matched_exactly() {
        let method = json!([{"matches": [{"method": {"type": "RegularExpression", "service": "a.*"}}]}]);
        assert_eq!(paths(Kind::GrpcRoute, method), ["[0].matches[0].method.type"]);
    }

    #[test]
    fn filters_and_timeouts_are_judged() {
        let one = |rule: serde_json::Value| paths(Kind::LinkerdHttpRoute, json!([rule]));
        assert_eq!(one(json!({"filters": [{"type": "URLRewrite"}]})), ["[0].filters[0].type"]);
        assert_eq!(
            one(json!({"filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "x"}}}]})),
            ["[0].filters[0].requestRedirect.path.replaceFullPath"]
        );
        assert_eq!(one(json!({"timeouts": {"request": "1s", "backendRequest": "2s"}})), ["[0].timeouts.backendRequest"]);
        assert_eq!(one(json!({"timeouts": {"request": "-1s"}})), ["[0].timeouts.request"]);
        assert!(one(json!({"timeouts": {"request": "2s", "backendRequest": "1s"}})).is_empty());
    }

    #[test]
    fn tcp_and_tls_have_one_rule() {
        assert_eq!(paths(Kind::TcpRoute, json!([{}, {}])).len(), 1);
        assert_eq!(paths(Kind::TlsRoute, json!([{}])).len(), 0);
    }
}
