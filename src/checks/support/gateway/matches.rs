//! What a rule of a route matches, in one spelling, so that equal matches compare equal.

use crate::model::{Field, Kind, Object};

/// Every match of a route with its spelling; a rule without matches takes every request.
pub(in crate::checks) fn all(route: &Object) -> Vec<(String, Field<'_>)> {
    let mut found = Vec::new();
    for rule in route.spec().list("rules") {
        let mut matches = rule.list("matches").peekable();
        if matches.peek().is_none() {
            found.push((EVERYTHING.to_owned(), rule));
        } else {
            found.extend(matches.map(|m| (spelling(&m), m)));
        }
    }
    if matches!(route.kind, Kind::HttpRoute | Kind::GrpcRoute) { found } else { Vec::new() }
}

const EVERYTHING: &str = "PathPrefix /";

/// Path, method, headers and query parameters with defaults filled in and lists sorted.
fn spelling(matching: &Field<'_>) -> String {
    let typed = |field: &Field<'_>, default: &str| {
        let kind = field.text("type");
        if kind.is_empty() { default.to_owned() } else { kind.to_owned() }
    };
    let path = |path: Field<'_>| {
        let value = path.text("value");
        format!("{} {}", typed(&path, "PathPrefix"), if value.is_empty() { "/" } else { value })
    };
    // In a GRPCRoute the method is a map of service and method, and stands for the path.
    let (path, method) = match (matching.get("path"), matching.get("method")) {
        (_, Some(method)) if method.str().is_none() => {
            (String::new(), format!("{} {:?}/{:?}", typed(&method, "Exact"), method.text("service"), method.text("method")))
        }
        (at, method) => (at.map_or(EVERYTHING.to_owned(), path), method.and_then(|m| m.str()).unwrap_or_default().to_owned()),
    };
    let pairs = |list: &'static str, ignore_case: bool| {
        let mut pairs: Vec<String> = matching
            .list(list)
            .map(|p| {
                let name = if ignore_case { p.text("name").to_ascii_lowercase() } else { p.text("name").to_owned() };
                format!("{name:?} {} {:?}", typed(&p, "Exact"), p.text("value"))
            })
            .collect();
        pairs.sort();
        pairs.join(",")
    };
    let parts = [path, method, pairs("headers", true), pairs("queryParams", false)];
    let said: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
    said.join(" ")
}
