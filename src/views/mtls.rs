//! Encryption: what ports accept and who decided, and what becomes of calls.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::injection::MeshOrNone;
use crate::index::Workload;
use crate::mesh::mtls::{Client, Declared, DeclaredClient, Destination, Edge, Level, Mtls, Outcome, PortMode, ServerMode};
use crate::mesh::resolve::Name;
use crate::model::{Evidence, Gap, Kind, MeshId, ObjectRef, Observed, Str};
use crate::world::World;

/// What ports accept, and what becomes of calls.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MtlsReport {
    /// Workloads with their ports.
    pub workloads: Vec<MtlsRow>,
    /// Calls of clients to servers.
    pub edges: Vec<EdgeRow>,
    /// Calls that really happened, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// What could not be read and would have told more.
    pub gaps: Vec<Gap>,
}

/// A workload and its ports.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MtlsRow {
    /// Kind.
    pub kind: Kind,
    /// Namespace.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// The mesh.
    pub mesh: MeshOrNone,
    /// Its ports.
    pub ports: Vec<ModeRow>,
}

/// What a port accepts.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ModeRow {
    /// Container port.
    pub port: u16,
    /// Its name.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: Str,
    /// The mode.
    pub mode: ServerMode,
    /// What decided.
    pub level: Level,
    /// The chain of reasons, the deciding one last.
    pub because: Vec<Evidence>,
    /// Policies that lose to an older one of the same level.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub losing: Vec<Evidence>,
    /// The clients that objects name, by what becomes of their calls.
    #[serde(skip)]
    pub clients: BTreeMap<Outcome, Vec<String>>,
}

/// Calls of one client to one port of a server.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EdgeRow {
    /// Who calls.
    pub client: ClientRow,
    /// What is called.
    pub server: ServerRow,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why.
    pub because: Vec<Evidence>,
    /// How many pods of the server fare how, where they differ.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<Outcome, usize>,
    /// What says that the client calls, where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Evidence>,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClientRow {
    /// Its kind; nothing for what is no workload of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Its namespace.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub namespace: Str,
    /// Its name.
    pub name: Str,
}

/// A server as clients call it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerRow {
    /// Its namespace; nothing for a host that nothing declares.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub namespace: Str,
    /// The Service, or the host.
    pub name: Str,
    /// The port that is called.
    pub port: u16,
    /// The subset of a DestinationRule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subset: Option<Str>,
}

impl MtlsRow {
    /// The object.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef { namespace: self.namespace.clone(), kind: self.kind, name: self.name.clone(), api_version: Str::default() }
    }
}

impl ModeRow {
    fn new(port: PortMode) -> Self {
        let PortMode { port, name, mode, level, because, losing, .. } = port;
        Self { port, name, mode, level, because, losing, clients: BTreeMap::new() }
    }

    /// What decided, said with the object it stands in.
    pub fn decider(&self) -> Option<&Evidence> {
        self.because.iter().rfind(|e| e.object.is_some()).or(self.because.last())
    }
}

impl ClientRow {
    /// How a client is called in a table.
    pub fn text(&self) -> String {
        match self.kind {
            Some(kind) => format!("{}/{}", kind.name().to_ascii_lowercase(), self.name),
            None => self.name.to_string(),
        }
    }

    fn of(client: Client<'_>, name: &str) -> Self {
        match client {
            Client::Workload(workload) => {
                let ObjectRef { kind, namespace, name, .. } = workload.reference.clone();
                Self { kind: Some(kind), namespace, name }
            }
            Client::Tls | Client::Plain => Self { kind: None, namespace: Str::default(), name: name.into() },
        }
    }
}

impl EdgeRow {
    /// An edge as a row.
    pub fn new(client: ClientRow, server: ServerRow, edge: Edge, declared: Option<Evidence>) -> Self {
        let mut endpoints: BTreeMap<Outcome, usize> = BTreeMap::new();
        if edge.outcome == Outcome::Mixed {
            edge.parts.iter().for_each(|p| *endpoints.entry(p.outcome).or_default() += p.pods);
        }
        Self { client, server, outcome: edge.outcome, because: edge.because, endpoints, declared }
    }
}

/// Kinds that decide about encryption, besides those that membership takes.
pub const MTLS_KINDS: &[Kind] = &[
    Kind::EndpointSlice,
    Kind::PeerAuthentication,
    Kind::DestinationRule,
    Kind::BackendTlsPolicy,
    Kind::ServiceEntry,
    Kind::Sidecar,
    Kind::WorkloadEntry,
    Kind::Server,
    Kind::ServerAuthorization,
    Kind::LinkerdAuthorizationPolicy,
    Kind::MeshTlsAuthentication,
    Kind::NetworkAuthentication,
    Kind::LinkerdHttpRoute,
    Kind::HttpRoute,
    Kind::GrpcRoute,
    Kind::ExternalWorkload,
];

/// Kinds that name clients.
pub const CLIENT_KINDS: &[Kind] = &[
    Kind::AuthorizationPolicy,
    Kind::NetworkPolicy,
    Kind::Ingress,
    Kind::Gateway,
    Kind::IstioGateway,
    Kind::VirtualService,
    Kind::ValidatingWebhookConfiguration,
    Kind::CustomResourceDefinition,
    Kind::ApiService,
];

