//! What the proxy answers: the route that takes a request, and who grants it.

use std::net::IpAddr;

use super::{Caller, Governs, Inbound};
use crate::mesh::authorization::request::{Call, Http, Request};
use crate::mesh::authorization::ruling::{Reason, RuleRef, Verdict};
use crate::mesh::authorization::truth::{Missing, Truth};
use crate::mesh::linkerd::authz::{Clients, Grant};
use crate::mesh::linkerd::identity::IdentityMatch;
use crate::mesh::linkerd::network;
use crate::mesh::linkerd::route_match::{self, Asked, Untold};
use crate::mesh::linkerd::routes::match_without_method;
use crate::mesh::linkerd::server::Protocol;
use crate::model::Subject;

impl<'a> Inbound<'a> {
    /// The answer to a request.
    pub(super) fn decide(&self, request: &Request<'_>, caller: &Caller) -> (Verdict, Reason<'a>) {
        if let Some((policy, rule)) = self.routes.iter().find_map(|route| Some((*route, match_without_method(route)?))) {
            return (Verdict::Deny, Reason::UnreadableRoute(RuleRef { policy, rule }));
        }
        match (&request.call, self.protocol) {
            (_, Protocol::Opaque | Protocol::Tls) | (Call::Tcp, Protocol::Detect) => self.judge(&self.grants, request, caller),
            (Call::Tcp, _) => (Verdict::Deny, Reason::NotHttp),
            (Call::Http(http), _) => self.http(http, request, caller),
            (Call::Any, Protocol::Detect) => {
                let http = self.http(&Http::default(), request, caller);
                let tcp = self.judge(&self.grants, request, caller);
                if http.0 == tcp.0 { http } else { (Verdict::Unknown, Reason::Depends(Missing::Protocol)) }
            }
            (Call::Any, _) => self.http(&Http::default(), request, caller),
        }
    }

    fn http(&self, http: &Http, request: &Request<'_>, caller: &Caller) -> (Verdict, Reason<'a>) {
        let asked = Asked { method: http.method.as_deref(), path: http.path.as_deref(), host: http.host.as_deref(), headers: &http.headers };
        if self.routes.is_empty() {
            return self.without_routes(&asked, request, caller);
        }
        match route_match::best(&self.routes, &asked) {
            Err(untold) => (Verdict::Unknown, Reason::Depends(missing(untold))),
            Ok(None) => (Verdict::NotFound, self.no_route()),
            Ok(Some(taken)) => {
                let reference = taken.route.reference();
                let own = self.of_routes.iter().filter(|(of, _)| *of == reference).map(|(_, grant)| grant);
                let grants: Vec<Grant> = own.chain(&self.grants).cloned().collect();
                self.judge(&grants, request, caller)
            }
        }
    }

    /// Every request is taken, and health probes are let in from their networks.
    fn without_routes(&self, asked: &Asked<'_>, request: &Request<'_>, caller: &Caller) -> (Verdict, Reason<'a>) {
        let by_server = self.judge(&self.grants, request, caller);
        if self.protocol == Protocol::Grpc {
            return match (asked.method, asked.path) {
                (Some("POST"), Some(path)) if route_match::is_grpc(path).is_some() => by_server,
                (Some(_), Some(_)) => (Verdict::NotFound, self.no_route()),
                (Some("POST"), None) => (Verdict::Unknown, Reason::Depends(Missing::Path)),
                (Some(_), None) => (Verdict::NotFound, self.no_route()),
                (None, _) => (Verdict::Unknown, Reason::Depends(Missing::Method)),
            };
        }
        if by_server.0 == Verdict::Allow || self.probes.is_empty() || self.probe_networks.is_empty() {
            return by_server;
        }
        let path = asked.path.map(|p| p.split(['?', '#']).next().unwrap_or_default());
        let probe = match (asked.method, path) {
            (Some(method), _) if method != "GET" => Truth::No,
            (_, Some(path)) if !self.probes.contains(path) => Truth::No,
            (_, None) => Truth::Open(Missing::Path),
            (None, _) => Truth::Open(Missing::Method),
            _ => Truth::of_each(&request.client.addresses, Missing::Address, |ip| self.probe_networks.iter().any(|n| n.contains(ip))),
        };
        match probe {
            Truth::Yes => (Verdict::Allow, Reason::Probe),
            Truth::No => by_server,
            Truth::Open(missing) => (Verdict::Unknown, Reason::Depends(missing)),
        }
    }

    fn no_route(&self) -> Reason<'a> {
        match self.governs {
            Governs::Server(server) => Reason::NoRoute(server),
            Governs::Default { .. } => Reason::NotHttp,
        }
    }

    fn judge(&self, grants: &[Grant], request: &Request<'_>, caller: &Caller) -> (Verdict, Reason<'a>) {
        let addresses = &request.client.addresses;
        if !addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback) {
            return (Verdict::Allow, Reason::Localhost);
        }
        let mut open = None;
        for grant in grants {
            match admits(grant, addresses, caller) {
                Truth::Yes => return (Verdict::Allow, self.granted(grant)),
                Truth::Open(missing) => open = open.or(Some(missing)),
                Truth::No => {}
            }
        }
        match open {
            Some(missing) => (Verdict::Unknown, Reason::Depends(missing)),
            None => (Verdict::Deny, self.refused(grants)),
        }
    }

    fn granted(&self, grant: &Grant) -> Reason<'a> {
        match &self.governs {
            Governs::Server(_) => Reason::Granted { by: grant.source.clone(), limit: self.limit.clone() },
            Governs::Default { policy, from, authenticated } => {
                Reason::DefaultPolicy { policy: policy.name(), from: from.clone(), authenticated: *authenticated }
            }
        }
    }

    fn refused(&self, grants: &[Grant]) -> Reason<'a> {
        match &self.governs {
            Governs::Server(server) => {
                Reason::NoGrant { server, grants: grants.iter().map(|g| g.source.clone()).collect(), ineffective: self.ineffective.clone() }
            }
            Governs::Default { policy, from, authenticated } => {
                Reason::DefaultPolicy { policy: policy.name(), from: from.clone(), authenticated: *authenticated }
            }
        }
    }
}

fn missing(untold: Untold) -> Missing {
    match untold {
        Untold::Method => Missing::Method,
        Untold::Path => Missing::Path,
        Untold::Host => Missing::Host,
    }
}

/// Whether a grant is for a client.
fn admits(grant: &Grant, addresses: &[IpAddr], caller: &Caller) -> Truth {
    let client = match (&grant.clients, caller) {
        (Clients::Anyone, _) => Truth::Yes,
        (_, Caller::Nobody) => Truth::No,
        (_, Caller::Unknown) => Truth::Open(Missing::Identity),
        (Clients::AnyTls, _) => Truth::Yes,
        (Clients::Named(patterns), Caller::Named(name)) => patterns.iter().any(|pattern: &IdentityMatch| pattern.matches(name)).into(),
    };
    client.and(|| {
        if network::is_anywhere(&grant.networks) && grant.networks.len() > 1 {
            return Truth::Yes;
        }
        Truth::of_each(addresses, Missing::Address, |ip| grant.networks.iter().any(|n| n.contains(ip)))
    })
}
