//! What an Envoy of Istio's decides: a sidecar, a gateway or a waypoint.
//!
//! The order is istiod's (`pilot/pkg/security/authz/builder`): external authorizers, tokens, DENY, ALLOW.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use super::compile::{self, TrustDomains};
use super::jwt::{self, Checked};
use super::path::Normalization;
use super::provider::{Provider, Providers};
use super::rules::{self, Address, Compiled, Peer, Seen, SeenHttp};
use crate::mesh::authorization::classes::Distinctions;
use crate::mesh::authorization::request::{Call, Http, Request};
use crate::mesh::authorization::ruling::{Reason, RuleRef, Verdict};
use crate::mesh::authorization::truth::{Missing, Truth};
use crate::mesh::istio::policy::{self, Action};
use crate::mesh::istio::request_authentication::JwtRule;
use crate::mesh::resolve::Protocol;
use crate::model::Object;

/// How the last address before this proxy is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Forwarded {
    /// The last entry of X-Forwarded-For, whoever wrote it.
    Last,
    /// The n-th entry from the end; without any trusted proxy the peer.
    Trusted(usize),
}

/// The filters of one chain.
#[derive(Clone, Debug, Default)]
struct Chain<'a> {
    custom: Vec<(Provider<'a>, Compiled<'a>, bool)>,
    deny: Vec<Compiled<'a>>,
    allow: Vec<Compiled<'a>>,
}

/// An Envoy that a request meets, as far as policies go.
#[derive(Clone, Debug)]
pub(super) struct Envoy<'a> {
    http: Chain<'a>,
    tcp: Chain<'a>,
    tokens: Vec<JwtRule<'a>>,
    pub(super) protocol: Protocol,
    /// The port that policies mean.
    pub(super) port: u16,
    pub(super) destination: Vec<IpAddr>,
    pub(super) normalization: Normalization,
    pub(super) forwarded: Forwarded,
    /// Whether the other end of the connection is a listener inside the proxy, so that no range holds its address.
    pub(super) internal_peer: bool,
    pub(super) several_providers: bool,
}

