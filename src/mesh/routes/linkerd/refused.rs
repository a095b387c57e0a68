//! Routes that the policy controller drops as a whole.

use super::settings::{Timeouts, retry};
use crate::mesh::linkerd::routes::supports_filter;
use crate::model::{Field, Kind, Object};

/// Why the policy controller takes no notice of a route at all, if it does not: the field and the reason.
pub(super) fn refused(route: &Object) -> Option<(String, String)> {
    let spec = route.spec();
    if matches!(route.kind, Kind::TlsRoute | Kind::TcpRoute) {
        let rules = spec.list("rules").count();
        return (rules != 1).then(|| (spec.path_of("rules"), format!("has {rules} rules, and only one is supported")));
    }
    let grpc = route.kind == Kind::GrpcRoute;
    if Timeouts::read(&route.meta.annotations).is_none() || retry(&route.meta.annotations, grpc).is_err() {
        return Some(("metadata.annotations".to_owned(), "has a retry or timeout annotation that cannot be read, so it is dropped".to_owned()));
    }
    for rule in spec.list("rules") {
        if let Some(filter) = rule.list("filters").find(|f| !supports_filter(route.kind, f)) {
            return Some((
                filter.path_of("type"),
                format!("has filter {}, which Linkerd does not support: it drops the whole route", filter.text("type")),
            ));
        }
        for m in rule.list("matches") {
            let bad = |p: &Field<'_>| {
                let value = p.get("value").and_then(|v| v.str()).unwrap_or("/");
                if p.text("type") == "RegularExpression" { regex::Regex::new(value).is_err() } else { !grpc && !value.starts_with('/') }
            };
            if let Some(path) = m.get("path").filter(|p| !grpc && bad(p)) {
                return Some((path.path(), "has a path that cannot be read: Linkerd drops the whole route".to_owned()));
            }
            if let Some(method) = m.get("method").filter(|f| grpc && f.text("type") == "RegularExpression") {
                return Some((method.path(), "matches methods by regular expression: Linkerd drops the whole route".to_owned()));
            }
            let values = m.list("headers").chain(m.list("queryParams"));
            if let Some(field) = values.into_iter().find(|f| f.text("type") == "RegularExpression" && regex::Regex::new(f.text("value")).is_err()) {
                return Some((field.path(), "has a regular expression that cannot be read: Linkerd drops the whole route".to_owned()));
            }
        }
    }
    None
}
