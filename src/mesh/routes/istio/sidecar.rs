//! The client's sidecar: which of its listeners takes a connection, and which virtual host of that listener a request
//! (istio `pilot/pkg/networking/core/{listener,httproute}.go`).

use std::collections::{BTreeMap, HashSet};

use super::super::{Outcome, Request, Route};
use super::action::{Clusters, Listening, apply};
use super::l4;
use super::matching::{Entry, Proxy, Seen, best_domain, entries};
use super::route_sources::{RouteSource, seen};
use super::rules::Target;
use super::scope::{EgressListener, Scope};
use super::services::MeshService;
use super::{Mesh, losers};
use crate::mesh::istio::OutboundMode;
use crate::mesh::istio::hosts::{covers, overlap};
use crate::mesh::resolve::{Name, Protocol, StandsFor};
use crate::model::{Evidence, Kind, Subject};

/// One sidecar's view of the mesh.
pub(super) struct Sidecar<'m, 'a> {
    pub mesh: &'m Mesh<'a>,
    pub proxy: Proxy<'a>,
    pub scope: Scope<'a>,
}

/// A virtual host: the names it goes by, and its routes or the plain service.
pub(super) struct VirtualHost<'c, 'a> {
    pub domains: Vec<String>,
    pub routes: Routes<'c, 'a>,
}

pub(super) enum Routes<'c, 'a> {
    Rules(&'c RouteSource<'a>, Vec<Entry<'c, 'a>>),
    Service(&'c MeshService<'a>),
}

/// The services that share a port's routes, under their hosts.
pub(super) type ByHost<'c, 'a> = BTreeMap<&'c str, &'c MeshService<'a>>;

