//! A waypoint: the routes of one Service at a time, told apart by the address that was dialled and not by the Host header
//! (istio `pilot/pkg/networking/core/listener_waypoint.go`).

use super::super::{Outcome, Request, Route};
use super::action::{Listening, apply};
use super::gateway::GatewayClusters;
use super::l4::{self, L4Clusters};
use super::matching::{Entry, Proxy, entries};
use super::route_sources::{RouteSource, seen};
use super::services::MeshService;
use super::{Mesh, losers};
use crate::mesh::istio::hosts::overlap;
use crate::model::{Evidence, Service, Subject};

/// What becomes of a request to `service` at the waypoint `proxy`.
pub(super) fn route<'a>(mesh: &Mesh<'a>, proxy: Proxy<'a>, service: &Service, request: &Request) -> Route {
    let port = i64::from(request.port);
    let found = mesh.services.iter().find(|s| s.service.is_some_and(|own| std::ptr::eq(own, service)));
    let Some((own, protocol)) = found.and_then(|s| Some((s, s.port(port)?.protocol))) else {
        return Route::end(Outcome::NotFound, format!("the waypoint has no port {port} of this Service"));
    };
    let sources = sources(mesh, proxy, own);
    let mut route = if protocol.is_tcp() { bytes(mesh, proxy, own, &sources, port) } else { http(mesh, proxy, own, &sources, request) };
    losers::at_waypoint(mesh, own, &sources, proxy, request, &mut route);
    route
}

/// Routes for the Service's host that stand beside it or beside the waypoint.
fn sources<'m, 'a>(mesh: &'m Mesh<'a>, proxy: Proxy<'_>, service: &MeshService<'a>) -> Vec<&'m RouteSource<'a>> {
    let near = |s: &RouteSource<'_>| s.namespace == proxy.namespace.as_str() || s.namespace == service.namespace.as_str();
    let mut all = seen(&mesh.sources, "mesh", proxy.namespace);
    all.retain(|s| near(s) && s.hosts.iter().any(|h| overlap(h, &service.host)));
    all
}

/// The routes of all sources one after the other; none of them leaves the Service itself.
fn http<'a>(mesh: &Mesh<'a>, proxy: Proxy<'a>, service: &MeshService<'a>, sources: &[&RouteSource<'a>], request: &Request) -> Route {
    let port = i64::from(request.port);
    let of_client = |e: &Entry<'_, '_>| e.matched.is_some_and(|m| !m.source_labels.is_empty());
    let all: Vec<Entry<'_, 'a>> = sources.iter().flat_map(|s| entries(s, proxy, "mesh", port)).filter(|e| !of_client(e)).collect();
    let clusters = GatewayClusters { mesh, proxy };
    if all.is_empty() {
        let (retries, from) = mesh.default_retries();
        let because = vec![Evidence::object(service.reference.clone(), "no route is for it: all requests go to the Service itself")];
        return Route { http: true, retries, retries_from: Some(from), because, ..Route::to(service.host.clone(), port) };
    }
    let seen = mesh.seen(request, "http");
    match all.iter().find(|e| e.matched.is_none_or(|m| seen.misses(m).is_none())) {
        Some(entry) => apply(entry, &seen, Listening { port, tls: false }, &clusters),
        None => {
            let mut route = Route { http: true, ..Route::end(Outcome::NotFound, format!("no rule for {} takes it", service.host)) };
            let misses = all.iter().filter_map(|e| Some((e, e.matched?, seen.misses(e.matched?)?)));
            route.because.extend(misses.map(|(e, m, why)| Evidence::field(e.rule.at.object.reference(), m.path.clone(), why)));
            route
        }
    }
}

/// Rules for TLS before those for TCP; server names are not looked at, except that a rule must name the Service's own.
fn bytes<'a>(mesh: &Mesh<'a>, proxy: Proxy<'a>, service: &MeshService<'a>, sources: &[&RouteSource<'a>], port: i64) -> Route {
    let clusters = L4Clusters { mesh, proxy };
    let of_mesh = |gateways: &[String], number: i64| (gateways.is_empty() || gateways.iter().any(|g| g == "mesh")) && (number == 0 || number == port);
    let anybody = |m: &super::rules::L4Match| m.source_labels.is_empty() && m.source_namespace.is_empty() && of_mesh(&m.gateways, m.port);
    let named = |m: &super::rules::L4Match| matches!(m.sni.as_slice(), [only] if *only == service.host) && anybody(m);
    let mut tls = sources.iter().flat_map(|s| &s.tls);
    let mut tcp = sources.iter().flat_map(|s| &s.tcp);
    let rule = tls.find(|r| r.matches.is_empty() || r.matches.iter().any(named));
    let rule = rule.or_else(|| tcp.find(|r| r.matches.is_empty() || r.matches.iter().any(anybody)));
    match rule {
        Some(rule) => l4::apply(rule, "connections".to_owned(), port, &clusters),
        None => {
            let because = vec![Evidence::object(service.reference.clone(), "no route is for its connections: they go to the Service itself")];
            Route { because, ..Route::to(service.host.clone(), port) }
        }
    }
}
