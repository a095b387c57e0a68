//! Istio: which Envoys and ztunnels a request meets on its way to a port, and what each of them decides.

mod compile;
mod envoy;
mod jwt;
mod near;
mod path;
mod pattern;
mod provider;
mod rules;
mod ztunnel;

pub(super) use pattern::{Pattern, template};

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::OnceLock;

use compile::TrustDomains;
use envoy::{Envoy, Forwarded};
use path::Normalization;
use provider::Providers;
use rules::{Address, Compiled, Peer, Seen};

use super::classes::Distinctions;
use super::pod_group::PodGroup;
use super::ruling::{Reason, Ruling, Unenforced, Verdict};
use super::{Call, Credential, Request, Via};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::labels;
use crate::mesh::istio::policy::{self, Action, Enforcer, Policies};
use crate::mesh::mtls::{Mode, PeerAuthentications};
use crate::mesh::resolve::Protocol;
use crate::model::{Field, Gap, Kind, Map, Membership, MeshId, Object, Service, StepKind, StepPlace, Str};

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
    past_waypoints: OnceLock<HashMap<Str, HashMap<Str, (bool, bool)>>>,
}

/// What a request meets before one port of one group of pods.
#[derive(Debug)]
pub(super) struct Guard<'a> {
    waypoint: Option<Box<WaypointGuard<'a>>>,
    end: End<'a>,
}

#[derive(Debug)]
struct WaypointGuard<'a> {
    envoy: Envoy<'a>,
    workload: Option<&'a Workload>,
    identity: String,
    addresses: Vec<IpAddr>,
    /// Whether gateways send their traffic through it as well.
    from_gateways: bool,
}