impl<'a> Sidecar<'_, 'a> {
    /// What becomes of a request.
    pub(super) fn route(&self, name: &Name<'a>, request: &Request) -> Route {
        let port = i64::from(request.port);
        let Some(listener) = self.scope.listener(port) else { return self.leaves("no listener of the Sidecar takes it") };
        let services = self.scope.services(listener, &self.mesh.services);
        let sources = self.scope.sources(listener, seen(&self.mesh.sources, "mesh", self.scope.namespace));
        let mut route = match self.taken_by(name, listener, &services, port) {
            Taken::Bytes(service) => l4::sidecar(self, service, &sources, request),
            Taken::Detected(service) => self.http(listener, &services, &sources, request, Some(service)),
            Taken::Requests => self.http(listener, &services, &sources, request, None),
            Taken::ByServerName(services) => l4::by_server_name(self, &services, &sources, request),
            Taken::No => self.leaves(&format!("no service that this sidecar sees has port {port}")),
        };
        losers::add(self, listener, name, request, &mut route);
        if let (Some(sidecar), Outcome::Blackhole | Outcome::Passthrough) = (self.scope.sidecar, route.outcome)
            && let Some(service) = name.service()
            && !services.iter().any(|s| s.service.is_some_and(|k| std::ptr::eq(k, service)))
        {
            let text = format!("does not import {} {}/{}", Kind::Service, service.metadata.namespace, service.metadata.name);
            route.because.push(Evidence::field(sidecar.reference(), "spec.egress", text));
        }
        route
    }

    /// Which listener takes a connection: that of a service's own address before the one that all services of a port share.
    fn taken_by<'c>(&self, name: &Name<'a>, listener: &EgressListener, services: &[&'c MeshService<'a>], port: i64) -> Taken<'c, 'a> {
        let protocol = |s: &MeshService<'_>| listener.port.map_or_else(|| s.port(port).map(|p| p.protocol), |(_, p)| s.port(port).map(|_| p));
        let dialled = services.iter().copied().find(|s| self.is_dialled(s, name));
        if let Some(service) = dialled.filter(|s| !s.is_alias()) {
            match protocol(service) {
                Some(p) if p.is_tcp() => return Taken::Bytes(service),
                Some(Protocol::Detect) => return Taken::Detected(service),
                _ => {}
            }
        }
        if services.iter().any(|s| !s.is_alias() && protocol(s).is_some_and(Protocol::is_http)) {
            return Taken::Requests;
        }
        // Entries without an address share the wildcard address, where the server name tells them apart.
        let without_address: Vec<&'c MeshService<'a>> = services
            .iter()
            .copied()
            .filter(|s| !s.is_alias() && s.addresses.is_empty() && !s.headless && protocol(s).is_some_and(Protocol::is_tcp))
            .collect();
        if !without_address.is_empty() {
            return Taken::ByServerName(without_address);
        }
        let detected = services.iter().any(|s| protocol(s) == Some(Protocol::Detect) && s.addresses.is_empty());
        if detected { Taken::Requests } else { Taken::No }
    }

    /// Whether a service is what the client connects to: its address is dialled, or it goes by the name that was typed.
    fn is_dialled(&self, service: &MeshService<'_>, name: &Name<'a>) -> bool {
        match (name.stands_for, service.service) {
            (StandsFor::Service(dialled), Some(own)) => std::ptr::eq(dialled, own),
            (StandsFor::Pod(pod), Some(own)) => {
                own.is_headless() && own.selects(&pod.metadata.labels) && own.metadata.namespace == pod.metadata.namespace
            }
            (StandsFor::Entry(_) | StandsFor::Outside, None) => !service.addresses.is_empty() && covers(&service.host, &name.full),
            (StandsFor::Address(address), None) => service.addresses.iter().any(|a| holds(a, address)),
            _ => false,
        }
    }

    fn http<'c>(
        &self,
        listener: &EgressListener,
        services: &[&'c MeshService<'a>],
        sources: &[&'c RouteSource<'a>],
        request: &Request,
        detected: Option<&'c MeshService<'a>>,
    ) -> Route {
        let port = i64::from(request.port);
        let mut by_host: ByHost<'c, 'a> = BTreeMap::new();
        for service in services.iter().filter(|s| s.port(port).is_some()) {
            by_host.entry(&service.host).or_insert(service);
        }
        let hosts = self.virtual_hosts(listener, services, &by_host, sources, port);
        let host = request.host_name();
        let chosen = match detected {
            // A listener of one service's own has that service's virtual host alone, under any name.
            Some(service) => hosts.iter().find(|h| h.domains.contains(&service.host)),
            None => {
                let domains = hosts.iter().enumerate().flat_map(|(i, h)| h.domains.iter().map(move |d| (d.as_str(), i)));
                best_domain(domains, &host).map(|i| &hosts[i])
            }
        };
        let Some(chosen) = chosen else {
            return match detected {
                Some(service) => Route { http: true, ..Route::end(Outcome::NotFound, format!("nothing routes {}", service.host)) },
                None => Route { http: true, ..self.leaves(&format!("no service or route on port {port} goes by the name {host}")) },
            };
        };
        let clusters = SidecarClusters { sidecar: self, by_host: &by_host };
        match &chosen.routes {
            Routes::Service(service) => {
                let (retries, from) = clusters.default_retries();
                let because = vec![Evidence::object(service.reference.clone(), "no route is for it: all requests go to the service itself")];
                Route { http: true, retries, retries_from: Some(from), because, ..Route::to(service.host.clone(), port) }
            }
            Routes::Rules(source, entries) => {
                let seen = self.mesh.seen(request, "http");
                match entries.iter().find(|e| e.matched.is_none_or(|m| seen.misses(m).is_none())) {
                    Some(entry) => apply(entry, &seen, Listening { port, tls: false }, &clusters),
                    None => no_rule(source, entries, &seen),
                }
            }
        }
    }

    /// The virtual hosts of a port, in the order in which they claim names.
    pub(super) fn virtual_hosts<'c>(
        &self,
        listener: &EgressListener,
        services: &[&'c MeshService<'a>],
        by_host: &ByHost<'c, 'a>,
        sources: &[&'c RouteSource<'a>],
        port: i64,
    ) -> Vec<VirtualHost<'c, 'a>> {
        let claims = Claims::of(services, sources);
        let may_be_http =
            |s: &MeshService<'_>| listener.port.map_or_else(|| s.port(port).is_some_and(|p| p.protocol.may_be_http()), |(_, p)| p.may_be_http());
        let mut wrapped: Vec<(Vec<String>, Vec<&'c MeshService<'a>>, Routes<'c, 'a>)> = Vec::new();
        let mut routed: HashSet<&str> = HashSet::new();
        for source in sources {
            // Off port 80 only those count that are for some service of the port.
            let relevant =
                |h: &String| by_host.keys().any(|s| if h.starts_with('*') { overlap(h, s) } else { h == s || (s.starts_with('*') && overlap(h, s)) });
            if port != 80 && !source.hosts.iter().any(relevant) {
                continue;
            }
            let entries = entries(source, self.proxy, "mesh", port);
            if entries.is_empty() {
                continue;
            }
            let (names, mut own) = claims.divide(source, by_host);
            if source.gateway_api {
                own.retain(|s| s.namespace == source.namespace || self.scope.namespace == source.namespace);
                if own.is_empty() {
                    continue;
                }
            }
            own.retain(|s| may_be_http(s));
            if own.is_empty() && port != 80 {
                continue;
            }
            routed.extend(own.iter().map(|s| s.host.as_str()));
            wrapped.push((names, own, Routes::Rules(source, entries)));
        }
        let plain = by_host.values().filter(|s| !routed.contains(s.host.as_str()) && !s.is_alias() && may_be_http(s));
        wrapped.extend(plain.map(|s| (Vec::new(), vec![*s], Routes::Service(s))));
        self.named(wrapped)
    }

    /// Gives each virtual host its names; a name that an earlier one has is lost to later ones.
    fn named<'c>(&self, wrapped: Vec<(Vec<String>, Vec<&'c MeshService<'a>>, Routes<'c, 'a>)>) -> Vec<VirtualHost<'c, 'a>> {
        let known: HashSet<String> = wrapped.iter().flat_map(|(_, services, _)| services.iter().map(|s| s.host.clone())).collect();
        let (mut hosts, mut domains): (HashSet<String>, HashSet<String>) = (HashSet::new(), HashSet::new());
        let mut found = Vec::new();
        for (names, services, routes) in wrapped {
            let mut own = Vec::new();
            for name in names {
                let name = name.to_ascii_lowercase();
                if hosts.insert(name.clone()) && domains.insert(name.clone()) {
                    own.push(name);
                }
            }
            for service in services {
                if !hosts.insert(service.host.clone()) {
                    continue;
                }
                let (exact, other) = self.names_of(service);
                let fresh = exact.into_iter().map(|d| (d, false)).chain(other.into_iter().map(|d| (d, true)));
                for (domain, derived) in fresh {
                    // A derived name never takes the place of a service that is really called so.
                    if !(derived && known.contains(&domain)) && domains.insert(domain.clone()) {
                        own.push(domain);
                    }
                }
            }
            found.push(VirtualHost { domains: own, routes });
        }
        found
    }

    /// The names of a service's virtual host: its own and its addresses, and the short ones that clients of this namespace may use.
    fn names_of(&self, service: &MeshService<'_>) -> (Vec<String>, Vec<String>) {
        let suffix = format!(".{}", self.mesh.view.istio.config.service_suffix());
        let own = format!(".{}{suffix}", self.scope.namespace);
        let (mut exact, mut derived) = (Vec::new(), Vec::new());
        for host in std::iter::once(&service.host).chain(&service.aliases) {
            exact.push(host.clone());
            derived.push(format!("{host}."));
            if let Some(short) = host.strip_suffix(&suffix).filter(|short| short.matches('.').count() == 1) {
                derived.extend(host.strip_suffix(&own).map(str::to_owned));
                derived.extend([short.to_owned(), format!("{short}.svc")]);
            }
        }
        if service.headless && service.is_kubernetes() {
            let pods: Vec<String> = exact.iter().chain(&derived).map(|d| format!("*.{d}")).collect();
            exact.extend(pods);
        }
        exact.extend(service.addresses.iter().filter(|a| !a.contains('/')).cloned());
        (exact, derived)
    }

    /// What happens to traffic that nothing takes.
    pub(super) fn leaves(&self, why: &str) -> Route {
        let outcome = match self.scope.outbound {
            OutboundMode::AllowAny => Outcome::Passthrough,
            OutboundMode::RegistryOnly => Outcome::Blackhole,
        };
        let mut route = Route::end(outcome, why);
        let config = &self.mesh.view.istio.config;
        route.because.push(match (self.scope.sidecar.filter(|s| s.spec().get("outboundTrafficPolicy").is_some()), &config.object) {
            (Some(sidecar), _) => Evidence::field(sidecar.reference(), "spec.outboundTrafficPolicy.mode", mode_words(self.scope.outbound)),
            (None, Some(object)) if config.root().get("outboundTrafficPolicy").is_some() => {
                Evidence::field(object.clone(), "data.mesh", format!("outboundTrafficPolicy {}", mode_words(self.scope.outbound)))
            }
            _ => Evidence::default(format!("outboundTrafficPolicy {}", mode_words(self.scope.outbound))),
        });
        route
    }
}

