//! ServiceProfiles: one with routes or overrides takes the place of all routes of its Service.

use regex::Regex;

use super::super::url::path_only;
use super::super::{Destination, Request, Route, RuleRef};
use crate::mesh::MeshView;
use crate::model::{Evidence, Field, Kind, Object, Service, Subject, go_duration, quantity};

/// The profile of a Service that clients of a namespace get, if it says anything: their own namespace's before the Service's.
pub(super) fn of<'a>(view: MeshView<'a>, client: &str, service: &Service) -> Option<&'a Object> {
    let own = &service.metadata.namespace;
    let name = format!("{}.{own}.svc.{}", service.metadata.name, view.linkerd.cluster.domain);
    let found = view.index.object(Kind::ServiceProfile, client, &name).or_else(|| view.index.object(Kind::ServiceProfile, own, &name))?;
    let routes = found.spec().list("routes").next().is_some();
    (routes || overrides(found, 0).next().is_some()).then_some(found)
}

/// Whether a profile takes the place of routes for connections that are not looked into, too.
pub(super) fn has_overrides(profile: &Object) -> bool {
    overrides(profile, 0).next().is_some()
}

/// What requests are diverted to, with weights.
fn overrides(profile: &Object, port: u16) -> impl Iterator<Item = (String, i64, f64)> + use<'_> {
    profile.spec().list("dstOverrides").filter_map(move |o| {
        let weight = o.get("weight").and_then(|w| w.number().or_else(|| quantity(w.str()?)))?;
        let authority = o.text("authority");
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, number)) => (host, number.parse().ok()?),
            None => (authority, i64::from(port)),
        };
        (weight > 0.0).then(|| (host.trim_end_matches('.').to_ascii_lowercase(), port, weight))
    })
}

/// What becomes of a request under a profile.
pub(super) fn route(profile: &Object, host: String, request: &Request, http: bool) -> Route {
    let diverted: Vec<_> = overrides(profile, request.port).collect();
    let sum: f64 = diverted.iter().map(|(_, _, weight)| weight).sum();
    let mut route = Route { http, ..Route::to(host, i64::from(request.port)) };
    if !diverted.is_empty() {
        let path = profile.spec().path_of("dstOverrides");
        route.because.push(Evidence::field(profile.reference(), path, "diverts requests"));
        let to = |(host, port, weight): (String, i64, f64)| Destination {
            host: Some(host),
            port: Some(port),
            weight: weight * 100.0 / sum,
            ..Destination::default()
        };
        route.destinations = diverted.into_iter().map(to).collect();
    }
    let routes: Vec<Field<'_>> = profile.spec().list("routes").collect();
    let taken = routes.iter().enumerate().find(|(_, r)| http && r.get("condition").is_some_and(|c| fits(&c, request)));
    if let Some((index, rule)) = taken {
        let timeout = rule.get("timeout").and_then(|t| t.str()).and_then(go_duration).map(|(d, _)| d);
        route.timeout = timeout.filter(|t| !t.is_zero());
        let asks = format!("route {:?}", rule.text("name"));
        route.because.push(Evidence::field(profile.reference(), rule.path(), format!("takes it as {asks}")));
        route.rule = Some(RuleRef { object: profile.reference(), index, path: rule.path(), of: routes.len(), asks });
        if rule.get("isRetryable").and_then(|r| r.bool()) == Some(true) {
            route.retries_from = Some("within the profile's retry budget".to_owned());
        }
    } else if http {
        route.because.push(Evidence::object(profile.reference(), "has no route for it"));
    }
    route
}

fn fits(condition: &Field<'_>, request: &Request) -> bool {
    let mut all = Vec::new();
    if let Some(list) = condition.get("all") {
        all.push(list.items().all(|c| fits(&c, request)));
    }
    if let Some(list) = condition.get("any") {
        all.push(list.items().any(|c| fits(&c, request)));
    }
    if let Some(inner) = condition.get("not") {
        all.push(!fits(&inner, request));
    }
    if let Some(method) = condition.get("method").and_then(|m| m.str()).filter(|m| !m.is_empty()) {
        all.push(method.eq_ignore_ascii_case(&request.method));
    }
    if let Some(pattern) = condition.get("pathRegex").and_then(|p| p.str()).filter(|p| !p.is_empty()) {
        all.push(anchored(pattern).is_some_and(|r| r.is_match(path_only(&request.path))));
    }
    // Several conditions in one place must all hold.
    !all.is_empty() && all.into_iter().all(|holds| holds)
}

/// A regular expression for a whole path; the anchors are put where they are missing, which leaves alternatives half open as in the proxy.
fn anchored(pattern: &str) -> Option<Regex> {
    let pattern = pattern.trim();
    let (head, tail) = (if pattern.starts_with('^') { "" } else { "^" }, if pattern.ends_with('$') { "" } else { "$" });
    Regex::new(&format!("{head}{pattern}{tail}")).ok()
}