/// The last enforcer.
#[derive(Debug)]
enum End<'a> {
    Nobody(Unenforced),
    Hidden(Gap),
    Sidecar { envoy: Box<Envoy<'a>>, mode: Mode, by: Option<&'a Object> },
    Gateway { envoy: Box<Envoy<'a>>, mutual: bool },
    Ztunnel { deny: Vec<Compiled<'a>>, allow: Vec<Compiled<'a>>, strict: Option<&'a Object>, port: u16, addresses: Vec<IpAddr> },
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
            past_waypoints: OnceLock::new(),
        }
    }

    /// The identity of a service account, without its scheme.
    pub(super) fn identity(&self, namespace: &str, account: &str) -> String {
        format!("{}/ns/{namespace}/sa/{account}", self.view.istio.config.trust_domain)
    }

    /// What guards a port of pods of this group, when requests come to it `via` a Service.
    pub(super) fn guard(&self, workload: &Workload, group: &PodGroup<'a>, membership: Membership, port: u16, via: Option<Via<'a>>) -> Guard<'a> {
        let end = self.end(workload, group, membership, port);
        let waypoint = if matches!(end, End::Ztunnel { .. }) { self.waypoint(workload, group, port, via) } else { None };
        Guard { waypoint: waypoint.map(Box::new), end }
    }

    fn end(&self, workload: &Workload, group: &PodGroup<'a>, membership: Membership, port: u16) -> End<'a> {
        let namespace = group.namespace;
        if membership == Membership::None {
            return End::Nobody(Unenforced::Outside);
        }
        for kind in [Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::PeerAuthentication] {
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
                End::Ztunnel { deny: of(Action::Deny), allow: of(Action::Allow), strict, port, addresses: group.addresses.clone() }
            }
        }
    }

    fn envoy(&self, policies: &[&'a Object], tokens: &[&'a Object], protocol: Protocol) -> Envoy<'a> {
        let mut envoy = Envoy::new(policies, tokens, protocol, &self.domains, &self.providers);
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

    /// The waypoint that calls to a Service go through, or, without a Service, those to the pods themselves.
    fn waypoint(&self, workload: &Workload, group: &PodGroup<'a>, port: u16, via: Option<Via<'a>>) -> Option<WaypointGuard<'a>> {
        let index = self.view.index;
        let (labels, wanted): (&Map, &[Traffic]) = match via {
            Some(via) => (&via.service.metadata.labels, &[Traffic::Service, Traffic::All]),
            None => (group.labels, &[Traffic::Workload, Traffic::All]),
        };
        if labels::is_waypoint(&workload.labels) {
            return None;
        }
        let (namespace, name) = ambient::reference(index, labels, group.namespace)?;
        let found = ambient::waypoint(index, labels, group.namespace);
        let Waypoint::Serves(traffic, _) = found else { return None };
        if !wanted.contains(&traffic) || !ambient::takes(index, found, group.namespace) {
            return None;
        }
        let root = self.view.istio.root_namespace();
        let of = |policies: &Policies<'a>| {
            let gateway = policies.targeting(Kind::Gateway, &namespace, &name);
            let class = policies.targeting(Kind::GatewayClass, root, ambient::WAYPOINT_CLASS);
            let service = via.into_iter().flat_map(|via| {
                let meta = &via.service.metadata;
                policies.targeting(Kind::Service, &meta.namespace, &meta.name)
            });
            once_each(gateway.chain(class).chain(service))
        };
        let protocol = via.map_or_else(|| self.protocol(group, port), |via| Protocol::of(via.port));
        let mut envoy = self.envoy(&of(&self.policies), &of(&self.tokens), protocol);
        envoy.port = via.and_then(|via| u16::try_from(via.port.port).ok()).unwrap_or(port);
        envoy.internal_peer = true;
        envoy.destination = via.map_or_else(|| group.addresses.clone(), |via| service_addresses(via.service));
        let own = index.workload(&namespace, &name, None);
        let account = own.and_then(|w| index.pod_spec(w)).map(|spec| spec.service_account_name.as_str()).filter(|a| !a.is_empty());
        let from_gateways = via.is_some_and(|via| via.service.metadata.labels.is(USE_WAYPOINT_AT_INGRESS, "true"))
            || index.namespace_label(group.namespace, USE_WAYPOINT_AT_INGRESS) == Some("true");
        Some(WaypointGuard {
            envoy,
            workload: own,
            identity: self.identity(&namespace, account.unwrap_or(&name)),
            addresses: own.map(|w| super::pod_group::addresses(index, w)).unwrap_or_default(),
            from_gateways,
        })
    }

    /// The server of an Istio or Gateway API gateway that listens on a port of its pods.
    fn gateway_server(&self, group: &PodGroup<'a>, port: u16) -> Option<GatewayServer> {
        let index = self.view.index;
        let services = index.services_selecting(group.namespace, group.labels);
        let mut numbers: HashSet<i64> =
            services.flat_map(|s| &s.spec.ports).filter(|p| group.number(&p.target()) == Some(port)).map(|p| i64::from(p.port)).collect();
        numbers.insert(i64::from(port));
        if let Some(name) = group.labels.get(labels::GATEWAY_NAME) {
            let gateway = index.object(Kind::Gateway, group.namespace, name)?;
            let listener = gateway.spec().list("listeners").find(|l| l.get("port").and_then(|p| p.int()).is_some_and(|n| numbers.contains(&n)))?;
            return Some(GatewayServer::of_listener(&listener));
        }
        let selects = |gateway: &&Object| policy::labels(gateway.spec().get("selector")).is_subset_of(group.labels);
        let servers = index.objects(Kind::IstioGateway).iter().filter(selects).flat_map(|g| g.spec().list("servers"));
        let mut matching =
            servers.filter(|s| s.get("port").and_then(|p| p.get("number")).and_then(|n| n.int()).is_some_and(|n| numbers.contains(&n)));
        matching.next().map(|server| GatewayServer::of_server(&server))
    }

    /// Whether every workload that goes by an identity sends its calls past waypoints: it has a sidecar, or is a gateway.
    fn passes_waypoints(&self, identity: &str, from_gateways: bool) -> bool {
        let Some((_, namespace, account)) = rules::parts(identity) else { return false };
        let by_account = self.past_waypoints.get_or_init(|| self.find_past_waypoints());
        let (sidecars, gateways) = by_account.get(namespace).and_then(|accounts| accounts.get(account)).copied().unwrap_or_default();
        sidecars || (gateways && !from_gateways)
    }

    /// For each service account, whether all its workloads have sidecars, and whether all have sidecars or are gateways.
    fn find_past_waypoints(&self) -> HashMap<Str, HashMap<Str, (bool, bool)>> {
        let mut found: HashMap<Str, HashMap<Str, (bool, bool)>> = HashMap::new();
        for workload in self.view.index.workloads() {
            let Some(spec) = self.view.index.pod_spec(workload) else { continue };
            let account = if spec.service_account_name.is_empty() { Str::from("default") } else { spec.service_account_name.clone() };
            let membership = self.view.membership(MeshId::Istio, workload);
            let sidecar = membership == Ok(Membership::Sidecar);
            let known = found.entry(workload.reference.namespace.clone()).or_default().entry(account).or_insert((true, true));
            known.0 &= sidecar;
            known.1 &= sidecar || membership == Ok(Membership::Gateway);
        }
        found
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

/// The answer of a handshake with a client of a trust domain that is not accepted.
fn foreign<'a>(istio: &Istio<'_>, identity: &str) -> Option<(Verdict, Reason<'a>)> {
    let domain = identity.split('/').next().unwrap_or_default();
    (!istio.domains.accept(domain)).then(|| (Verdict::Deny, Reason::ForeignTrustDomain(domain.to_owned())))
}

