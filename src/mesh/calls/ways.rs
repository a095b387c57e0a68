//! Where the client's side sends a single request that is addressed to a Service.

use super::parts::Part;
use super::{Calls, caller};
use crate::index::Workload;
use crate::mesh::authorization::{Call, Http, Reason, Request, Verdict, Via};
use crate::mesh::resolve::{self, Name};
use crate::mesh::routes::{self, Outcome, Route, Router};
use crate::model::{Membership, MeshId, Service, StepPlace};

/// What a route of the client's side does with a request.
#[derive(Clone, Debug)]
pub struct Led {
    /// The route.
    pub route: Route,
    /// Who applies it.
    pub at: StepPlace,
    /// Whether some of it is sent to another server than the one that was called.
    pub elsewhere: bool,
}

/// A part of a Service that gets a share of what is asked about.
pub(super) struct Way<'a> {
    pub(super) service: &'a Service,
    pub(super) port: u16,
    pub(super) part: Part,
    /// The Service that was called, where it is its waypoint that sends requests on.
    pub(super) called: Option<Via<'a>>,
}

/// All that becomes of a request.
pub(super) struct Routed<'a> {
    pub(super) ways: Vec<Way<'a>>,
    /// Shares that come to no server.
    pub(super) ends: Vec<(Verdict, Reason<'a>)>,
    pub(super) led: Option<Led>,
    /// The request as servers see it.
    pub(super) request: Request<'a>,
}

impl<'a> Calls<'a> {
    /// Where a request to a Service is sent. Without a workload that calls as what it is nothing is known of routes: the Service itself.
    pub(super) fn routed(&self, service: &'a Service, port: u16, request: &Request<'a>) -> Routed<'a> {
        let mut routed = Routed { ways: Vec::new(), ends: Vec::new(), led: None, request: request.clone() };
        if let Some(client) = caller(request) {
            let name = resolve::name(self.view, &service.metadata.namespace, &service.metadata.name);
            let router = Router::of(self.view, client, &name, false);
            let applied = match self.view.membership(MeshId::Istio, client) {
                Ok(Membership::Gateway | Membership::Waypoint) => None,
                _ => router.mesh(),
            };
            if let Some(mesh) = applied {
                self.follow(client, (service, port), &name, (mesh, router), &mut routed);
            }
        }
        if routed.ways.is_empty() && routed.ends.is_empty() {
            routed.ways.push(Way { service, port, part: None, called: None });
        }
        routed
    }

    fn follow(
        &self,
        client: &'a Workload,
        (service, port): (&'a Service, u16),
        name: &Name<'a>,
        (mesh, router): (MeshId, Router<'a>),
        routed: &mut Routed<'a>,
    ) {
        let sidecar = mesh == MeshId::Istio && router.at == StepPlace::Client;
        let here = |part| Way { service, port, part, called: None };
        if sidecar && self.parts.is_unread(client, service) {
            routed.ways.extend(self.parts.of(client, service, port, &routed.request.call).into_iter().map(here));
            return;
        }
        match &routed.request.call {
            Call::Http(http) if http.method.is_some() && http.path.is_some() => {
                let http = (**http).clone();
                let route = router.route(self.view, name, &asked(name, port, &http));
                self.along(route, &http, (service, port), router.at, routed);
            }
            // All rules that may take it: which one does was not said.
            call if sidecar => {
                let taken = self.parts.routes().taken(client, service, port, call);
                for place in taken.targets {
                    self.to(&place.host, Some(place.port), place.subset, (service, port), router.at, routed);
                }
                if taken.may_be_left {
                    routed.ends.push((Verdict::Unknown, Reason::RouteOpen));
                }
            }
            Call::Http(http) => {
                let some = Http { method: Some("GET".to_owned()), path: Some("/".to_owned()), ..(**http).clone() };
                let route = router.route(self.view, name, &asked(name, port, &some));
                let told_apart =
                    route.rule.as_ref().is_some_and(|rule| rule.of > 1) || route.outcome == Outcome::NotFound || !route.losers.is_empty();
                if told_apart {
                    routed.ends.push((Verdict::Unknown, Reason::RouteOpen));
                } else {
                    self.along(route, &some, (service, port), router.at, routed);
                }
            }
            Call::Any | Call::Tcp => {}
        }
    }

    /// Along a route that takes the request.
    fn along(&self, route: Route, http: &Http, called: (&'a Service, u16), at: StepPlace, routed: &mut Routed<'a>) {
        let (service, _) = called;
        let end = |text: String| (Verdict::NotFound, Reason::NotSent(text, route.because.clone()));
        let by = route.rule.as_ref().map_or_else(|| "a route".to_owned(), |rule| rule.object.to_string());
        let mut elsewhere = true;
        match (&route.redirect, route.direct_response, route.outcome) {
            (Some(redirect), ..) => routed.ends.push(end(format!("{by} answers it with {} to {}", redirect.code, redirect.location))),
            (None, Some(code), _) => routed.ends.push(end(format!("{by} answers it with {code}"))),
            (None, None, Outcome::NotFound) => routed.ends.push(end(format!("404: {}", route.why))),
            // What the proxy does not know is for the handshake to tell.
            (None, None, Outcome::Passthrough | Outcome::Blackhole) => elsewhere = false,
            (None, None, Outcome::Routed) => {
                for share in route.destinations.iter().filter(|d| d.weight > 0.0) {
                    match (&share.host, &share.missing) {
                        (Some(host), missing) if missing.is_none() || share.subset.is_some() => {
                            self.to(host, share.port, share.subset.clone(), called, at, routed);
                        }
                        (_, missing) => routed.ends.push(end(missing.clone().unwrap_or_else(|| "the backend is not valid".to_owned()))),
                    }
                }
                elsewhere = routed.ways.iter().any(|way| !std::ptr::eq(way.service, service) || way.port != called.1) || !routed.ends.is_empty();
            }
        }
        if let Some(rewrite) = &route.rewrite {
            let http = Http { path: Some(rewrite.path.clone()), host: Some(rewrite.authority.clone()), ..http.clone() };
            routed.request.call = Call::Http(Box::new(http));
        }
        if route.rule.is_some() || elsewhere {
            routed.led = Some(Led { route, at, elsewhere });
        }
    }

    /// To one place that a rule names.
    fn to(&self, host: &str, port: Option<i64>, part: Part, called: (&'a Service, u16), at: StepPlace, routed: &mut Routed<'a>) {
        let (target, port) = (resolve::name(self.view, "", host).service(), port.and_then(|p| u16::try_from(p).ok()));
        let via = Via::of(called.0, called.1);
        match (target, port) {
            (Some(service), Some(port)) => routed.ways.push(Way { service, port, part, called: via.filter(|_| at == StepPlace::Waypoint) }),
            _ => routed.ends.push((Verdict::Unknown, Reason::SentOutside(host.to_owned()))),
        }
    }
}

fn asked(name: &Name<'_>, port: u16, http: &Http) -> routes::Request {
    routes::Request {
        host: name.full.clone(),
        port,
        method: http.method.clone().unwrap_or_default(),
        path: http.path.clone().unwrap_or_default(),
        headers: http.headers.clone(),
        authority: http.host.clone(),
        sni: None,
    }
}