impl<'a> Envoy<'a> {
    pub(super) fn new(
        policies: &[&'a Object],
        tokens: &[&'a Object],
        protocol: Protocol,
        domains: &TrustDomains,
        providers: &Providers<'a>,
        other_filters: bool,
    ) -> Self {
        let chain = |tcp: bool| {
            let mut chain = Chain::default();
            for policy in policies.iter().copied() {
                let tried = policy::is_dry_run(policy);
                let compiled = || compile::envoy(policy, domains, other_filters, tcp);
                match Action::of(policy) {
                    // What a CUSTOM policy does when it is tried out is to refuse: istiod puts its rules where Envoy enforces them.
                    Action::Custom => chain.custom.push((providers.of(policy), compiled(), tried)),
                    Action::Deny if !tried => chain.deny.push(compiled()),
                    Action::Allow if !tried => chain.allow.push(compiled()),
                    _ => {}
                }
            }
            chain
        };
        Self {
            http: if protocol.may_be_http() { chain(false) } else { Chain::default() },
            tcp: chain(true),
            tokens: jwt::rules(tokens.iter().copied()),
            protocol,
            port: 0,
            destination: Vec::new(),
            normalization: Normalization::default(),
            forwarded: Forwarded::Last,
            internal_peer: false,
            several_providers: false,
        }
    }

    /// The answer to a request whose client is taken for `peer`.
    pub(super) fn decide(&self, request: &Request<'_>, peer: Peer<'_>, explain: bool) -> (Verdict, Reason<'a>) {
        match (&request.call, self.protocol) {
            // What is not HTTP on an HTTP port breaks in the application's protocol, whatever policies say of the connection.
            (Call::Tcp, _) => self.connection(request, peer, explain),
            (_, protocol) if !protocol.may_be_http() => self.connection(request, peer, explain),
            (Call::Http(http), _) => self.http(http.as_ref(), request, peer, explain),
            (Call::Any, protocol) if protocol.is_http() => self.http(&Http::default(), request, peer, explain),
            (Call::Any, _) => {
                let http = self.http(&Http::default(), request, peer, explain);
                let tcp = self.connection(request, peer, explain);
                if http.0 == tcp.0 { http } else { (Verdict::Unknown, Reason::Depends(Missing::Protocol)) }
            }
        }
    }

    /// Adds what it tells apart about requests.
    pub(super) fn distinguish(&self, into: &mut Distinctions) {
        into.http |= self.protocol.may_be_http();
        into.tcp |= !self.protocol.is_http();
        for chain in [&self.http, &self.tcp] {
            rules::distinguish(&chain.deny, into);
            rules::distinguish(&chain.allow, into);
            chain.custom.iter().for_each(|(_, compiled, _)| rules::distinguish(std::slice::from_ref(compiled), into));
        }
    }

    fn connection(&self, request: &Request<'_>, peer: Peer<'_>, explain: bool) -> (Verdict, Reason<'a>) {
        let address = if self.internal_peer { Address::Internal } else { Address::One(&request.client.addresses) };
        let remote = Address::One(&request.client.addresses);
        self.judge(&self.tcp, &self.seen(request, peer, address, remote, None), true, explain)
    }

    fn http(&self, http: &Http, request: &Request<'_>, peer: Peer<'_>, explain: bool) -> (Verdict, Reason<'a>) {
        let checked = jwt::check(&self.tokens, http);
        let carried = matches!(checked, Checked::Carried);
        let (claims, listed, unsaid) = match checked {
            Checked::Nothing => (None, Vec::new(), false),
            Checked::Unsaid | Checked::Carried => (None, Vec::new(), true),
            Checked::Verified(claims, listed) => (Some(claims), listed, false),
            Checked::Invalid(policy) => return (Verdict::Deny, Reason::TokenInvalid(policy)),
            Checked::UnknownIssuer(policy) => return (Verdict::Deny, Reason::TokenOfUnknownIssuer(policy)),
            Checked::WrongAudience(policy, rule) => return (Verdict::Deny, Reason::TokenForOthers(policy, rule)),
        };
        if http.path.as_deref().is_some_and(|path| path.contains('#')) {
            return (Verdict::Deny, Reason::Fragment);
        }
        let address = if self.internal_peer { Address::Internal } else { Address::One(&request.client.addresses) };
        let remote = self.remote(http, request);
        let seen = SeenHttp {
            method: http.method.as_deref(),
            path: http.path.as_deref().map(|path| Cow::Owned(self.normalization.apply(path))),
            host: http.host.as_deref(),
            headers: &http.headers,
            claims,
            listed,
            unsaid,
        };
        match self.judge(&self.http, &self.seen(request, peer, address, remote, Some(seen)), false, explain) {
            // One that does not verify is refused whatever policies say.
            (Verdict::Allow, _) if carried => (Verdict::Unknown, Reason::Depends(Missing::Token)),
            answer => answer,
        }
    }

    fn remote<'r>(&self, http: &Http, request: &'r Request<'_>) -> Address<'r> {
        let entries = http.header("x-forwarded-for").unwrap_or_default();
        let entries: Vec<IpAddr> = entries.split(',').filter_map(|entry| entry.trim().parse().ok()).collect();
        let from_end = match self.forwarded {
            Forwarded::Last => 1,
            Forwarded::Trusted(proxies) => proxies,
        };
        let entry = entries.len().checked_sub(from_end).filter(|_| from_end > 0).and_then(|at| entries.get(at));
        entry.map_or(Address::One(&request.client.addresses), |address| Address::Is(*address))
    }

    fn seen<'r>(
        &'r self,
        request: &'r Request<'_>,
        peer: Peer<'r>,
        direct: Address<'r>,
        remote: Address<'r>,
        http: Option<SeenHttp<'r>>,
    ) -> Seen<'r> {
        let destination = Address::One(&self.destination);
        Seen { peer, direct, remote, destination, port: self.port, sni: request.sni.as_deref().unwrap_or_default(), http }
    }

