//! Connections that are carried as bytes: `tcp` and `tls` rules of VirtualServices, TCPRoutes and TLSRoutes
//! (istio `pilot/pkg/networking/core/{tls,gateway}.go`).

use std::cmp::Reverse;
use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::super::{Destination, Outcome, Request, Route, RuleRef};
use super::Mesh;
use super::action::{Clusters, destination};
use super::matching::{Proxy, l4_given, l4_given_at_gateway};
use super::route_sources::RouteSource;
use super::rules::{L4Match, L4Rule, Target};
use super::services::MeshService;
use super::sidecar::Sidecar;
use crate::mesh::istio::hosts::{covers, overlap};
use crate::model::{Evidence, Kind, Subject};

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
    let address = service.addresses.iter().find_map(|a| a.parse().ok());
    if tls {
        let rules: Vec<_> = own.iter().flat_map(|c| &c.tls).filter(|r| !r.destinations.is_empty()).collect();
        let matches: Vec<_> = rules.iter().flat_map(|r| r.matches.iter().filter(|m| given(m)).map(move |m| (*r, m))).collect();
        if !matches.is_empty() {
            let nearest = for_address(&matches, address);
            return by_sni(&nearest, request, port, &clusters).unwrap_or_else(|| sidecar.leaves("no TLS rule is for its server name"));
        }
    } else if let Some(rule) = by_address(own.iter().flat_map(|c| &c.tcp), address, given) {
        return apply(rule, "connections".to_owned(), port, &clusters);
    }
    let only = if service.ports.len() == 1 { service.ports[0].number } else { port };
    let because = vec![Evidence::object(service.reference.clone(), "no route is for its connections: they go to the service itself")];
    Route { because, ..Route::to(service.host.clone(), only) }
}

/// How closely networks hold an address: by the longest prefix; nothing where none does.
fn closeness(networks: &[String], address: Option<IpAddr>) -> Option<u8> {
    let nets = networks.iter().filter_map(|n| n.parse::<IpNet>().ok().or_else(|| n.parse::<IpAddr>().ok().map(IpNet::from)));
    nets.filter(|net| address.is_some_and(|a| net.contains(&a))).map(|net| net.prefix_len()).max()
}

/// The `tcp` rule for an address: the first for every address ends the list, and one for networks that hold it goes before that.
fn by_address<'r, 'a: 'r>(
    rules: impl Iterator<Item = &'r L4Rule<'a>>,
    address: Option<IpAddr>,
    given: impl Fn(&L4Match) -> bool,
) -> Option<&'r L4Rule<'a>> {
    let (mut nearest, mut any): (Option<(u8, &L4Rule<'_>)>, _) = (None, None);
    for rule in rules.filter(|r| !r.destinations.is_empty()) {
        if rule.matches.is_empty() || rule.matches.iter().any(|m| given(m) && m.subnets.is_empty()) {
            any = Some(rule);
            break;
        }
        let networks: Vec<String> = rule.matches.iter().filter(|m| given(m)).flat_map(|m| m.subnets.iter().cloned()).collect();
        if let Some(length) = closeness(&networks, address).filter(|length| nearest.is_none_or(|(before, _)| *length > before)) {
            nearest = Some((length, rule));
        }
    }
    nearest.map(|(_, rule)| rule).or(any)
}

/// Of `tls` matches those whose networks hold the address most closely. A match without networks has those of the one before it: so it is upstream.
fn for_address<'r, 'a>(matches: &[(&'r L4Rule<'a>, &'r L4Match)], address: Option<IpAddr>) -> Vec<(&'r L4Rule<'a>, &'r L4Match)> {
    let mut networks: &[String] = &[];
    let mut found = Vec::new();
    for (rule, matched) in matches {
        if !matched.subnets.is_empty() {
            networks = &matched.subnets;
        }
        let close = if networks.is_empty() { Some(None) } else { closeness(networks, address).map(Some) };
        found.extend(close.map(|close| (close, (*rule, *matched))));
    }
    let nearest = found.iter().map(|(close, _)| *close).max();
    found.into_iter().filter(|(close, _)| Some(*close) == nearest).map(|(_, one)| one).collect()
}

/// The rule whose server name fits best.
fn by_sni(matches: &[(&L4Rule<'_>, &L4Match)], request: &Request, port: i64, clusters: &L4Clusters<'_, '_>) -> Option<Route> {
    let name = request.server_name();
    let fitting = matches.iter().enumerate().flat_map(|(i, (_, m))| m.sni.iter().map(move |s| (s, i))).filter(|(sni, _)| covers(sni, &name));
    let (sni, i) = fitting.max_by_key(|(sni, i)| (!sni.starts_with('*'), sni.len(), Reverse(*i)))?;
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
    passthrough: bool,
    request: &Request,
    port: i64,
    clusters: &L4Clusters<'_, '_>,
) -> Route {
    let given = |m: &L4Match, gateway: &str| l4_given_at_gateway(m, gateway, port);
    if passthrough {
        let mut names: HashSet<&str> = HashSet::new();
        let mut matches = Vec::new();
        for (source, gateway) in sources {
            for rule in source.tls.iter().filter(|r| !r.destinations.is_empty()) {
                for one in rule.matches.iter().filter(|m| given(m, gateway)) {
                    // A match with a server name that another one has is passed over as a whole.
                    if one.sni.iter().all(|name| !names.contains(name.as_str())) {
                        names.extend(one.sni.iter().map(String::as_str));
                        matches.push((rule, one));
                    }
                }
            }
        }
        let why = format!("no TLS rule is for the server name {}", request.server_name());
        return by_sni(&matches, request, port, clusters).unwrap_or_else(|| Route::end(Outcome::NotFound, why));
    }
    for (source, gateway) in sources {
        let fits = |rule: &&L4Rule<'_>| !rule.destinations.is_empty() && (rule.matches.is_empty() || rule.matches.iter().any(|m| given(m, gateway)));
        // What TLSRoutes say holds where TLS ends, too.
        let ended = source.tls.iter().filter(|_| source.object.kind == Kind::TlsRoute);
        if let Some(rule) = source.tcp.iter().chain(ended).find(fits) {
            return apply(rule, "connections".to_owned(), port, clusters);
        }
    }
    Route::end(Outcome::NotFound, "no TCP rule is for this server of the gateway")
}

#[cfg(test)]
mod tests {
    use super::closeness;

    #[test]
    fn the_longest_prefix_is_the_closest() {
        let address = "10.0.0.7".parse().ok();
        let of = |networks: &[&str]| closeness(&networks.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>(), address);
        assert_eq!([of(&["10.0.0.0/8", "10.0.0.0/24"]), of(&["10.0.0.7"]), of(&["10.1.0.0/16"]), of(&[])], [Some(24), Some(32), None, None]);
    }
}