/// Which servers are asked about.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// These workloads; all, when there are none.
    pub workloads: Option<BTreeSet<ObjectRef>>,
    /// Those of these namespaces; of all in scope, when there are none.
    pub namespaces: BTreeSet<Str>,
}

impl Wanted {
    /// Whether a workload is among them.
    pub(super) fn includes(&self, world: &World, workload: &Workload) -> bool {
        let namespace = &workload.reference.namespace;
        match &self.workloads {
            Some(workloads) => workloads.contains(&workload.reference),
            None => world.shows(workload) && (self.namespaces.is_empty() || self.namespaces.contains(namespace)),
        }
    }
}

/// Workloads with what their ports accept, and the calls of clients that objects name.
pub fn mtls(world: &World, wanted: &Wanted, only: Option<MeshId>) -> MtlsReport {
    let engine = Mtls::new(world.view());
    let declared = Declared::read(world.view());
    let mut report = MtlsReport::default();
    let mut gaps = BTreeSet::new();
    for workload in world.index.workloads().iter().filter(|w| w.is_live() && wanted.includes(world, w)) {
        let modes = engine.modes(workload);
        let mesh = modes.first().and_then(|m| m.mesh);
        if only.is_some_and(|only| mesh != Some(only)) {
            continue;
        }
        gaps.extend(modes.iter().filter_map(|m| m.gap.clone()));
        let reference = &workload.reference;
        let mut row = MtlsRow {
            kind: reference.kind,
            namespace: reference.namespace.clone(),
            name: reference.name.clone(),
            mesh: mesh.map_or(MeshOrNone::None, MeshOrNone::from),
            ports: modes.into_iter().map(ModeRow::new).collect(),
        };
        edges_to(world, &engine, &declared, workload, &mut row, &mut report.edges, &mut gaps);
        report.workloads.push(row);
    }
    report.edges.sort_by(|a, b| (&a.server, &a.client).cmp(&(&b.server, &b.client)));
    report.edges.dedup_by(|a, b| (&a.server, &a.client) == (&b.server, &b.client));
    gaps.extend(super::gaps(world, super::MEMBERSHIP_KINDS));
    gaps.extend(super::gaps(world, MTLS_KINDS));
    gaps.extend(super::gaps(world, CLIENT_KINDS));
    report.gaps = gaps.into_iter().collect();
    report
}

/// The calls of a workload's declared clients, counted at the ports they end at.
fn edges_to<'w>(
    world: &'w World,
    engine: &Mtls<'w>,
    declared: &Declared<'w>,
    workload: &'w Workload,
    row: &mut MtlsRow,
    edges: &mut Vec<EdgeRow>,
    gaps: &mut BTreeSet<Gap>,
) {
    let clients = declared.of(workload);
    for (service, port, target) in crate::mesh::mtls::called_through(world.view(), workload) {
        let mut calling = clients.iter().filter(|c| c.calls(service, port, target)).peekable();
        if calling.peek().is_none() {
            continue;
        }
        let to = crate::mesh::resolve::name(world.view(), &service.metadata.namespace, &service.metadata.name);
        let to = Destination::of(world.view(), &to, port);
        for DeclaredClient { client, name, because, .. } in calling {
            let edge = engine.edge_between(&engine.calling(*client), &to, None);
            gaps.extend(edge.gap.clone());
            let client = ClientRow::of(*client, name);
            if let Some(at) = row.ports.iter_mut().find(|p| p.port == target) {
                let text = if client.namespace.is_empty() { client.name.to_string() } else { format!("{}/{}", client.namespace, client.name) };
                let named = at.clients.entry(edge.outcome).or_default();
                if !named.contains(&text) {
                    named.push(text);
                }
            }
            let server = ServerRow { namespace: service.metadata.namespace.clone(), name: service.metadata.name.clone(), port, subset: None };
            edges.push(EdgeRow::new(client, server, edge, Some(because.clone())));
        }
    }
}

/// One edge, as it is asked for.
pub fn mtls_edge(world: &World, client: &Workload, to: &Name<'_>, port: u16, subset: Option<&str>) -> MtlsReport {
    let view = world.view();
    let workload = &view.index.workloads()[client.position()];
    let name = crate::mesh::resolve::name(view, &client.reference.namespace, &to.full);
    let name = if to.aliases.is_empty() { name } else { crate::mesh::resolve::name(view, &client.reference.namespace, &to.typed) };
    let edge = Mtls::new(view).edge(Client::Workload(workload), &name, port, subset);
    let server = match name.aliases.first().copied().or(name.service()) {
        Some(service) => {
            ServerRow { namespace: service.metadata.namespace.clone(), name: service.metadata.name.clone(), port, subset: subset.map(Str::from) }
        }
        None => ServerRow { namespace: Str::default(), name: name.typed.as_str().into(), port, subset: subset.map(Str::from) },
    };
    let gaps = edge.gap.clone().into_iter().collect();
    let row = EdgeRow::new(ClientRow::of(Client::Workload(workload), ""), server, edge, None);
    MtlsReport { edges: vec![row], gaps, ..MtlsReport::default() }
}
