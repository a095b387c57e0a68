//! Routes that the policy controller drops as a whole.

use super::settings::{Timeouts, retry};
use crate::mesh::linkerd::routes::{supports_filter, unreadable_match};
use crate::model::{Kind, Object};

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
    }
    unreadable_match(route).map(|(field, what)| (field.path(), format!("{what}: Linkerd drops the whole route")))
}