impl<'a> End<'a> {
    fn rule(
        &self,
        istio: &Istio<'a>,
        request: &Request<'_>,
        caller: &Caller,
        explain: bool,
        push: &mut impl FnMut(StepPlace, StepKind, (Verdict, Reason<'a>)) -> bool,
    ) {
        let server = StepPlace::Server;
        match self {
            Self::Nobody(why) => {
                push(server, StepKind::Authorization, (Verdict::Allow, Reason::NotEnforced(why.clone())));
            }
            Self::Hidden(gap) => {
                push(server, StepKind::Authorization, (Verdict::Unknown, Reason::Hidden(gap.clone())));
            }
            Self::Sidecar { envoy, mode, by } => {
                let mut peer = caller.peer();
                match (caller, mode) {
                    (Caller::Nobody, Mode::Strict) => {
                        let refused = by.map_or(Reason::Depends(super::Missing::Identity), Reason::PlaintextRefused);
                        push(server, StepKind::Mtls, (Verdict::Deny, refused));
                        return;
                    }
                    (Caller::Named { explicit: true, .. }, Mode::Disable) if envoy.protocol.is_http() => {
                        let refused = by.map_or(Reason::Depends(super::Missing::Identity), Reason::TlsNotExpected);
                        push(server, StepKind::Mtls, (Verdict::Deny, refused));
                        return;
                    }
                    // The TLS is passed on as it is: bytes, whatever they carry.
                    (Caller::Named { explicit: true, .. }, Mode::Disable) => {
                        let bytes = Request { call: Call::Tcp, ..request.clone() };
                        push(server, StepKind::Authorization, envoy.decide(&bytes, Peer::Nobody, explain));
                        return;
                    }
                    // The TLS is never begun.
                    (Caller::Named { .. }, Mode::Disable) => peer = Peer::Nobody,
                    (Caller::Named { identity, .. }, _) => {
                        if let Some(refused) = foreign(istio, identity) {
                            push(server, StepKind::Mtls, refused);
                            return;
                        }
                    }
                    _ => {}
                }
                push(server, StepKind::Authorization, envoy.decide(request, peer, explain));
            }
            Self::Gateway { envoy, mutual } => {
                let peer = if *mutual { caller.peer() } else { Peer::Nobody };
                push(StepPlace::Gateway, StepKind::Authorization, envoy.decide(request, peer, explain));
            }
            Self::Ztunnel { deny, allow, strict, port, addresses } => {
                match (caller, strict) {
                    (Caller::Nobody, Some(by)) => {
                        push(server, StepKind::Mtls, (Verdict::Deny, Reason::PlaintextRefused(by)));
                        return;
                    }
                    (Caller::Named { identity, .. }, _) => {
                        let domain = identity.split('/').next().unwrap_or_default();
                        // ztunnel takes its own trust domain alone, aliases aside.
                        if istio.view.istio.config.trust_domain != domain {
                            push(server, StepKind::Mtls, (Verdict::Deny, Reason::ForeignTrustDomain(domain.to_owned())));
                            return;
                        }
                    }
                    _ => {}
                }
                let address = Address::One(&request.client.addresses);
                let destination = Address::One(addresses);
                let seen = Seen { peer: caller.peer(), direct: address, remote: address, destination, port: *port, sni: "", http: None };
                push(server, StepKind::Authorization, envoy::rules_decide(deny, allow, &seen, explain));
            }
        }
    }
}

const USE_WAYPOINT_AT_INGRESS: &str = "istio.io/ingress-use-waypoint";

/// Policies without repetitions: one may target a Service and its waypoint.
fn once_each<'a>(policies: impl Iterator<Item = &'a Object>) -> Vec<&'a Object> {
    let mut seen: HashSet<*const Object> = HashSet::new();
    policies.filter(|p| seen.insert(std::ptr::from_ref(*p))).collect()
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

struct GatewayServer {
    protocol: Protocol,
    /// Whether clients have to show a certificate.
    mutual: bool,
}

impl GatewayServer {
    fn of_server(server: &Field<'_>) -> Self {
        let word = server.get("port").map_or("", |p| p.text("protocol"));
        let tls = server.get("tls").map_or("", |t| t.text("mode"));
        let ends_here = !matches!(tls, "" | "PASSTHROUGH" | "AUTO_PASSTHROUGH");
        let protocol = match word.to_ascii_uppercase().as_str() {
            "HTTPS" if ends_here => Protocol::Http,
            "HTTPS" | "TLS" => Protocol::Tcp,
            other => Protocol::parse(other),
        };
        Self { protocol, mutual: matches!(tls, "MUTUAL" | "ISTIO_MUTUAL" | "OPTIONAL_MUTUAL") }
    }

