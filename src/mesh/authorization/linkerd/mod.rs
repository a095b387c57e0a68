//! Linkerd: which Server or default policy governs a port, which route takes a request, and who grants it.
//!
//! Sources: linkerd2 `policy-controller/k8s/index/src/inbound`, linkerd2-proxy `linkerd/app/inbound/src/policy`.

mod distinguish;
mod inbound;

use std::borrow::Cow;
use std::collections::BTreeSet;

use ipnet::IpNet;

use super::pod_group::PodGroup;
use super::request::{Credential, Request};
use super::ruling::{DefaultFrom, Reason, Ruling, Unenforced, Verdict};
use crate::mesh::linkerd::PLANE;
use crate::mesh::linkerd::annotations::{self, DEFAULT_POLICY, OPAQUE_PORTS, REQUIRE_IDENTITY, SKIP_INBOUND};
use crate::mesh::linkerd::authz::{self, Authorizations, Grant};
use crate::mesh::linkerd::identity;
use crate::mesh::linkerd::network::{self, Network};
use crate::mesh::linkerd::ports::PortSet;
use crate::mesh::linkerd::routes::{SERVER_ROUTE_KINDS, ServerRoutes, probe_paths};
use crate::mesh::linkerd::server::{InboundPolicy, Protocol, Servers};
use crate::mesh::{MeshView, namespace_words};
use crate::model::{Evidence, Gap, Kind, Map, Membership, MeshId, Object, ObjectRef, StepKind, StepPlace, Subject};

/// Everything of Linkerd's that decides, arranged once.
#[derive(Debug)]
pub(super) struct Linkerd<'a> {
    view: MeshView<'a>,
    servers: Servers<'a>,
    authorizations: &'a Authorizations,
    routes: ServerRoutes<'a>,
}

/// What guards one port of one group of pods.
#[derive(Debug)]
pub(super) enum Guard<'a> {
    Nobody(Unenforced),
    Hidden(Gap),
    Proxy(Box<Inbound<'a>>),
}

/// A port as the proxy serves it.
#[derive(Debug)]
pub(super) struct Inbound<'a> {
    governs: Governs<'a>,
    protocol: Protocol,
    grants: Vec<Grant>,
    /// The routes that count, the oldest first.
    routes: Vec<&'a Object>,
    of_routes: Vec<(ObjectRef, Grant)>,
    /// Policies that are about the Server and grant nothing.
    ineffective: Vec<Evidence>,
    probes: BTreeSet<String>,
    probe_networks: Vec<IpNet>,
    limit: Option<ObjectRef>,
}

#[derive(Clone, Debug)]
enum Governs<'a> {
    Server(&'a Object),
    Default { policy: InboundPolicy, from: DefaultFrom, authenticated: bool },
}

/// Who calls, as Linkerd sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Caller {
    /// Plaintext.
    Nobody,
    /// Not known.
    Unknown,
    /// By mutual TLS.
    Named(String),
}

impl Caller {
    /// Whether it speaks mutual TLS.
    pub(super) fn is_meshed(&self) -> bool {
        matches!(self, Self::Named(_))
    }
}

impl<'a> Linkerd<'a> {
    pub(super) fn new(view: MeshView<'a>) -> Self {
        Self { view, servers: view.linkerd_servers(), authorizations: view.linkerd_authorizations(), routes: view.linkerd_server_routes() }
    }

    /// Who the proxy takes the client for.
    pub(super) fn caller(&self, request: &Request<'_>) -> Caller {
        let cluster = &self.view.linkerd.cluster;
        match &request.client.credential {
            Credential::Plaintext => Caller::Nobody,
            Credential::Identity(identity) => Caller::Named(identity.clone()),
            Credential::Account { namespace, name } => Caller::Named(identity::of_service_account(cluster, namespace, name)),
            Credential::Membership => {
                let Some(workload) = request.client.workload else { return Caller::Nobody };
                match self.view.membership(MeshId::Linkerd, workload) {
                    Ok(Membership::None) => Caller::Nobody,
                    Err(_) => Caller::Unknown,
                    Ok(_) => match self.view.index.pod_spec(workload) {
                        Some(spec) => {
                            let account = Some(spec.service_account_name.as_str()).filter(|a| !a.is_empty()).unwrap_or("default");
                            Caller::Named(identity::of_service_account(cluster, &workload.reference.namespace, account))
                        }
                        None => {
                            let at = &workload.reference;
                            let object = self.view.index.object(at.kind, &at.namespace, &at.name);
                            let name = object.and_then(|o| o.spec().get("meshTLS")).map(|tls| tls.text("identity").to_owned());
                            name.map_or(Caller::Unknown, Caller::Named)
                        }
                    },
                }
            }
        }
    }

