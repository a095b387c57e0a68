//! Istio: which Envoys and ztunnels a request meets on its way to a port, and what each of them decides.

mod compile;
mod end;
mod envoy;
mod gateway;
mod jwt;
mod near;
mod path;
mod pattern;
mod provider;
mod rules;
mod waypoint;
mod ztunnel;

pub(in crate::mesh) use pattern::Pattern;
pub(super) use pattern::template;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::OnceLock;

use compile::TrustDomains;
use end::{End, foreign};
use envoy::{Envoy, Forwarded};
use gateway::trusted_proxies;
use path::Normalization;
use provider::Providers;
use rules::Peer;
use waypoint::WaypointGuard;

use super::classes::Distinctions;
use super::pod_group::PodGroup;
use super::ruling::{Reason, Ruling, Unenforced, Verdict};
use super::{Call, Credential, Request, Via};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::istio::istiod;
use crate::mesh::istio::policy::{self, Action, Enforcer, Policies};
use crate::mesh::mtls::PeerAuthentications;
use crate::mesh::resolve::Protocol;
use crate::model::{Kind, Membership, MeshId, Object, StepKind, StepPlace, Str};

/// Kinds that put filters of other people's into proxies.
const ADDING_FILTERS: [Kind; 3] = [Kind::EnvoyFilter, Kind::WasmPlugin, Kind::TrafficExtension];

/// Everything of Istio's that decides, arranged once.
#[derive(Debug)]
pub(super) struct Istio<'a> {
    view: MeshView<'a>,
    pub(super) policies: Policies<'a>,
    tokens: Policies<'a>,
    peers: PeerAuthentications<'a>,
    domains: TrustDomains,
    providers: Providers<'a>,
    normalization: Normalization,
    several_providers: bool,
    /// Whether policies without a target count at waypoints' tunnels.
    layered: bool,
    /// Whether ztunnel is told to admit waypoints, and with that nobody else.
    admits_waypoints: bool,
    /// Whether proxies may have filters that are not istiod's own.
    other_filters: bool,
    past_waypoints: OnceLock<HashMap<Str, HashMap<Str, (bool, bool)>>>,
}

/// What a request meets before one port of one group of pods.
#[derive(Debug)]
pub(super) struct Guard<'a> {
    waypoint: Option<Box<WaypointGuard<'a>>>,
    end: End<'a>,
}

impl<'a> Istio<'a> {
    pub(super) fn new(view: MeshView<'a>) -> Self {
        let config = &view.istio.config;
        let normalization = config.root().at(["pathNormalization", "normalization"]).and_then(|f| f.str()).unwrap_or_default();
        Self {
            view,
            policies: view.authorization_policies(),
            tokens: view.request_authentications(),
            peers: view.peer_authentications(),
            domains: TrustDomains::of(&config.trust_domain, &config.trust_domain_aliases),
            providers: Providers::read(view),
            normalization: Normalization::of(normalization),
            several_providers: istiod_flag(view, "PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS"),
            layered: istiod_flag(view, "ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES"),
            admits_waypoints: istiod_flag(view, "PILOT_AUTO_ALLOW_WAYPOINT_POLICY"),
            other_filters: ADDING_FILTERS.iter().any(|kind| !view.index.objects(*kind).is_empty() || view.index.gap_hiding(*kind, "").is_some()),
            past_waypoints: OnceLock::new(),
        }
    }

    /// The identity of a service account, without its scheme.
    pub(super) fn identity(&self, namespace: &str, account: &str) -> String {
        format!("{}/ns/{namespace}/sa/{account}", self.view.istio.config.trust_domain)
    }

