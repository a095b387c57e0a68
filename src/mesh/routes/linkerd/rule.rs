//! A rule of a route: what it asks for, and where it sends clients on to.

use super::super::url::{path_only, query};
use super::super::{Redirect, Request, without_port};
use crate::mesh::linkerd::route_match::Fit;
use crate::model::Field;

/// What a rule asks for, in words.
pub(super) fn asked(rule: &Field<'_>) -> String {
    let one = |m: Field<'_>| {
        let mut parts = Vec::new();
        match m.get("method") {
            Some(method) if method.is_map() => parts.push(format!("calls of {}/{}", or_any(method.text("service")), or_any(method.text("method")))),
            Some(method) => parts.extend(method.str().map(|text| format!("method {text}"))),
            None => {}
        }
        if let Some(path) = m.get("path") {
            let value = path.get("value").and_then(|v| v.str()).unwrap_or("/").to_owned();
            parts.push(match path.text("type") {
                "Exact" => format!("path {value}"),
                "RegularExpression" => format!("paths like {value}"),
                _ => format!("paths under {value}"),
            });
        }
        parts.extend(m.list("headers").map(|h| format!("header {} {:?}", h.text("name"), h.text("value"))));
        parts.extend(m.list("queryParams").map(|q| format!("parameter {} {:?}", q.text("name"), q.text("value"))));
        parts.join(", ")
    };
    let matches: Vec<String> = rule.list("matches").map(one).filter(|text| !text.is_empty()).collect();
    if matches.is_empty() { "every request".to_owned() } else { matches.join(" or ") }
}

fn or_any(text: &str) -> &str {
    if text.is_empty() { "*" } else { text }
}

/// The answer of a redirect; nothing when it leads to where the request already is, an error when the proxy cannot make one.
pub(super) fn redirect(field: &Field<'_>, rule: &Field<'_>, fit: Fit, request: &Request) -> Result<Option<Redirect>, ()> {
    let authority = request.authority();
    let bare = without_port(&authority);
    let scheme = Some(field.text("scheme")).filter(|s| !s.is_empty()).unwrap_or("http");
    let default = |port: i64| matches!((scheme, port), ("http", 80) | ("https", 443));
    let own_port = authority.get(bare.len() + 1..).and_then(|p| p.parse::<i64>().ok());
    let host = match (field.text("hostname"), field.get("port").and_then(|p| p.int())) {
        ("", None) => authority.clone(),
        ("", Some(port)) if default(port) => bare.to_owned(),
        ("", Some(port)) => format!("{bare}:{port}"),
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => own_port.filter(|p| !default(*p)).map_or_else(|| host.to_owned(), |p| format!("{host}:{p}")),
    };
    let path = match field.get("path") {
        None => request.path.clone(),
        Some(path) if path.text("type") == "ReplaceFullPath" => path.text("replaceFullPath").to_owned(),
        Some(path) => {
            // Only what a prefix matched can be replaced.
            let mut others = rule.list("matches").filter_map(|m| m.get("path"));
            let only = path_only(&request.path);
            if others.any(|p| matches!(p.text("type"), "Exact" | "RegularExpression")) || fit.path.0 > only.len() {
                return Err(());
            }
            let rest = only.get(fit.path.0..).unwrap_or_default();
            let slash = if !rest.is_empty() && !rest.starts_with('/') { "/" } else { "" };
            format!("{}{slash}{rest}{}", path.text("replacePrefixMatch"), query(&request.path))
        }
    };
    let location = format!("{scheme}://{host}{path}");
    let code = field.get("statusCode").and_then(|c| c.int()).and_then(|c| u16::try_from(c).ok()).unwrap_or(302);
    Ok((location != format!("http://{authority}{}", request.path)).then_some(Redirect { code, location }))
}
