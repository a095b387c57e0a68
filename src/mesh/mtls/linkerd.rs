//! Linkerd's part: what its proxies accept by policy, and what they send by what discovery tells them.
//!
//! Sources: linkerd2 `controller/api/destination/endpoint_translator.go`, `policy-controller/k8s/index/src/inbound`; linkerd2-proxy
//! `linkerd/proxy/server-policy`.

use std::net::IpAddr;

use super::{Assumption, Call, Caller, Decided, Level, Outcome, Received, Sends, Sent, ServerMode, Side, annotation, plain, side};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::linkerd::annotations::{DEFAULT_POLICY, REQUIRE_IDENTITY, SKIP_INBOUND, SKIP_OUTBOUND};
use crate::mesh::linkerd::authz::{self, Authorizations, Clients, Grant};
use crate::mesh::linkerd::network::{self, Network};
use crate::mesh::linkerd::ports::PortSet;
use crate::mesh::linkerd::routes::ServerRoutes;
use crate::mesh::linkerd::server::{InboundPolicy, Protocol, Server, Servers};
use crate::mesh::linkerd::{INJECT, LinkerdConfig, PLANE, identity};
use crate::mesh::namespace_ref;
use crate::mesh::resolve::Endpoint;
use crate::mesh::resolve::StandsFor;
use crate::model::{Evidence, Gap, Kind, Map, Pod, PodSpec, Subject};

/// Linkerd's settings that decide about encryption.
#[derive(Debug)]
pub(super) struct Linkerd<'a> {
    view: MeshView<'a>,
    servers: Servers<'a>,
    authorizations: &'a Authorizations,
    routes: ServerRoutes<'a>,
    defaults: LinkerdConfig,
    assumed: Option<Assumption<'a>>,
}

/// Who is let in on a port.
struct Admits<'a> {
    grants: Vec<Grant>,
    server: Option<Server<'a>>,
    level: Level,
    because: Vec<Evidence>,
    losing: Vec<Evidence>,
}

/// A server: a pod, or the pods that a workload's template makes.
#[derive(Clone, Copy)]
struct Host<'a> {
    workload: &'a Workload,
    pod: Option<&'a Pod>,
}

impl<'a> Host<'a> {
    fn annotations(&self) -> &'a Map {
        self.pod.map_or(&self.workload.annotations, |p| &p.metadata.annotations)
    }

    fn spec(&self, view: MeshView<'a>) -> Option<&'a PodSpec> {
        self.pod.map(|p| &p.spec).or_else(|| view.index.pod_spec(self.workload))
    }

    /// Whether it runs, so that its own annotations are all that counts; the injector has yet to copy those of the namespace to others.
    fn runs(&self) -> bool {
        self.pod.is_some_and(|p| !p.status.phase.is_empty())
    }
}

impl<'a> Linkerd<'a> {
    pub(super) fn new(view: MeshView<'a>, assumed: Option<Assumption<'a>>) -> Self {
        Self {
            view,
            servers: view.linkerd_servers(),
            authorizations: view.linkerd_authorizations(),
            routes: view.linkerd_server_routes(),
            defaults: LinkerdConfig::of("linkerd", crate::model::Json::default()),
            assumed,
        }
    }

    fn config(&self) -> &LinkerdConfig {
        self.view.linkerd.configs.first().unwrap_or(&self.defaults)
    }

    /// A setting of a pod: its annotation, or its namespace's where the injector has yet to copy it; and where it stands.
    fn setting(&self, host: Host<'a>, name: &str) -> Option<(&'a str, Evidence)> {
        if let Some(value) = host.annotations().get(name) {
            return Some((value, annotation(Some(host.workload), host.pod, name, format!("is {value:?}"))));
        }
        let namespace = host.workload.reference.namespace.as_str();
        let value = self.view.index.namespace(namespace).filter(|_| !host.runs())?.metadata.annotations.get(name)?;
        let path = format!("metadata.annotations{}", crate::model::key(name));
        Some((value, Evidence::field(namespace_ref(namespace), path, format!("is {value:?}, which the injector copies to the pods"))))
    }

    /// Ports that the policies of a workload's namespace name for it.
    pub(super) fn named_ports(&self, workload: &Workload) -> Vec<u16> {
        let of_namespace = self.servers.in_namespace(&workload.reference.namespace);
        let picking = of_namespace.filter(|s| s.selector.matches(workload.reference.kind, &workload.labels));
        picking.flat_map(|s| s.numbers_on(self.view.index, workload)).collect()
    }