    /// What guards a port of pods of this group, when requests come to it `via` a Service: of several any may meet a request.
    pub(super) fn guards(
        &self,
        workload: &Workload,
        group: &PodGroup<'a>,
        membership: Membership,
        port: u16,
        via: Option<Via<'a>>,
    ) -> Vec<Guard<'a>> {
        let end = || self.end(workload, group, membership, port);
        let waypoints = if membership == Membership::Ambient { self.waypoints(workload, group, port, via) } else { Vec::new() };
        if waypoints.is_empty() {
            return vec![Guard { waypoint: None, end: end() }];
        }
        let behind = |waypoint: WaypointGuard<'a>| {
            let end = end();
            let waypoint = Some(Box::new(waypoint)).filter(|_| matches!(end, End::Ztunnel { .. }));
            Guard { waypoint, end }
        };
        waypoints.into_iter().map(behind).collect()
    }

    fn end(&self, workload: &Workload, group: &PodGroup<'a>, membership: Membership, port: u16) -> End<'a> {
        let namespace = group.namespace;
        if membership == Membership::None {
            return End::Nobody(Unenforced::Outside);
        }
        if let Some(gap) = self.peers.unread(namespace, Some(group.labels)) {
            return End::Hidden(gap);
        }
        for kind in [Kind::AuthorizationPolicy, Kind::RequestAuthentication] {
            let ambient = membership == Membership::Ambient && kind == Kind::RequestAuthentication;
            for home in [namespace, self.view.istio.root_namespace()] {
                if let Some(gap) = self.view.index.gap_hiding(kind, home).filter(|_| !ambient) {
                    return End::Hidden(gap);
                }
            }
        }
        match membership {
            Membership::None => End::Nobody(Unenforced::Outside),
            Membership::Sidecar => {
                if let Some(excluded) = excluded(group, port) {
                    return End::Nobody(excluded);
                }
                let mut envoy = self.envoy(
                    &self.policies.selecting(namespace, group.labels),
                    &self.tokens.selecting(namespace, group.labels),
                    self.protocol(group, port),
                );
                (envoy.port, envoy.destination) = (port, group.addresses.clone());
                let decision = self.peers.accepts(namespace, group.labels).on(port);
                End::Sidecar { envoy: Box::new(envoy), mode: decision.mode, by: decision.policy }
            }
            Membership::Gateway | Membership::Waypoint => {
                let enforcer = policy::enforcer_of(membership, group.labels);
                let server = self.gateway_server(group, port);
                let of = |policies: &Policies<'a>| policies.applying_to(namespace, group.labels, &workload.reference.name, enforcer);
                let protocol = server.as_ref().map_or(Protocol::Detect, |s| s.protocol);
                let mut envoy = self.envoy(&of(&self.policies), &of(&self.tokens), protocol);
                (envoy.port, envoy.destination) = (port, group.addresses.clone());
                envoy.forwarded = Forwarded::Trusted(trusted_proxies(self.view, group.annotations));
                End::Gateway { envoy: Box::new(envoy), mutual: server.is_some_and(|s| s.mutual) }
            }
            Membership::Ambient => {
                let applying = self.policies.applying_to(namespace, group.labels, &workload.reference.name, Enforcer::Ztunnel);
                let of = |action: Action| {
                    let enforced = applying.iter().filter(|p| Action::of(p) == action && !policy::is_dry_run(p));
                    enforced.map(|p| ztunnel::compiled(p)).collect()
                };
                let strict = self.peers.refused_by_ztunnel(namespace, group.labels, port);
                End::Ztunnel {
                    deny: of(Action::Deny),
                    allow: of(Action::Allow),
                    strict,
                    admitted: self.admitted_waypoints(group),
                    port,
                    addresses: group.addresses.clone(),
                }
            }
        }
    }

    fn envoy(&self, policies: &[&'a Object], tokens: &[&'a Object], protocol: Protocol) -> Envoy<'a> {
        let mut envoy = Envoy::new(policies, tokens, protocol, &self.domains, &self.providers, self.other_filters);
        envoy.normalization = self.normalization;
        envoy.several_providers = self.several_providers;
        envoy
    }

    /// What the pods' port speaks: as the Sidecar says where it declares inbound ports at all, else as the oldest Service that leads to it does.
    fn protocol(&self, group: &PodGroup<'a>, port: u16) -> Protocol {
        let sidecar = self.view.istio.registry.imports.sidecar_of(self.view.index, group.namespace, group.labels);
        if let Some(ingress) = sidecar.map(|s| s.spec().list("ingress").collect::<Vec<_>>()).filter(|list| !list.is_empty()) {
            let own = ingress.iter().find(|i| i.at(["port", "number"]).and_then(|n| n.int()) == Some(i64::from(port)));
            return own.and_then(|i| i.get("port")).map_or(Protocol::Detect, |port| Protocol::parse(port.text("protocol")));
        }
        let services = self.view.index.services_selecting(group.namespace, group.labels);
        let ports = services.flat_map(|s| s.spec.ports.iter().map(move |p| (s, p)));
        let leading = ports.filter(|(_, p)| p.protocol() == "TCP" && group.number(&p.target()) == Some(port));
        leading.min_by_key(|(s, _)| s.metadata.age_key()).map_or(Protocol::Detect, |(_, p)| Protocol::of(p))
    }

    /// Who an enforcer takes the client for.
    pub(super) fn caller(&self, request: &Request<'_>) -> Caller {
        match &request.client.credential {
            Credential::Plaintext => Caller::Nobody,
            Credential::Identity(identity) => {
                Caller::Named { identity: identity.strip_prefix("spiffe://").unwrap_or(identity).to_owned(), explicit: true }
            }
            Credential::Account { namespace, name } => Caller::Named { identity: self.identity(namespace, name), explicit: true },
            Credential::Membership => {
                let Some(workload) = request.client.workload else { return Caller::Nobody };
                match self.view.membership(MeshId::Istio, workload) {
                    Ok(Membership::None) => Caller::Nobody,
                    Ok(_) => {
                        let account = self.view.index.pod_spec(workload).map(|spec| spec.service_account_name.clone()).unwrap_or_default();
                        let account = if account.is_empty() { Str::from("default") } else { account };
                        Caller::Named { identity: self.identity(&workload.reference.namespace, &account), explicit: false }
                    }
                    Err(_) => Caller::Unknown,
                }
            }
        }
    }
}

