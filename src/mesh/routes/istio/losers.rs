//! Routes that are for the same host and do not take the request, each with the reason.

use super::super::{Loser, Outcome, Request, Route};
use super::Mesh;
use super::matching::{Proxy, Seen, given};
use super::route_sources::RouteSource;
use super::rules::HttpRule;
use super::scope::EgressListener;
use super::services::MeshService;
use super::sidecar::Sidecar;
use crate::mesh::istio::hosts::covers;
use crate::mesh::resolve::{Name, full_name};

/// For the service that a client's sidecar is asked for.
pub(super) fn add<'a>(sidecar: &Sidecar<'_, 'a>, listener: &EgressListener, name: &Name<'a>, request: &Request, route: &mut Route) {
    let host = name.service().map_or_else(|| name.full.clone(), |s| full_name(sidecar.mesh.view, s));
    let port = i64::from(request.port);
    let seen = sidecar.mesh.seen(request, "http");
    for source in sidecar.mesh.sources.iter().filter(|c| c.hosts.iter().any(|h| covers(h, &host))) {
        let namespace = sidecar.scope.namespace;
        if is_winner(source, route) {
            rules_before(source, &seen, route, &|m| given(m, sidecar.proxy, "mesh", port));
            continue;
        }
        let why = if !source.is_for("mesh") {
            format!("is for {} only, not for sidecars", source.gateways.join(", "))
        } else if !source.visibility.includes(namespace) {
            format!("is not exported to namespace {namespace}")
        } else if !sidecar.scope.imports_source(listener, source) {
            "is not imported by the client's Sidecar".to_owned()
        } else if source.gateway_api && source.namespace != namespace && name.service().is_some_and(|s| *source.namespace != *s.metadata.namespace) {
            "is in neither the client's nor the Service's namespace".to_owned()
        } else if !route.http {
            continue;
        } else if source.http.iter().all(|r| !r.matches.is_empty() && r.matches.iter().all(|m| given(m, sidecar.proxy, "mesh", port).is_some())) {
            "has no rule for this client and port".to_owned()
        } else if let Some(winner) = route.rule.as_ref().map(|r| r.object.to_string()) {
            format!("loses the host to {winner}, which comes first")
        } else {
            continue;
        };
        push(route, source, "spec".to_owned(), why);
    }
}

/// For a host that a gateway is asked for.
pub(super) fn at_gateway(mesh: &Mesh<'_>, gateways: &[String], request: &Request, route: &mut Route) {
    let host = request.host_name();
    for source in mesh.sources.iter().filter(|c| c.hosts.iter().any(|h| covers(h, &host)) && !c.is_for("mesh")) {
        if !is_winner(source, route) && !source.gateways.iter().any(|g| gateways.contains(g)) {
            push(route, source, "spec.gateways".to_owned(), format!("is for {}", source.gateways.join(", ")));
        }
    }
}

/// For the Service that a waypoint is asked for; `taken` are the routes that it reads for it.
pub(super) fn at_waypoint<'a>(
    mesh: &Mesh<'a>,
    service: &MeshService<'a>,
    taken: &[&RouteSource<'a>],
    proxy: Proxy<'_>,
    request: &Request,
    route: &mut Route,
) {
    let seen = mesh.seen(request, "http");
    let port = i64::from(request.port);
    let given = |m: &super::rules::HttpMatch| {
        let of_client = !m.source_labels.is_empty();
        given(m, proxy, "mesh", port).or_else(|| of_client.then(|| "asks for labels of the client, which waypoints pass over".to_owned()))
    };
    for source in mesh.sources.iter().filter(|c| c.hosts.iter().any(|h| covers(h, &service.host))) {
        if is_winner(source, route) {
            rules_before(source, &seen, route, &given);
        } else if !source.is_for("mesh") {
            push(route, source, "spec".to_owned(), format!("is for {} only, not for waypoints", source.gateways.join(", ")));
        } else if !taken.iter().any(|t| std::ptr::eq(*t, source)) {
            push(route, source, "spec".to_owned(), "is in neither the waypoint's nor the Service's namespace, or not exported to it".to_owned());
        } else if let Some(winner) = route.rule.as_ref().map(|r| r.object.to_string()) {
            push(route, source, "spec".to_owned(), format!("{winner} comes first, or none of its rules takes the request"));
        }
    }
}

/// Rules for a host that are left to delegates and come to nothing: the reason, where no other rule takes the request.
pub(super) fn left_to_nobody(mesh: &Mesh<'_>, hosts: &[&str], request: &Request, route: &mut Route) {
    let seen = mesh.seen(request, "http");
    let of_hosts = |source: &&RouteSource<'_>| source.hosts.iter().any(|own| hosts.iter().any(|host| covers(own, host)));
    let dropped = mesh.sources.iter().filter(of_hosts).flat_map(|source| &source.dropped);
    let takes = |root: &HttpRule<'_>| root.matches.is_empty() || root.matches.iter().any(|m| seen.misses(m).is_none());
    for (nth, because) in dropped.filter(|d| takes(&d.root)).map(|d| &d.because).enumerate() {
        if let (Some(object), path) = (&because.object, because.path.clone().unwrap_or_default()) {
            route.losers.push(Loser { object: object.clone(), path, text: because.text.clone() });
        }
        if nth == 0 && route.outcome == Outcome::NotFound {
            let who = because.object.as_ref().map_or_else(String::new, |o| format!("{o}: "));
            route.why = format!("{}; {who}{}", route.why, because.text);
            route.because.insert(0, because.clone());
        }
    }
}

fn is_winner(source: &RouteSource<'_>, route: &Route) -> bool {
    let of = |object: &crate::model::ObjectRef| {
        *object == source.reference() || source.http.iter().any(|r| crate::model::Subject::reference(r.at.object) == *object)
    };
    route.rule.as_ref().is_some_and(|rule| of(&rule.object))
}

fn rules_before(source: &RouteSource<'_>, seen: &Seen<'_>, route: &mut Route, given: &dyn Fn(&super::rules::HttpMatch) -> Option<String>) {
    let Some(winner) = route.rule.clone() else { return };
    for rule in &source.http {
        if rule.at.path == winner.path {
            break;
        }
        let why = rule.matches.iter().find_map(|m| given(m).or_else(|| seen.misses(m)));
        if let Some(why) = why {
            let object = crate::model::Subject::reference(rule.at.object);
            route.losers.push(Loser { object, path: rule.at.path.clone(), text: why });
        }
    }
}

fn push(route: &mut Route, source: &RouteSource<'_>, path: String, text: String) {
    route.losers.push(Loser { object: source.reference(), path, text });
}