const fn mode_words(mode: OutboundMode) -> &'static str {
    match mode {
        OutboundMode::AllowAny => "ALLOW_ANY lets what it does not know through",
        OutboundMode::RegistryOnly => "REGISTRY_ONLY refuses what it does not know",
    }
}

/// Whether `range`, an address or a CIDR, holds an address.
fn holds(range: &str, address: std::net::IpAddr) -> bool {
    range.parse().is_ok_and(|a: std::net::IpAddr| a == address) || range.parse().is_ok_and(|net: ipnet::IpNet| net.contains(&address))
}

fn no_rule(source: &RouteSource<'_>, entries: &[Entry<'_, '_>], seen: &Seen<'_>) -> Route {
    let mut route = Route { http: true, ..Route::end(Outcome::NotFound, format!("no rule of {} takes it", source.reference())) };
    for entry in entries {
        if let Some((m, why)) = entry.matched.and_then(|m| Some((m, seen.misses(m)?))) {
            route.because.push(Evidence::field(entry.rule.at.object.reference(), m.path.clone(), why));
        }
    }
    route
}

/// Which part of a sidecar takes a connection.
enum Taken<'c, 'a> {
    Bytes(&'c MeshService<'a>),
    Detected(&'c MeshService<'a>),
    Requests,
    ByServerName(Vec<&'c MeshService<'a>>),
    No,
}