/// Who calls, as Istio sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Caller {
    /// Plaintext.
    Nobody,
    /// Not known.
    Unknown,
    /// By mutual TLS.
    Named {
        /// Without its scheme.
        identity: String,
        /// Whether it was asked for; a workload's own proxy only speaks mutual TLS where the server does.
        explicit: bool,
    },
}

impl Caller {
    /// Whether it speaks mutual TLS.
    pub(super) fn is_meshed(&self) -> bool {
        matches!(self, Self::Named { .. })
    }

    fn peer(&self) -> Peer<'_> {
        match self {
            Self::Nobody => Peer::Nobody,
            Self::Unknown => Peer::Unknown,
            Self::Named { identity, .. } => Peer::Named(identity),
        }
    }
}

impl<'a> Guard<'a> {
    /// The waypoint that a client's calls go through, and its pods where they are known.
    pub(super) fn waypoint(&self, istio: &Istio<'a>, caller: &Caller) -> Option<(Option<&'a Workload>, &[IpAddr])> {
        self.through(istio, caller).map(|waypoint| (waypoint.workload, waypoint.addresses.as_slice()))
    }

    fn through(&self, istio: &Istio<'a>, caller: &Caller) -> Option<&WaypointGuard<'a>> {
        let (Some(waypoint), Caller::Named { identity, .. }) = (self.waypoint.as_deref(), caller) else { return None };
        (*identity != waypoint.identity && !istio.passes_waypoints(identity, waypoint.from_gateways)).then_some(waypoint)
    }

    /// Adds what stands before the port tells apart about requests.
    pub(super) fn distinguish(&self, into: &mut Distinctions) {
        if let Some(waypoint) = &self.waypoint {
            waypoint.envoy.distinguish(into);
            if let Some(at_tunnel) = &waypoint.at_tunnel {
                // Of a connection nothing but addresses is told apart there.
                let mut told = Distinctions::default();
                at_tunnel.distinguish(&mut told);
                into.addresses |= told.addresses;
            }
        }
        match &self.end {
            End::Nobody(_) | End::Hidden(_) => {}
            End::Sidecar { envoy, .. } | End::Gateway { envoy, .. } => envoy.distinguish(into),
            End::Ztunnel { deny, allow, .. } => {
                rules::distinguish(deny, into);
                rules::distinguish(allow, into);
            }
        }
    }

    /// Whether connections come in by a tunnel.
    pub(super) fn is_tunnel(&self) -> bool {
        matches!(self.end, End::Ztunnel { .. })
    }

    /// The answers of those that a request meets, up to the first that refuses.
    pub(super) fn rule(&self, istio: &Istio<'a>, request: &Request<'_>, caller: &Caller, explain: bool, out: &mut Vec<Ruling<'a>>) {
        let mut push = |at: StepPlace, step: StepKind, (verdict, reason): (Verdict, Reason<'a>)| {
            out.push(Ruling { step, at, verdict, reason });
            verdict != Verdict::Deny
        };
        if let (Some(waypoint), Caller::Named { identity, .. }) = (self.through(istio, caller), caller) {
            if let Some(refused) = foreign(istio, identity) {
                push(StepPlace::Waypoint, StepKind::Mtls, refused);
                return;
            }
            let bytes = || Request { call: Call::Tcp, ..request.clone() };
            let refused =
                |at_tunnel: &Envoy<'a>| !push(StepPlace::Waypoint, StepKind::Authorization, at_tunnel.decide(&bytes(), caller.peer(), explain));
            if waypoint.at_tunnel.as_ref().is_some_and(refused) {
                return;
            }
            if push(StepPlace::Waypoint, StepKind::Authorization, waypoint.envoy.decide(request, caller.peer(), explain)) {
                // From here on the waypoint is the client.
                let mut onward = Request { client: request.client.clone(), call: request.call.clone(), sni: request.sni.clone() };
                onward.client.addresses.clone_from(&waypoint.addresses);
                let caller = Caller::Named { identity: waypoint.identity.clone(), explicit: true };
                self.end.rule(istio, &onward, &caller, explain, &mut push);
            }
            return;
        }
        self.end.rule(istio, request, caller, explain, &mut push);
    }
}

/// Whether a pod's traffic to a port goes past its sidecar.
fn excluded(group: &PodGroup<'_>, port: u16) -> Option<Unenforced> {
    let list = |name: &str| group.annotations.get(name).map(|value| value.split(',').map(|p| p.trim().to_owned()).collect::<Vec<_>>());
    let has = |ports: &[String]| ports.iter().any(|p| p.parse() == Ok(port));
    let (exclude, include) = ("traffic.sidecar.istio.io/excludeInboundPorts", "traffic.sidecar.istio.io/includeInboundPorts");
    let included = list(include).is_none_or(|ports| ports.iter().any(|p| p == "*") || has(&ports));
    let interception = "sidecar.istio.io/interceptionMode";
    let by = if group.annotations.is(interception, "NONE") {
        interception
    } else if list(exclude).is_some_and(|ports| has(&ports)) {
        exclude
    } else if included {
        return None;
    } else {
        include
    };
    Some(Unenforced::Excluded(group.reference.clone(), by.to_owned()))
}

/// Whether a feature of istiod's is switched on by its environment.
fn istiod_flag(view: MeshView<'_>, name: &str) -> bool {
    istiod::setting(view.index, None, None, name).is_some_and(|(value, _)| value.eq_ignore_ascii_case("true"))
}
