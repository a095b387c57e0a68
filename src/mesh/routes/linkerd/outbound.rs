//! The policy of a Service's port or of an EgressNetwork: which routes count there for clients of a namespace, and what they do with a request.

use std::cmp::Ordering;

use super::super::{Loser, Outcome, Request, Route, RuleRef};
use super::backends::Backends;
use super::refused::refused;
use super::rule::{asked, redirect};
use super::settings::{Retry, Timeouts, retry};
use super::{egress, profile};
use crate::mesh::MeshView;
use crate::mesh::linkerd::annotations::{DEFAULT_OPAQUE_PORTS, OPAQUE_PORTS, duration};
use crate::mesh::linkerd::ports::PortSet;
use crate::mesh::linkerd::route_match::{self, Asked, Taken};
use crate::mesh::linkerd::routes::{Parent as ParentRef, ROUTE_KINDS, match_without_method, parents, rank, status};
use crate::model::{Evidence, Kind, Map, Object, Service, ServicePort, Subject};

/// What a client addresses.
pub(super) struct Parent<'a> {
    pub view: MeshView<'a>,
    pub port: u16,
    what: What<'a>,
    protocol: Protocol,
}

enum What<'a> {
    Service(&'a Service),
    Egress(&'a Object),
}

/// What is known of a port's protocol.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Http1,
    Http2,
    Opaque,
    Detect,
}

/// Kinds of routes as they take each other's place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Grpc,
    Http,
    Tls,
    Tcp,
}