/// Which VirtualService each service's wildcard claims go to.
struct Claims<'c, 'a>(BTreeMap<&'c str, &'c RouteSource<'a>>);

impl<'c, 'a> Claims<'c, 'a> {
    fn of(services: &[&'c MeshService<'a>], sources: &[&'c RouteSource<'a>]) -> Self {
        let mut claims = BTreeMap::new();
        for service in services {
            let hosts = sources.iter().enumerate().flat_map(|(i, c)| c.hosts.iter().map(move |h| (h, i)));
            let fitting = hosts.filter(|(h, _)| covers(h, &service.host));
            let best = fitting.max_by_key(|(h, i)| (!h.starts_with('*'), h.len(), std::cmp::Reverse(*i)));
            claims.extend(best.map(|(_, i)| (service.host.as_str(), sources[i])));
        }
        Self(claims)
    }

    /// The hosts that are no service's, and the services that are its own.
    fn divide(&self, source: &RouteSource<'a>, by_host: &ByHost<'c, 'a>) -> (Vec<String>, Vec<&'c MeshService<'a>>) {
        let (mut names, mut own): (Vec<String>, Vec<&'c MeshService<'a>>) = (Vec::new(), Vec::new());
        for host in source.hosts.iter().filter(|h| !h.starts_with('*')) {
            match by_host.get(host.as_str()) {
                Some(service) => own.push(service),
                None => names.push(host.clone()),
            }
        }
        for host in source.hosts.iter().filter(|h| h.starts_with('*')) {
            if source.gateway_api {
                names.push(host.clone());
                continue;
            }
            let under: Vec<&&'c MeshService<'a>> = by_host.values().filter(|s| overlap(&s.host, host)).collect();
            if under.is_empty() {
                names.push(host.clone());
            }
            own.extend(under.into_iter().filter(|s| self.0.get(s.host.as_str()).is_some_and(|c| std::ptr::eq(*c, source))));
        }
        (names, own)
    }
}

/// The clusters of a sidecar: a destination without a port keeps the request's.
struct SidecarClusters<'s, 'm, 'a> {
    sidecar: &'s Sidecar<'m, 'a>,
    by_host: &'s ByHost<'s, 'a>,
}

impl Clusters for SidecarClusters<'_, '_, '_> {
    fn cluster(&self, target: &Target<'_>, port: i64) -> (String, i64) {
        let service = self.by_host.get(target.host.as_str());
        let host = service.and_then(|s| s.external_name.clone()).unwrap_or_else(|| target.host.clone());
        (host, target.port.unwrap_or(port))
    }

    fn missing(&self, host: &str, port: i64, subset: &str) -> Option<String> {
        self.sidecar.mesh.missing(self.sidecar.proxy, host, port, subset)
    }

    fn default_retries(&self) -> (u32, String) {
        self.sidecar.mesh.default_retries()
    }
}
