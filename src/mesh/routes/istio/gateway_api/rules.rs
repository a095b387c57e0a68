//! Rules of HTTPRoutes and GRPCRoutes as rules of a VirtualService.

use std::collections::BTreeMap;

use super::backends::{Backend, backend, is_there};
use crate::mesh::MeshView;
use crate::mesh::routes::istio::rules::{Copies, HttpMatch, HttpRule, Place, RedirectPort, RedirectTo, Retries, RewriteTo, Target};
use crate::mesh::routes::text::Text;
use crate::model::{Field, Kind, Object, go_duration};

/// The rules of an HTTPRoute or GRPCRoute, split so that each has one match; nothing when the route as a whole is refused.
pub(super) fn rules<'a>(view: MeshView<'a>, route: &'a Object, mesh: bool) -> Option<Vec<HttpRule<'a>>> {
    let fields: Vec<Field<'a>> = route.spec().list("rules").collect();
    let mut found = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let at = Place { object: route, index, of: fields.len(), path: field.path() };
        let rule = rule(view, route, field, at, mesh)?;
        let matches: Vec<Field<'a>> = field.list("matches").collect();
        if matches.is_empty() {
            // The API server fills in the prefix `/` for an HTTPRoute without matches.
            let everything = HttpMatch { path: field.path(), uri: Some(Text::Prefix("/".to_owned())), segments: true, ..HttpMatch::default() };
            let matches = if route.kind == Kind::HttpRoute { vec![everything] } else { Vec::new() };
            found.push(HttpRule { matches, ..rule });
            continue;
        }
        for m in matches {
            let matched = if route.kind == Kind::GrpcRoute { grpc_match(&m) } else { http_match(&m) };
            found.push(HttpRule { matches: vec![matched], ..rule.clone() });
        }
    }
    Some(found)
}

fn rule<'a>(view: MeshView<'a>, route: &'a Object, field: &Field<'a>, at: Place<'a>, mesh: bool) -> Option<HttpRule<'a>> {
    let grpc = route.kind == Kind::GrpcRoute;
    let mut rule = HttpRule {
        at,
        matches: Vec::new(),
        destinations: Vec::new(),
        redirect: None,
        direct_response: None,
        timeout: None,
        retries: None,
        rewrite: None,
        mirrors: Vec::new(),
        faults: Vec::new(),
        authority: None,
        gateway_api: true,
    };
    for filter in field.list("filters") {
        match filter.text("type") {
            "RequestHeaderModifier" => rule.authority = set_authority(filter.get("requestHeaderModifier")),
            "ResponseHeaderModifier" => {}
            "RequestRedirect" if !grpc => rule.redirect = filter.get("requestRedirect").map(|r| redirect(&r)),
            "URLRewrite" if !grpc => rule.rewrite = filter.get("urlRewrite").and_then(|r| rewrite(&r)),
            "CORS" if !grpc => {}
            "RequestMirror" => {
                let mirror = filter.get("requestMirror")?;
                match backend(view, route, &mirror.get("backendRef")?, mesh) {
                    Backend::Target(target) if target.invalid.is_none() && is_there(view, &target.host) => {
                        rule.mirrors.push(Copies { target, percent: mirror_percent(&mirror) });
                    }
                    // A GRPCRoute with a mirror that cannot be is refused as a whole; an HTTPRoute goes on without.
                    _ if grpc => return None,
                    _ => {}
                }
            }
            _ => return None,
        }
    }
    rule.mirrors.retain(|m| m.percent > 0.0);
    if !grpc {
        let duration = |name: &str| field.at(["timeouts", name]).and_then(|f| f.str()).and_then(go_duration).map(|(d, _)| d).filter(|d| !d.is_zero());
        rule.retries = field.get("retry").map(|r| Retries { attempts: r.get("attempts").and_then(|a| a.int()).unwrap_or(2) });
        // Without `retry`, the time for one try takes the place of the time for all.
        rule.timeout = duration("backendRequest").filter(|_| rule.retries.is_none()).or_else(|| duration("request"));
    }
    let backends: Vec<Field<'a>> = field.list("backendRefs").collect();
    let weight = |b: &Field<'_>| b.get("weight").and_then(|w| w.int()).unwrap_or(1);
    if backends.iter().map(weight).sum::<i64>() == 0 {
        if rule.redirect.is_none() {
            rule.direct_response = Some(500);
        }
        return Some(rule);
    }
    for reference in backends.iter().filter(|b| weight(b) != 0) {
        let Backend::Target(target) = backend(view, route, reference, mesh) else { return None };
        let mut authority = None;
        for filter in reference.list("filters") {
            match filter.text("type") {
                "RequestHeaderModifier" => authority = set_authority(filter.get("requestHeaderModifier")),
                "ResponseHeaderModifier" => {}
                _ => return None,
            }
        }
        rule.destinations.push(Target { weight: weight(reference), authority, ..target });
    }
    Some(rule)
}