    /// What a port of a workload accepts.
    pub(super) fn mode(&self, workload: &'a Workload, port: u16) -> Result<Decided, Gap> {
        // Pods of one workload are alike in all that counts here; the first stands for them.
        let pod = self.view.index.pod_variants(workload).find(|(p, _)| p.spec.container("linkerd-proxy").is_some()).map(|(p, _)| p);
        let host = Host { workload, pod };
        if let Some(because) = self.skipped(host, port, true) {
            return Ok(Decided { mode: ServerMode::Disable, level: Level::Annotation, because: vec![because], losing: Vec::new() });
        }
        let admits = self.admits(host, port)?;
        let open = admits.grants.iter().find(|g| g.clients == Clients::Anyone && g.networks.iter().any(reaches_others));
        let mut because = admits.because;
        let (mode, text) = match (open, admits.grants.is_empty()) {
            (Some(_), _) => (ServerMode::Permissive, "lets in clients without an identity too, in plaintext"),
            (None, true) => (ServerMode::Strict, "lets in nobody"),
            (None, false) => (ServerMode::Strict, "lets in clients with an identity only, so in mutual TLS"),
        };
        because.push(match open.or(admits.grants.first()) {
            Some(grant) if admits.server.is_some() => Evidence::object(grant.source.clone(), text),
            _ => Evidence { object: because.last().and_then(|e| e.object.clone()), path: None, text: text.to_owned(), code: None },
        });
        Ok(Decided { mode, level: admits.level, because, losing: admits.losing })
    }

    /// Why calls to a port do not pass the proxy, where they do not. Linkerd's defaults count where pods are dialled in plaintext; other
    /// proxies go by the annotation alone.
    fn skipped(&self, host: Host<'a>, port: u16, with_defaults: bool) -> Option<Evidence> {
        let holds = |list: &str| PortSet::lenient(list, host.spec(self.view)).0.contains(port);
        match self.setting(host, SKIP_INBOUND) {
            Some((list, mut at)) => holds(list).then(|| {
                at.text = format!("{}: port {port} does not pass the proxy", at.text);
                at
            }),
            None => {
                let text = "the port is among those that Linkerd keeps from its proxy by default (proxyInit.ignoreInboundPorts)";
                (with_defaults && holds(&self.config().skip_inbound_ports)).then(|| Evidence::default(text))
            }
        }
    }

