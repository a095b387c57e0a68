//! Connections that are carried as bytes: `tcp` and `tls` rules of VirtualServices, TCPRoutes and TLSRoutes.

use super::super::{Destination, Outcome, Request, Route, RuleRef};
use super::Mesh;
use super::action::{Clusters, destination};
use super::matching::{Proxy, l4_given};
use super::route_sources::RouteSource;
use super::rules::{L4Match, L4Rule, Target};
use super::services::MeshService;
use super::sidecar::Sidecar;
use crate::mesh::istio::hosts::{covers, overlap};
use crate::model::{Evidence, Subject};

/// The clusters of a connection: a destination without a port has its service's only one, else the connection's.
pub(super) struct L4Clusters<'m, 'a> {
    pub mesh: &'m Mesh<'a>,
    pub proxy: Proxy<'a>,
}

impl Clusters for L4Clusters<'_, '_> {
    fn cluster(&self, target: &Target<'_>, port: i64) -> (String, i64) {
        let service = self.mesh.visible(&target.host, self.proxy.namespace);
        let host = service.and_then(|s| s.external_name.clone()).unwrap_or_else(|| target.host.clone());
        let only = service.filter(|s| s.ports.len() == 1).map(|s| s.ports[0].number);
        (host, target.port.or(only).unwrap_or(port))
    }

    fn missing(&self, host: &str, port: i64, subset: &str) -> Option<String> {
        self.mesh.missing(self.proxy, host, port, subset)
    }

    fn default_retries(&self) -> (u32, String) {
        (0, String::new())
    }
}

/// What a rule does with a connection.
pub(super) fn apply(rule: &L4Rule<'_>, asks: String, port: i64, clusters: &L4Clusters<'_, '_>) -> Route {
    let object = rule.at.object.reference();
    let single = rule.destinations.len() == 1;
    let weighed: Vec<&Target<'_>> = rule.destinations.iter().filter(|d| single || d.weight > 0).collect();
    let sum: i64 = weighed.iter().map(|d| d.weight).sum();
    let share = |d: &Target<'_>| if single { 100.0 } else { d.weight as f64 * 100.0 / sum as f64 };
    let destinations: Vec<Destination> = weighed.iter().map(|d| destination(d, share(d), port, clusters, &object)).collect();
    Route {
        because: vec![Evidence::field(object.clone(), rule.at.path.clone(), format!("takes {asks}"))],
        rule: Some(RuleRef { object, index: rule.at.index, path: rule.at.path.clone(), of: rule.at.of, asks }),
        destinations,
        ..Route::default()
    }
}

/// A connection to a service that has a listener of its own.
pub(super) fn sidecar<'a>(sidecar: &Sidecar<'_, 'a>, service: &MeshService<'a>, sources: &[&RouteSource<'a>], request: &Request) -> Route {
    let port = i64::from(request.port);
    let clusters = L4Clusters { mesh: sidecar.mesh, proxy: sidecar.proxy };
    let own: Vec<&&RouteSource<'a>> = sources.iter().filter(|c| c.hosts.iter().any(|h| overlap(h, &service.host))).collect();
    let tls = service.port(port).is_some_and(|p| p.protocol.is_tls());
    let given = |m: &L4Match| l4_given(m, sidecar.proxy, "mesh", port);
    if tls {
        let rules: Vec<_> = own.iter().flat_map(|c| &c.tls).filter(|r| !r.destinations.is_empty()).collect();
        let matches: Vec<_> = rules.iter().flat_map(|r| r.matches.iter().filter(|m| given(m)).map(move |m| (*r, m))).collect();
        if !matches.is_empty() {
            return by_sni(&matches, request, port, &clusters).unwrap_or_else(|| sidecar.leaves("no TLS rule is for its server name"));
        }
    } else {
        for rule in own.iter().flat_map(|c| &c.tcp).filter(|r| !r.destinations.is_empty()) {
            if rule.matches.is_empty() || rule.matches.iter().any(|m| given(m) && m.subnets.is_empty()) {
                return apply(rule, "connections".to_owned(), port, &clusters);
            }
        }
    }
    let only = if service.ports.len() == 1 { service.ports[0].number } else { port };
    let because = vec![Evidence::object(service.reference.clone(), "no route is for its connections: they go to the service itself")];
    Route { because, ..Route::to(service.host.clone(), only) }
}