    /// What guards a port of pods of this group.
    pub(super) fn guard(&self, group: &PodGroup<'a>, membership: Membership, port: u16) -> Guard<'a> {
        // The injector labels what it has injected; only such pods are looked at by the policy controller.
        let injected = group.labels.has(PLANE);
        if membership == Membership::None && !injected {
            return Guard::Nobody(Unenforced::Outside);
        }
        if let Some(gap) = authz::KINDS.iter().chain(&SERVER_ROUTE_KINDS).find_map(|kind| self.view.index.gap_hiding(*kind, group.namespace)) {
            return Guard::Hidden(gap);
        }
        let annotations = self.annotations(group, injected);
        let config = self.view.linkerd.configs.first();
        let skipped = annotations.get(SKIP_INBOUND).or_else(|| config.map(|c| c.skip_inbound_ports.as_str())).unwrap_or("4567,4568");
        if PortSet::lenient(skipped, group.spec).0.contains(port) {
            return Guard::Nobody(Unenforced::Excluded(group.reference.clone(), SKIP_INBOUND.to_owned()));
        }
        Guard::Proxy(Box::new(self.inbound(group, &annotations, port)))
    }

    /// The pods' annotations, or those that they will have.
    fn annotations(&self, group: &PodGroup<'a>, injected: bool) -> Cow<'a, Map> {
        if injected || group.spec.is_none() {
            return Cow::Borrowed(group.annotations);
        }
        let namespace = namespace_words(self.view.index, group.namespace).map(|(_, annotations)| annotations).unwrap_or_default();
        let ports: Vec<u16> = group.ports.iter().map(|(_, number)| *number).collect();
        Cow::Owned(annotations::foreseen(group.annotations, &namespace, &ports))
    }

    fn inbound(&self, group: &PodGroup<'a>, annotations: &Map, port: u16) -> Inbound<'a> {
        let index = self.view.index;
        let cluster = &self.view.linkerd.cluster;
        let probe_networks = match self.view.linkerd.configs.first() {
            Some(config) => config.probe_networks.iter().filter_map(|n| network::parse(n)).collect(),
            None => Network::everywhere().into_iter().map(|n| n.cidr).collect(),
        };
        let probes = group.spec.map(probe_paths).and_then(|mut paths| paths.remove(&port)).unwrap_or_default();
        let governing = self.servers.governing_pods(group.namespace, group.reference.kind, group.labels, &group.ports, port);
        let Some(server) = governing else {
            let (grants, governs) = self.by_default(group, annotations, port);
            let opaque = annotations.get(OPAQUE_PORTS).and_then(|text| PortSet::strict(text).ok()).is_some_and(|set| set.contains(port));
            let protocol = if opaque { Protocol::Opaque } else { Protocol::Detect };
            return Inbound {
                governs,
                protocol,
                grants,
                routes: Vec::new(),
                of_routes: Vec::new(),
                ineffective: Vec::new(),
                probes,
                probe_networks,
                limit: None,
            };
        };
        let (namespace, name) = (server.object.meta.namespace.as_str(), server.name());
        let grpc = server.protocol == Protocol::Grpc;
        let mut routes = self.routes.accepted(namespace, name);
        routes.retain(|route| (route.kind == Kind::GrpcRoute) == grpc);
        routes.sort_by_key(|r| {
            let (no_time, time, ..) = r.meta.age_key();
            (no_time, time, r.kind.group(), r.meta.name.as_str())
        });
        let of_routes = routes.iter().flat_map(|route| {
            let grants = self.authorizations.of_route(namespace, route.kind, &route.meta.name);
            grants.map(|grant| (route.reference(), grant.clone())).collect::<Vec<_>>()
        });
        let mut limits: Vec<&Object> = index.objects_in(Kind::HttpLocalRateLimitPolicy, namespace).iter().collect();
        limits.retain(|l| l.spec().get("targetRef").is_some_and(|t| t.text("kind") == "Server" && t.text("name") == name));
        let limit = limits.into_iter().min_by_key(|l| l.meta.age_key()).map(Subject::reference);
        Inbound {
            governs: Governs::Server(server.object),
            protocol: server.protocol,
            grants: self.authorizations.of_server(server, cluster),
            of_routes: of_routes.collect(),
            routes,
            ineffective: self.authorizations.ineffective(namespace, name).map(|v| v.because.clone()).collect(),
            probes,
            probe_networks,
            limit,
        }
    }

    /// What holds for a port without a Server.
    fn by_default(&self, group: &PodGroup<'a>, annotations: &Map, port: u16) -> (Vec<Grant>, Governs<'a>) {
        use InboundPolicy::{AllAuthenticated, AllUnauthenticated, ClusterAuthenticated, ClusterUnauthenticated};
        let cluster = &self.view.linkerd.cluster;
        let written = annotations.get(DEFAULT_POLICY).and_then(InboundPolicy::parse);
        let from = if written.is_some() { DefaultFrom::Annotation(group.reference.clone()) } else { DefaultFrom::Installation };
        let policy = written.unwrap_or(cluster.default_policy);
        let required = annotations.get(REQUIRE_IDENTITY).and_then(|text| PortSet::strict(text).ok()).is_some_and(|set| set.contains(port));
        let effective = match policy {
            AllUnauthenticated if required => AllAuthenticated,
            ClusterUnauthenticated if required => ClusterAuthenticated,
            policy => policy,
        };
        let grants = Grant::of_policy(effective, group.reference.clone(), cluster).into_iter().collect();
        (grants, Governs::Default { policy, from, authenticated: required && effective != policy })
    }
}

impl<'a> Guard<'a> {
    /// The proxy's answer.
    pub(super) fn rule(&self, request: &Request<'_>, caller: &Caller, out: &mut Vec<Ruling<'a>>) {
        let (verdict, reason) = match self {
            Self::Nobody(why) => (Verdict::Allow, Reason::NotEnforced(why.clone())),
            Self::Hidden(gap) => (Verdict::Unknown, Reason::Hidden(gap.clone())),
            Self::Proxy(inbound) => inbound.decide(request, caller),
        };
        out.push(Ruling { step: StepKind::Authorization, at: StepPlace::Server, verdict, reason });
    }
}