    /// Whom the policies of a port let in.
    fn admits(&self, host: Host<'a>, port: u16) -> Result<Admits<'_>, Gap> {
        let workload = host.workload;
        let namespace = workload.reference.namespace.as_str();
        if let Some(gap) = authz::KINDS.iter().find_map(|kind| self.view.index.gap_hiding(*kind, namespace)) {
            return Err(gap);
        }
        let claiming = || {
            let here = self.servers.in_namespace(namespace).filter(|s| s.selector.matches(workload.reference.kind, &workload.labels));
            here.filter(|s| s.numbers_on(self.view.index, workload).contains(&port))
        };
        let Some(server) = claiming().next() else { return Ok(self.by_default(host, port)) };
        let cluster = &self.view.linkerd.cluster;
        let mut grants = self.authorizations.of_server(server, cluster);
        let mut because = vec![Evidence::object(server.object.reference(), format!("governs port {port}"))];
        let speaks_http = server.protocol.takes_http_routes() || server.protocol == Protocol::Grpc;
        for route in self.routes.accepted(namespace, server.name()).into_iter().filter(|_| speaks_http) {
            if (server.protocol == Protocol::Grpc) == (route.kind == Kind::GrpcRoute) {
                grants.extend(self.authorizations.of_route(namespace, route.kind, &route.meta.name).cloned());
            }
        }
        if grants.is_empty() {
            because.push(Evidence::object(server.object.reference(), "no authorization is for it"));
        }
        let losing = claiming().skip(1).map(|other| {
            let text = format!("has no say on port {port}: {} is older", server.object.reference());
            Evidence::object(other.object.reference(), text)
        });
        Ok(Admits { grants, server: Some(server), level: Level::Server, because, losing: losing.collect() })
    }

    /// Whom the default policy lets in.
    fn by_default(&self, host: Host<'a>, port: u16) -> Admits<'_> {
        let cluster = &self.view.linkerd.cluster;
        let written = self.setting(host, DEFAULT_POLICY).and_then(|(value, at)| Some((InboundPolicy::parse(value)?, at)));
        let (mut policy, mut level, mut because) = match written {
            Some((policy, at)) => (policy, Level::Annotation, vec![at]),
            None => {
                let text = format!("no Server governs port {port}: the default policy is {}", cluster.default_policy);
                let at = self.view.linkerd.configs.first().and_then(|c| c.object.clone());
                let because = match at {
                    Some(map) if cluster.known => Evidence::field(map, "data.values", text),
                    _ => Evidence::default(text),
                };
                (cluster.default_policy, Level::Default, vec![because])
            }
        };
        if let Some((list, at)) = self.setting(host, REQUIRE_IDENTITY)
            && PortSet::lenient(list, host.spec(self.view)).0.contains(port)
        {
            policy = match policy {
                InboundPolicy::AllUnauthenticated => InboundPolicy::AllAuthenticated,
                InboundPolicy::ClusterUnauthenticated => InboundPolicy::ClusterAuthenticated,
                other => other,
            };
            level = Level::Annotation;
            because.push(at);
        }
        if let Some(mode) = self.assumed.as_ref().and_then(|a| a.mode_of(host.workload)) {
            let strict = mode == ServerMode::Strict;
            policy = if strict { InboundPolicy::AllAuthenticated } else { InboundPolicy::AllUnauthenticated };
            because = vec![Evidence::default(format!("the plan makes its default policy {policy}"))];
        }
        let source = because.last().and_then(|e| e.object.clone()).unwrap_or_else(|| host.workload.reference.clone());
        let grants = Grant::of_policy(policy, source, cluster).into_iter().collect();
        Admits { grants, server: None, level, because, losing: Vec::new() }
    }

    /// What a client's proxy sends to an endpoint.
    pub(super) fn send(&self, caller: &Caller<'a>, call: &Call<'_, 'a>, endpoint: &Endpoint<'a>) -> Sent {
        let because = |evidence| vec![evidence];
        let plaintext = |evidence| Sent { sends: Sends::Plaintext, because: because(evidence) };
        if let Some(why) = self.undiscovered(caller, call) {
            return plaintext(why);
        }
        let at = |text: &str| match endpoint.reference() {
            Some(object) => Evidence::object(object, text),
            None => Evidence::default(text),
        };
        if let Some(identity) = endpoint.gateway {
            let text = format!("the client's proxy uses mutual TLS: the address is the gateway of another cluster, {identity}");
            return Sent { sends: Sends::Linkerd, because: because(Evidence::default(text)) };
        }
        let of_endpoint = side(self.view, endpoint.workload, endpoint.pod, &endpoint.labels);
        let (Ok(Side::Linkerd), Some(workload)) = (of_endpoint, endpoint.workload) else {
            return plaintext(at("the client's proxy sends plaintext: the server has no proxy of Linkerd's"));
        };
        let planes = (caller.labels().and_then(|l| l.get(PLANE)), endpoint.labels.get(PLANE));
        if let (Some(own), Some(other)) = planes
            && own != other
        {
            return plaintext(at("the client's proxy sends plaintext: the server belongs to another control plane"));
        }
        let host = Host { workload, pod: endpoint.pod };
        if let Some(why) = endpoint.port.and_then(|port| self.skipped(host, port, false)) {
            return plaintext(why);
        }
        Sent { sends: Sends::Linkerd, because: because(at("the client's proxy uses mutual TLS: the server has a proxy of Linkerd's")) }
    }

    /// Why a call is not looked up in the mesh, where it is not.
    fn undiscovered(&self, caller: &Caller<'a>, call: &Call<'_, 'a>) -> Option<Evidence> {
        let workload = caller.workload?;
        let host = Host { workload, pod: caller.pod };
        let port = call.port.number;
        let holds = |list: &str| PortSet::lenient(list, host.spec(self.view)).0.contains(port);
        match self.setting(host, SKIP_OUTBOUND) {
            Some((list, at)) if holds(list) => {
                return Some(Evidence { text: format!("{}: calls to port {port} do not pass the client's proxy", at.text), ..at });
            }
            None if holds(&self.config().skip_outbound_ports) => {
                let text = "the port is among those that Linkerd keeps from its proxy by default (proxyInit.ignoreOutboundPorts)";
                return Some(Evidence::default(text));
            }
            _ => {}
        }
        if let Some(("ingress", at)) = self.setting(host, INJECT) {
            let text = "ingress mode: requests without l5d-dst-override are passed on without looking up their destination";
            return Some(Evidence { text: text.to_owned(), ..at });
        }
        let address: Option<IpAddr> = match call.to.stands_for {
            StandsFor::Service(service) if !service.is_headless() => service.spec.cluster_ip.parse().ok(),
            StandsFor::Pod(pod) => pod.status.pod_ip.parse().ok(),
            StandsFor::Address(address) => Some(address),
            StandsFor::Service(_) => None,
            StandsFor::Entry(_) | StandsFor::Outside => {
                return Some(Evidence::default(format!("{} is outside of the cluster, where Linkerd finds nobody", call.to.full)));
            }
        };
        let networks = &self.view.linkerd.cluster.networks;
        if address.is_some_and(|a| !networks.iter().any(|n| n.contains(&a))) {
            return Some(Evidence::default("the address is outside of clusterNetworks, where Linkerd finds nobody"));
        }
        None
    }

    /// What becomes of what arrives at a proxy.
    pub(super) fn receive(&self, caller: &Caller<'a>, call: &Call<'_, 'a>, endpoint: &Endpoint<'a>, sends: Sends) -> Received {
        let Some(workload) = endpoint.workload else { return super::outside(call, endpoint, sends) };
        let host = Host { workload, pod: endpoint.pod };
        let port = endpoint.port.unwrap_or(call.port.number);
        if sends != Sends::Linkerd
            && let Some(bypass) = self.skipped(host, port, true)
        {
            let mut received = super::outside(call, endpoint, sends);
            received.because = vec![bypass];
            return received;
        }
        let at = |text: &str| Evidence::object(workload.reference.clone(), text);
        let unencrypted = match sends {
            Sends::Linkerd => None,
            Sends::Plaintext => Some(plain(call)),
            Sends::RuleTls => Some(Outcome::AppTls),
            Sends::IstioMutual | Sends::Hbone => {
                return Received::new(Outcome::Broken, at("the server's proxy is Linkerd's, which does not answer Istio's mutual TLS"));
            }
        };
        let admits = match self.admits(host, port) {
            Ok(admits) => admits,
            Err(gap) => return Received::unknown(gap),
        };
        let name = caller.workload.filter(|_| unencrypted.is_none()).map(|w| self.identity(w, caller.pod));
        let address = caller.pod.and_then(|p| p.status.pod_ip.parse::<IpAddr>().ok());
        let let_in = admits.grants.iter().find(|g| admitted(g, name.as_deref()) && self.from(g, caller, address));
        let mut because = admits.because;
        let outcome = match (let_in, unencrypted) {
            (Some(grant), unencrypted) => {
                because.push(Evidence::object(grant.source.clone(), "lets the client in"));
                unencrypted.unwrap_or(Outcome::MutualTls)
            }
            (None, Some(_)) => {
                because.push(at("the server's policies let in nobody without an identity of the mesh, and the client sends none"));
                Outcome::Broken
            }
            (None, None) => {
                because.push(at(&format!("no policy of the server lets {} in", name.as_deref().unwrap_or("the client"))));
                Outcome::Broken
            }
        };
        let handshake = let_in.is_none().then(|| unencrypted.unwrap_or(Outcome::MutualTls));
        Received { outcome, because, gap: None, handshake }
    }

    /// The name that a client goes by.
    fn identity(&self, client: &Workload, pod: Option<&Pod>) -> String {
        let external = self.view.index.object(Kind::ExternalWorkload, &client.reference.namespace, &client.reference.name);
        if let Some(external) = external.filter(|_| client.reference.kind == Kind::ExternalWorkload) {
            return external.spec().at(["meshTLS", "identity"]).and_then(|i| i.str()).unwrap_or_default().to_owned();
        }
        let spec = pod.map(|p| &p.spec).or_else(|| self.view.index.pod_spec(client));
        let account = spec.map_or("default", PodSpec::service_account);
        identity::of_service_account(&self.view.linkerd.cluster, &client.reference.namespace, account)
    }

    /// Whether a grant reaches where the client is: its address, or anywhere in the cluster where that is not known.
    fn from(&self, grant: &Grant, caller: &Caller<'_>, address: Option<IpAddr>) -> bool {
        match address {
            Some(address) => grant.networks.iter().any(|n| n.contains(&address)),
            None if caller.workload.is_none() => network::is_anywhere(&grant.networks),
            None => grant.networks.iter().any(|n| self.view.linkerd.cluster.networks.iter().any(|c| n.overlaps(c))),
        }
    }
}

/// Whether a grant is for a client of this name; for one without a name, when there is none.
fn admitted(grant: &Grant, name: Option<&str>) -> bool {
    match (&grant.clients, name) {
        (Clients::Anyone, _) => true,
        (Clients::AnyTls, name) => name.is_some(),
        (Clients::Named(patterns), Some(name)) => patterns.iter().any(|p| p.matches(name)),
        (Clients::Named(_), None) => false,
    }
}

/// Whether a network holds others than the pod itself.
fn reaches_others(network: &Network) -> bool {
    !network.cidr.addr().is_loopback()
}