/// The rule whose server name fits best.
fn by_sni(matches: &[(&L4Rule<'_>, &L4Match)], request: &Request, port: i64, clusters: &L4Clusters<'_, '_>) -> Option<Route> {
    let name = request.server_name();
    let fitting = matches.iter().enumerate().flat_map(|(i, (_, m))| m.sni.iter().map(move |s| (s, i))).filter(|(sni, _)| covers(sni, &name));
    let (sni, i) = fitting.max_by_key(|(sni, i)| (!sni.starts_with('*'), sni.len(), std::cmp::Reverse(*i)))?;
    Some(apply(matches[i].0, format!("server name {sni}"), port, clusters))
}

/// A connection that only its server name assigns to a service: entries without an address share one listener.
pub(super) fn by_server_name<'a>(sidecar: &Sidecar<'_, 'a>, services: &[&MeshService<'a>], sources: &[&RouteSource<'a>], request: &Request) -> Route {
    let port = i64::from(request.port);
    let name = request.server_name();
    let tls = |s: &&&MeshService<'a>| s.port(port).is_some_and(|p| p.protocol.is_tls());
    let clusters = L4Clusters { mesh: sidecar.mesh, proxy: sidecar.proxy };
    let given = |m: &L4Match| l4_given(m, sidecar.proxy, "mesh", port);
    let secured: Vec<&&MeshService<'a>> = services.iter().filter(tls).collect();
    let for_these = |c: &&&RouteSource<'a>| secured.iter().any(|s| c.hosts.iter().any(|h| overlap(h, &s.host)));
    let rules: Vec<_> = sources.iter().filter(for_these).flat_map(|c| &c.tls).filter(|r| !r.destinations.is_empty()).collect();
    let matches: Vec<_> = rules.iter().flat_map(|r| r.matches.iter().filter(|m| given(m)).map(move |m| (*r, m))).collect();
    if let Some(route) = by_sni(&matches, request, port, &clusters) {
        return route;
    }
    let named = secured.iter().filter(|s| covers(&s.host, &name)).max_by_key(|s| (!s.host.starts_with('*'), s.host.len()));
    let bytes = || services.iter().find(|s| s.port(port).is_some_and(|p| p.protocol.is_tcp() && !p.protocol.is_tls()));
    match named.map(|s| **s).or_else(|| bytes().copied()) {
        Some(service) => self::sidecar(sidecar, service, sources, request),
        None => sidecar.leaves(&format!("no service on port {port} goes by the server name {name}")),
    }
}

/// A connection to a gateway's server that does not look at requests.
pub(super) fn gateway(
    sources: &[(&RouteSource<'_>, String)],
    tls: bool,
    request: &Request,
    port: i64,
    clusters: &L4Clusters<'_, '_>,
    of: Proxy<'_>,
) -> Route {
    if tls {
        let mut matches = Vec::new();
        for (source, gateway) in sources {
            for rule in source.tls.iter().filter(|r| !r.destinations.is_empty()) {
                matches.extend(rule.matches.iter().filter(|m| l4_given(m, of, gateway, port)).map(|m| (rule, m)));
            }
        }
        let why = format!("no TLS rule is for the server name {}", request.server_name());
        return by_sni(&matches, request, port, clusters).unwrap_or_else(|| Route::end(Outcome::NotFound, why));
    }
    for (source, gateway) in sources {
        for rule in source.tcp.iter().filter(|r| !r.destinations.is_empty()) {
            if rule.matches.is_empty() || rule.matches.iter().any(|m| l4_given(m, of, gateway, port)) {
                return apply(rule, "connections".to_owned(), port, clusters);
            }
        }
    }
    Route::end(Outcome::NotFound, "no TCP rule is for this server of the gateway")
}