    fn judge(&self, chain: &Chain<'a>, seen: &Seen<'_>, tcp: bool, explain: bool) -> (Verdict, Reason<'a>) {
        let mut open: Option<Reason<'a>> = None;
        match self.custom(chain, seen, tcp) {
            Some((Verdict::Deny, reason)) => return (Verdict::Deny, reason),
            Some((_, reason)) => open = Some(reason),
            None => {}
        }
        let (verdict, reason) = rules_decide(&chain.deny, &chain.allow, seen, explain);
        match (verdict, open.take()) {
            (Verdict::Allow, Some(open)) => (Verdict::Unknown, open),
            _ => (verdict, reason),
        }
    }

    /// What external authorizers say, nothing when none is asked.
    fn custom(&self, chain: &Chain<'a>, seen: &Seen<'_>, tcp: bool) -> Option<(Verdict, Reason<'a>)> {
        let names: BTreeMap<&str, ()> = chain.custom.iter().map(|(provider, ..)| (provider.name, ())).collect();
        let too_many = names.len() > 1 && !self.several_providers;
        let mut open = None;
        for (provider, compiled, tried) in &chain.custom {
            // What istiod puts in the place of an authorizer that cannot be asked leaves out policies that are only tried out.
            if *tried && (too_many || provider.fault.is_some()) {
                continue;
            }
            let Some((rule, truth)) = compiled.hit(seen) else { continue };
            let at = RuleRef { policy: compiled.policy, rule: rule.field };
            let refuses = if too_many {
                Some(Reason::SeveralProviders(at))
            } else if let Some(why) = provider.fault {
                Some(Reason::BadProvider(at, why))
            } else {
                tried.then_some(Reason::TriedCustom(at))
            };
            if tcp && !provider.tcp && provider.fault.is_none() && !too_many {
                continue;
            }
            match (refuses, truth) {
                (Some(reason), Truth::Yes) => return Some((Verdict::Deny, reason)),
                (Some(_), Truth::Open(missing)) => open = open.or(Some(Reason::Depends(missing))),
                _ => open = open.or(Some(Reason::AsksProvider(at, provider.unread.clone().unwrap_or_else(|| provider.name.to_owned())))),
            }
        }
        open.map(|reason| (Verdict::Unknown, reason))
    }
}

/// DENY before ALLOW; without any ALLOW everything that is left passes.
pub(super) fn rules_decide<'a>(deny: &[Compiled<'a>], allow: &[Compiled<'a>], seen: &Seen<'_>, explain: bool) -> (Verdict, Reason<'a>) {
    let mut open = None;
    for compiled in deny {
        match compiled.hit(seen) {
            Some((rule, Truth::Yes)) => return (Verdict::Deny, Reason::Denied(RuleRef { policy: compiled.policy, rule: rule.field })),
            Some((_, Truth::Open(missing))) => open = open.or(Some(missing)),
            _ => {}
        }
    }
    let mut allowed = if allow.is_empty() { Some(Reason::NoAllowPolicy { denies: deny.len() }) } else { None };
    let mut may_allow = None;
    for compiled in allow {
        match compiled.hit(seen) {
            Some((rule, Truth::Yes)) => {
                allowed = Some(Reason::Allowed(RuleRef { policy: compiled.policy, rule: rule.field }));
                break;
            }
            Some((_, Truth::Open(missing))) => may_allow = may_allow.or(Some(missing)),
            _ => {}
        }
    }
    match (allowed, open, may_allow) {
        (Some(reason), None, _) => (Verdict::Allow, reason),
        (Some(_), Some(missing), _) | (None, _, Some(missing)) => (Verdict::Unknown, Reason::Depends(missing)),
        (None, _, None) => {
            let near = if explain { super::near::misses(allow, seen) } else { Vec::new() };
            (Verdict::Deny, Reason::NoneAdmits { policies: allow.iter().map(|c| c.policy).collect(), near })
        }
    }
}