    fn of_listener(listener: &Field<'_>) -> Self {
        let protocol = match listener.text("protocol") {
            "HTTP" | "HTTPS" => Protocol::Http,
            _ => Protocol::Tcp,
        };
        Self { protocol, mutual: false }
    }
}

/// How many proxies stand before a gateway: as its own annotation says, else the mesh.
fn trusted_proxies(view: MeshView<'_>, annotations: &Map) -> usize {
    let of = |config: Field<'_>| config.at(["gatewayTopology", "numTrustedProxies"]).and_then(|n| n.int()).and_then(|n| usize::try_from(n).ok());
    let own = annotations.get("proxy.istio.io/config").and_then(|text| serde_saphyr::from_str::<crate::model::Json>(text).ok());
    let of_mesh = || view.istio.config.root().get("defaultConfig").and_then(of);
    own.and_then(|json| of(json.root())).or_else(of_mesh).unwrap_or_default()
}

fn service_addresses(service: &Service) -> Vec<IpAddr> {
    let spec = &service.spec;
    let all = if spec.cluster_ips.is_empty() { std::slice::from_ref(&spec.cluster_ip) } else { &spec.cluster_ips };
    all.iter().filter_map(|ip| ip.parse().ok()).collect()
}

/// Whether a feature of istiod's is switched on by its environment.
fn istiod_flag(view: MeshView<'_>, name: &str) -> bool {
    let istiods = view.index.controllers().iter().filter(|c| c.pod_labels().is_some_and(|l| l.is("app", "istiod"))).filter_map(|c| c.template());
    istiods.flat_map(|t| t.spec.containers.iter()).flat_map(|c| &c.env).any(|e| e.name == name && e.value.eq_ignore_ascii_case("true"))
}