impl<'a> Parent<'a> {
    pub(super) fn service(view: MeshView<'a>, service: &'a Service, port: &ServicePort) -> Self {
        let protocol = match port.app_protocol.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("http") => Protocol::Http1,
            Some("kubernetes.io/h2c") => Protocol::Http2,
            // Whatever else is declared is carried as bytes.
            Some(_) => Protocol::Opaque,
            None if is_opaque(&service.metadata.annotations, port.port) => Protocol::Opaque,
            None => Protocol::Detect,
        };
        Self { view, port: u16::try_from(port.port).unwrap_or_default(), what: What::Service(service), protocol }
    }

    pub(super) fn egress(view: MeshView<'a>, network: &'a Object, port: u16) -> Self {
        let protocol = if is_opaque(&network.meta.annotations, i32::from(port)) { Protocol::Opaque } else { Protocol::Detect };
        Self { view, port, what: What::Egress(network), protocol }
    }

    pub(super) fn is_egress(&self) -> bool {
        matches!(self.what, What::Egress(_))
    }

    pub(super) fn namespace(&self) -> &'a str {
        match self.what {
            What::Service(service) => &service.metadata.namespace,
            What::Egress(network) => &network.meta.namespace,
        }
    }

    pub(super) fn name(&self) -> &'a str {
        match self.what {
            What::Service(service) => &service.metadata.name,
            What::Egress(network) => &network.meta.name,
        }
    }

    /// The full name of the Service.
    pub(super) fn host(&self) -> Option<String> {
        match self.what {
            What::Service(service) => {
                let meta = &service.metadata;
                Some(format!("{}.{}.svc.{}", meta.name, meta.namespace, self.view.linkerd.cluster.domain))
            }
            What::Egress(_) => None,
        }
    }

    fn kind(&self) -> Kind {
        match self.what {
            What::Service(_) => Kind::Service,
            What::Egress(_) => Kind::EgressNetwork,
        }
    }

    fn annotations(&self) -> &'a Map {
        match self.what {
            What::Service(service) => &service.metadata.annotations,
            What::Egress(network) => &network.meta.annotations,
        }
    }

    fn evidence(&self, text: impl Into<String>) -> Evidence {
        match self.what {
            What::Service(service) => Evidence::object(service.reference(), text),
            What::Egress(network) => Evidence::object(network.reference(), text),
        }
    }

    /// What becomes of a request of a client in `client`.
    pub(super) fn route(&self, client: &str, request: &Request) -> Route {
        let (routes, losers) = self.counting(client);
        let class = self.class(&routes);
        let profile = match self.what {
            What::Service(service) => profile::of(self.view, client, service),
            What::Egress(_) => None,
        };
        let overrides = |p: &&Object| matches!(class, Class::Http | Class::Grpc) || (class == Class::Tcp && profile::has_overrides(p));
        if let (Some(profile), Some(host)) = (profile.filter(overrides), self.host()) {
            let mut route = profile::route(profile, host, request, class != Class::Tcp);
            let shadowed = routes.into_iter().map(|r| Loser {
                object: r.reference(),
                path: "spec".to_owned(),
                text: format!("{} {} has routes or overrides, so no route of its Service counts", Kind::ServiceProfile, profile.meta.name),
            });
            route.losers.extend(shadowed.chain(losers));
            return route;
        }
        let of_class: Vec<&'a Object> = routes.iter().copied().filter(|r| class_of(r.kind) == class).collect();
        let mut route = match class {
            Class::Grpc | Class::Http => self.by_request(&of_class, class, request),
            Class::Tls => self.by_server_name(&of_class, request),
            Class::Tcp => self.by_connection(&of_class),
        };
        let other = routes.iter().filter(|r| class_of(r.kind) != class).map(|r| Loser {
            object: r.reference(),
            path: "spec".to_owned(),
            text: format!("a {} is not asked on this port", r.kind),
        });
        route.losers.extend(losers.into_iter().chain(other));
        if route.rule.is_none() && route.because.is_empty() {
            route.because.push(self.evidence("no route is for it"));
        }
        route
    }

    /// The kind of routes that is asked.
    fn class(&self, routes: &[&Object]) -> Class {
        let any = |class: Class| routes.iter().any(|r| class_of(r.kind) == class);
        match self.protocol {
            Protocol::Http1 => Class::Http,
            Protocol::Http2 => {
                if any(Class::Grpc) {
                    Class::Grpc
                } else {
                    Class::Http
                }
            }
            Protocol::Opaque => Class::Tcp,
            Protocol::Detect => [Class::Grpc, Class::Http, Class::Tls, Class::Tcp].into_iter().find(|c| any(*c)).unwrap_or(Class::Http),
        }
    }

    /// The routes that count for a client, oldest first, and those that name this parent and do not, with the reason.
    fn counting(&self, client: &str) -> (Vec<&'a Object>, Vec<Loser>) {
        let (mut counting, mut losers) = (Vec::new(), Vec::new());
        for route in ROUTE_KINDS.into_iter().flat_map(|kind| self.view.index.objects(kind)) {
            let named: Vec<_> =
                parents(route).into_iter().filter(|p| p.kind == self.kind() && p.namespace == self.namespace() && p.name == self.name()).collect();
            let Some(first) = named.first() else { continue };
            let here: Vec<_> = named.iter().filter(|p| p.port.is_none_or(|port| port == i64::from(self.port))).collect();
            let why = match here.first() {
                None => Some((first.field.path_of("port"), format!("is for port {} only", first.port.unwrap_or_default()))),
                Some(parent) => self.against(client, route, &here).map(|(path, why)| (path.unwrap_or_else(|| parent.field.path()), why)),
            };
            match why {
                None => counting.push(route),
                Some((path, text)) => losers.push(Loser { object: route.reference(), path, text }),
            }
        }
        counting.sort_by(|a, b| age(a, b));
        (counting, losers)
    }

    /// What speaks against a route, if something does: the field and the reason.
    fn against(&self, client: &str, route: &'a Object, here: &[&ParentRef<'_>]) -> Option<(Option<String>, String)> {
        if self.is_egress() && here.iter().all(|p| p.port.is_none()) {
            return Some((None, "names the EgressNetwork without a port".to_owned()));
        }
        if *route.meta.namespace != *self.namespace() && *route.meta.namespace != *client {
            return Some((None, format!("is for clients of namespace {} only", route.meta.namespace)));
        }
        if let Some((path, why)) = refused(route) {
            return Some((Some(path), why));
        }
        // One reference that is accepted, with the port or without any, is enough.
        let judged: Vec<Option<String>> = here
            .iter()
            .map(|parent| match status(route, self.kind(), self.name(), parent.port) {
                Some(true) => None,
                Some(false) => Some("its status says that it is not accepted".to_owned()),
                None => self.not_accepted(route, parent.port),
            })
            .collect();
        if judged.iter().any(Option::is_none) { None } else { judged.into_iter().flatten().next().map(|why| (None, why)) }
    }

    fn not_accepted(&self, route: &Object, port: Option<i64>) -> Option<String> {
        if let What::Egress(network) = self.what
            && !egress::is_accepted(self.view, network)
        {
            return Some("its EgressNetwork is not accepted: it overlaps the cluster's networks".to_owned());
        }
        let stronger = ROUTE_KINDS.into_iter().filter(|k| rank(*k) < rank(route.kind)).flat_map(|kind| self.view.index.objects(kind));
        let same = |other: &&Object| {
            parents(other).iter().any(|p| p.kind == self.kind() && p.namespace == self.namespace() && p.name == self.name() && p.port == port)
        };
        let winner = stronger.into_iter().find(same)?;
        Some(format!("{} is on the same parent, and its kind takes precedence", winner.reference()))
    }

    fn by_request(&self, routes: &[&'a Object], class: Class, request: &Request) -> Route {
        let grpc = class == Class::Grpc;
        if let Some((route, path)) = routes.iter().find_map(|route| Some((route, match_without_method(route)?.path()))) {
            let text = "names no method: proxies cannot read the policy that it is part of, and answer 500 to everything";
            let because = vec![Evidence::field(route.reference(), path, text)];
            return Route { http: true, direct_response: Some(500), why: format!("{} {text}", route.reference()), because, ..Route::default() };
        }
        let authority = request.authority();
        let asked =
            Asked { method: Some(&request.method), path: Some(&request.path), host: Some(&authority), headers: &lower_case(&request.headers) };
        // Nothing is untold of a request that is sent.
        if let Ok(Some(taken)) = route_match::best(routes, &asked) {
            return self.apply(taken, grpc, request);
        }
        if let What::Egress(network) = self.what {
            return self.fallback(network, true);
        }
        if routes.is_empty() {
            let (timeouts, retries) = (Timeouts::read(self.annotations()).unwrap_or_default(), retry(self.annotations(), grpc).unwrap_or_default());
            return Route { http: true, ..self.with(self.itself(), timeouts, retries) };
        }
        let mut route = Route { http: true, ..Route::end(Outcome::NotFound, "no rule of its routes takes it, and with a route there is no default") };
        route.because.extend(routes.iter().map(|r| Evidence::field(r.reference(), "spec.rules", "has no rule for it")));
        route
    }

    fn apply(&self, Taken { route: object, index, rule, fit }: Taken<'a>, grpc: bool, request: &Request) -> Route {
        let own = Timeouts::read(&object.meta.annotations).unwrap_or_default();
        let field = rule.at(["timeouts", "request"]).and_then(|t| t.str()).and_then(|t| duration(t).ok()).filter(|t| !t.is_zero());
        let timeouts = Timeouts { request: own.request.or(field), ..own };
        let timeouts = if timeouts.is_unset() { Timeouts::read(self.annotations()).unwrap_or_default() } else { timeouts };
        let retries = retry(&object.meta.annotations, grpc).unwrap_or_default().or_else(|| retry(self.annotations(), grpc).unwrap_or_default());
        let mut route = Route { http: true, ..self.with(self.backends(object, &rule), timeouts, retries) };
        let asks = asked(&rule);
        let of = object.spec().list("rules").count();
        route.because = vec![Evidence::field(object.reference(), rule.path(), format!("takes {asks}"))];
        route.rule = Some(RuleRef { object: object.reference(), index, path: rule.path(), of, asks });
        for filter in rule.list("filters").filter(|f| f.text("type") == "RequestRedirect") {
            match filter.get("requestRedirect").map(|f| redirect(&f, &rule, fit, request)) {
                Some(Ok(Some(to))) => {
                    route.redirect = Some(to);
                    route.destinations.clear();
                }
                Some(Err(())) => route.direct_response = Some(500),
                _ => {}
            }
        }
        route
    }

    fn with(&self, backends: Backends, timeouts: Timeouts, retries: Option<Retry>) -> Route {
        let mut route = match backends {
            Backends::To(destinations) => Route { destinations, ..Route::default() },
            Backends::AsDialled => Route::end(Outcome::Passthrough, "it leaves for the address that was dialled"),
        };
        route.timeout = timeouts.request.filter(|t| !t.is_zero());
        route.retries = retries.map_or(0, |r| u32::from(r.limit));
        route
    }

    fn by_server_name(&self, routes: &[&'a Object], request: &Request) -> Route {
        let name = request.server_name();
        let found = routes.iter().filter_map(|route| {
            let names: Vec<&str> = route.spec().texts("hostnames").map(|(h, _)| h).collect();
            Some((route_match::host_fit(&names, &name)?, *route))
        });
        // Of equals the first.
        match (found.reduce(|a, b| if b.0 > a.0 { b } else { a }), &self.what) {
            (Some((_, route)), _) => self.whole_route(route),
            (None, What::Egress(network)) => self.fallback(network, false),
            (None, What::Service(_)) => Route::end(Outcome::NotFound, format!("no TLSRoute is for the server name {name}")),
        }
    }

    fn by_connection(&self, routes: &[&'a Object]) -> Route {
        match (routes.first(), &self.what) {
            (Some(route), _) => self.whole_route(route),
            (None, What::Egress(network)) => self.fallback(network, false),
            (None, What::Service(_)) => self.with(self.itself(), Timeouts::default(), None),
        }
    }

    /// A route that does not tell requests apart.
    fn whole_route(&self, object: &'a Object) -> Route {
        let Some(rule) = object.spec().list("rules").next() else { return self.with(self.itself(), Timeouts::default(), None) };
        let mut route = self.with(self.backends(object, &rule), Timeouts::default(), None);
        route.because = vec![Evidence::field(object.reference(), rule.path(), "takes connections")];
        route.rule = Some(RuleRef { object: object.reference(), index: 0, path: rule.path(), of: 1, asks: "connections".to_owned() });
        route
    }

    /// What an EgressNetwork does with traffic that none of its routes takes.
    fn fallback(&self, network: &Object, http: bool) -> Route {
        let policy = network.spec().text("trafficPolicy");
        let because = vec![Evidence::field(network.reference(), "spec.trafficPolicy", format!("{policy}: no route of it takes the request"))];
        let route = match (policy == "Deny", http) {
            (false, _) => Route::end(Outcome::Passthrough, format!("EgressNetwork {} allows it", network.meta.name)),
            (true, true) => Route { direct_response: Some(403), why: format!("EgressNetwork {} denies it", network.meta.name), ..Route::default() },
            (true, false) => Route::end(Outcome::Blackhole, format!("EgressNetwork {} denies it", network.meta.name)),
        };
        Route { because, http, ..route }
    }
}

/// Headers with their names in lower case.
fn lower_case(headers: &[(String, String)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}

fn is_opaque(annotations: &Map, port: i32) -> bool {
    let list = annotations.get(OPAQUE_PORTS).unwrap_or(DEFAULT_OPAQUE_PORTS);
    u16::try_from(port).is_ok_and(|port| PortSet::strict(list).is_ok_and(|set| set.contains(port)))
}

const fn class_of(kind: Kind) -> Class {
    match kind {
        Kind::GrpcRoute => Class::Grpc,
        Kind::TlsRoute => Class::Tls,
        Kind::TcpRoute => Class::Tcp,
        _ => Class::Http,
    }
}

/// Creation time, then name; routes with a time come before those without.
fn age(a: &Object, b: &Object) -> Ordering {
    let key = |o: &Object| (o.meta.creation_timestamp.is_none(), o.meta.creation_timestamp.clone(), o.meta.name.clone(), o.meta.namespace.clone());
    key(a).cmp(&key(b))
}