fn mirror_percent(mirror: &Field<'_>) -> f64 {
    let fraction = mirror.get("fraction").map(|f| {
        let denominator = f.get("denominator").and_then(|d| d.number()).unwrap_or(100.0);
        100.0 * f.get("numerator").and_then(|n| n.number()).unwrap_or(0.0) / denominator
    });
    fraction.or_else(|| mirror.get("percent")?.number()).unwrap_or(100.0)
}

/// A Host header that a filter sets; of equal names the first counts.
fn set_authority(modifier: Option<Field<'_>>) -> Option<String> {
    let modifier = modifier?;
    ["set", "add"].into_iter().find_map(|operation| {
        let header = modifier.list(operation).find(|h| h.text("name").eq_ignore_ascii_case("host"))?;
        Some(header.text("value").to_owned())
    })
}

fn redirect(field: &Field<'_>) -> RedirectTo {
    let scheme = field.text("scheme").to_owned();
    let port = match field.get("port").and_then(|p| p.int()) {
        Some(port) => RedirectPort::Given(port),
        None if scheme.is_empty() => RedirectPort::OfRequest,
        None => RedirectPort::Unset,
    };
    let path = field.get("path");
    let part = |kind: &str, name: &str| path.as_ref().filter(|p| p.text("type") == kind).map(|p| p.text(name).to_owned()).unwrap_or_default();
    RedirectTo {
        uri: part("ReplaceFullPath", "replaceFullPath"),
        prefix: part("ReplacePrefixMatch", "replacePrefixMatch"),
        authority: field.text("hostname").to_owned(),
        scheme,
        port,
        code: field.get("statusCode").and_then(|c| c.int()).unwrap_or(302),
    }
}

fn rewrite(field: &Field<'_>) -> Option<RewriteTo> {
    let mut to = RewriteTo { authority: field.text("hostname").to_owned(), ..RewriteTo::default() };
    if let Some(path) = field.get("path") {
        match path.text("type") {
            "ReplacePrefixMatch" => {
                let uri = path.text("replacePrefixMatch");
                let uri = uri.strip_suffix('/').unwrap_or(uri);
                to.uri = if uri.is_empty() { "/".to_owned() } else { uri.to_owned() };
            }
            "ReplaceFullPath" => to.regex = Some(("/.*".to_owned(), path.text("replaceFullPath").to_owned())),
            _ => {}
        }
    }
    (!to.uri.is_empty() || to.regex.is_some() || !to.authority.is_empty()).then_some(to)
}

fn texts(field: &Field<'_>, list: &str) -> BTreeMap<String, Text> {
    field.list(list).map(|item| (item.text("name").to_owned(), Text::of_gateway(&item))).collect()
}

fn http_match(field: &Field<'_>) -> HttpMatch {
    let path = field.get("path");
    let value = path.as_ref().and_then(|p| p.get("value")).and_then(|v| v.str()).unwrap_or("/");
    let uri = match path.as_ref().map(|p| p.text("type")).unwrap_or_default() {
        "Exact" => Text::Exact(value.to_owned()),
        "RegularExpression" => Text::Regex(value.to_owned()),
        _ if value == "/" => Text::Prefix(value.to_owned()),
        _ => Text::Prefix(value.strip_suffix('/').unwrap_or(value).to_owned()),
    };
    let method = Some(field.text("method")).filter(|m| !m.is_empty()).map(|m| Text::Exact(m.to_owned()));
    HttpMatch {
        path: field.path(),
        uri: Some(uri),
        method,
        headers: texts(field, "headers"),
        query: texts(field, "queryParams"),
        segments: true,
        ..HttpMatch::default()
    }
}

fn grpc_match(field: &Field<'_>) -> HttpMatch {
    let uri = field.get("method").map(|m| {
        let part = |name: &str| Some(m.text(name)).filter(|t| !t.is_empty());
        match (m.text("type") == "RegularExpression", part("service"), part("method")) {
            (false, Some(service), None) => Text::Prefix(format!("/{service}/")),
            (false, Some(service), Some(method)) => Text::Exact(format!("/{service}/{method}")),
            (true, Some(service), None) => Text::Regex(format!("/{service}/.+")),
            (true, Some(service), Some(method)) => Text::Regex(format!("/{service}/{method}")),
            (_, None, method) => Text::Regex(format!("/[^/]+/{}", method.unwrap_or_default())),
        }
    });
    HttpMatch { path: field.path(), uri, headers: texts(field, "headers"), segments: true, ..HttpMatch::default() }
}
