//! Least privilege from edges: policies that admit exactly those who are to call.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::matrix::{self, Everybody};
use super::simulation::SimulationReport;
use crate::index::Workload;
use crate::mesh::authorization::{Authorizer, Server, Verdict};
use crate::mesh::calls::Calls;
use crate::mesh::istio::policy::{self, Action};
use crate::mesh::linkerd::server::Servers;
use crate::model::{Kind, Map, MeshId, ObjectRef};
use crate::plan::network::pairs;
use crate::world::World;

/// Who calls a port: a workload to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The client.
    pub client: ObjectRef,
    /// The server.
    pub server: ObjectRef,
    /// The port of its pods.
    pub port: u16,
}

/// Policies that were made, and what they would change.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GeneratedReport<'w> {
    /// The policies.
    #[serde(flatten)]
    pub made: Generated,
    /// What becomes of decisions once they are applied.
    #[serde(flatten)]
    pub simulation: SimulationReport<'w>,
    /// The manifests in one file.
    #[serde(skip)]
    pub text: String,
    /// What the manifests are.
    #[serde(skip)]
    pub references: Vec<ObjectRef>,
}

/// Policies that were made, and what was left alone.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Generated {
    /// Manifests.
    pub objects: Vec<Value>,
    /// Why some workload got none.
    pub notes: Vec<String>,
}

/// Who may call a port today: everybody counts who may send requests of some class.
#[derive(Debug, Default)]
struct Callers {
    workloads: BTreeSet<ObjectRef>,
    anyone: bool,
}

/// Policies that admit who is allowed today, and no one else; what existing policies restrict already is left to them.
pub fn from_today(world: &World, mesh: MeshId, only: Option<&Workload>) -> Generated {
    let calls = Calls::new(world.view());
    let all = Everybody::of(world, &calls);
    let linkerd_servers = world.view().linkerd_servers();
    let mut made = Generated::default();
    for workload in servers(world, mesh, only) {
        if let Some(by) = restricted(world, linkerd_servers, mesh, workload) {
            made.notes.push(format!("{}: {by} restricts it already", workload.reference));
            continue;
        }
        let mut ports: BTreeMap<u16, Callers> = BTreeMap::new();
        for (port, via) in matrix::ports(world, workload) {
            let gate = calls.authorizer.gate(workload, port, via);
            let distinctions = calls.distinctions(&gate);
            let by_pod = distinctions.look_at_addresses() || calls.authorizer.looks_at_pods(&gate);
            let answers = matrix::verdicts(&calls, &gate, &distinctions.classes(), &all, by_pod);
            let found = ports.entry(port).or_default();
            for (caller, _) in all.callers.iter().zip(&answers).filter(|(_, a)| a.contains(&Verdict::Allow)) {
                match caller.workload {
                    Some(client) if callers_identity(world, mesh, client).is_some() => drop(found.workloads.insert(client.reference.clone())),
                    _ => found.anyone = true,
                }
            }
        }
        if ports.values().all(|callers| callers.anyone) {
            made.notes.push(format!("{}: open to clients without an identity; make mutual TLS STRICT first, or name edges", workload.reference));
            continue;
        }
        write(world, mesh, workload, &ports, &mut made);
    }
    made
}

/// Policies that admit the clients of these edges, and no one else, to the servers that they name.
pub fn from_edges(world: &World, mesh: MeshId, edges: &BTreeSet<Edge>) -> Generated {
    let mut made = Generated::default();
    let servers: BTreeSet<&ObjectRef> = edges.iter().map(|e| &e.server).collect();
    for reference in servers {
        let Some(workload) = world.index.workload(&reference.namespace, &reference.name, Some(reference.kind)) else { continue };
        let mut ports: BTreeMap<u16, Callers> = BTreeMap::new();
        for edge in edges.iter().filter(|e| e.server == *reference) {
            ports.entry(edge.port).or_default().workloads.insert(edge.client.clone());
        }
        write(world, mesh, workload, &ports, &mut made);
    }
    made
}

/// Policies that admit the clients of these edges to a workload, and no one else on any of its ports; the policy that restricts it already, if one does.
pub fn for_workload(world: &World, mesh: MeshId, workload: &Workload, edges: &BTreeSet<Edge>) -> Result<Generated, ObjectRef> {
    if let Some(by) = restricted(world, world.view().linkerd_servers(), mesh, workload) {
        return Err(by);
    }
    let mut ports: BTreeMap<u16, Callers> = matrix::ports(world, workload).into_iter().map(|(port, _)| (port, Callers::default())).collect();
    for edge in edges.iter().filter(|edge| edge.server == workload.reference) {
        ports.entry(edge.port).or_default().workloads.insert(edge.client.clone());
    }
    let mut made = Generated::default();
    write(world, mesh, workload, &ports, &mut made);
    Ok(made)
}

/// The workloads that answer at a server, each with the port of its pods.
pub fn behind<'w>(world: &'w World, server: Server<'w>) -> Vec<(&'w Workload, u16)> {
    let gates = Authorizer::new(world.view()).gates(server).unwrap_or_default();
    gates.iter().map(|gate| (gate.workload, gate.port)).collect()
}

fn servers<'w>(world: &'w World, mesh: MeshId, only: Option<&Workload>) -> Vec<&'w Workload> {
    let inside = |w: &Workload| world.view().membership(mesh, w).is_ok_and(|m| matches!(m.name(), "sidecar" | "ambient"));
    let wanted = |w: &&Workload| match only {
        Some(only) => only.reference == w.reference,
        None => world.in_scope(&w.reference.namespace) && matrix::is_server(world, w) && inside(w),
    };
    world.index.workloads().iter().filter(wanted).collect()
}

/// A policy that restricts a workload already.
fn restricted(world: &World, servers: Servers<'_>, mesh: MeshId, workload: &Workload) -> Option<ObjectRef> {
    use crate::model::Subject;
    match mesh {
        MeshId::Istio => {
            let applying = world.view().authorization_policies().applying(workload, policy::enforcer(world.view(), workload));
            applying.into_iter().find(|p| Action::of(p) == Action::Allow && !policy::is_dry_run(p)).map(Subject::reference)
        }
        MeshId::Linkerd => {
            let ports = matrix::ports(world, workload);
            ports.iter().find_map(|(port, _)| servers.governing(workload, *port).map(|s| s.object.reference()))
        }
    }
}

/// Namespace and service account of a client that the mesh gives an identity.
fn callers_identity(world: &World, mesh: MeshId, client: &Workload) -> Option<(String, String)> {
    world.view().membership_by_files(mesh, client).ok().filter(|m| m.name() != "none")?;
    let account = world.index.pod_spec(client)?.service_account_name.to_string();
    Some((client.reference.namespace.to_string(), if account.is_empty() { "default".to_owned() } else { account }))
}

fn write(world: &World, mesh: MeshId, workload: &Workload, ports: &BTreeMap<u16, Callers>, made: &mut Generated) {
    let labels = world.index.pod_selector(workload);
    if labels.is_empty() {
        made.notes.push(format!("{}: its pods have no labels to select them by", workload.reference));
        return;
    }
    let identities = |callers: &Callers, notes: &mut Vec<String>| -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for reference in &callers.workloads {
            let client = world.index.workload(&reference.namespace, &reference.name, Some(reference.kind));
            match client.and_then(|c| callers_identity(world, mesh, c)) {
                Some(identity) => drop(found.insert(identity)),
                None => notes.push(format!("{reference} has no identity in the mesh and cannot be named")),
            }
        }
        found
    };
    match mesh {
        MeshId::Istio => istio(world, workload, &labels, ports, identities, made),
        MeshId::Linkerd => linkerd(workload, &labels, ports, identities, made),
    }
}

fn istio(
    world: &World,
    workload: &Workload,
    labels: &Map,
    ports: &BTreeMap<u16, Callers>,
    identities: impl Fn(&Callers, &mut Vec<String>) -> BTreeSet<(String, String)>,
    made: &mut Generated,
) {
    let domain = &world.istio.config.trust_domain;
    let mut by_callers: BTreeMap<(bool, BTreeSet<(String, String)>), Vec<String>> = BTreeMap::new();
    for (port, callers) in ports {
        let who = if callers.anyone { BTreeSet::new() } else { identities(callers, &mut made.notes) };
        if callers.anyone || !who.is_empty() {
            by_callers.entry((callers.anyone, who)).or_default().push(port.to_string());
        }
    }
    let rules: Vec<Value> = by_callers
        .into_iter()
        .map(|((anyone, who), ports)| {
            let to = json!([{"operation": {"ports": ports}}]);
            if anyone {
                return json!({"to": to});
            }
            let principals: Vec<String> = who.iter().map(|(namespace, account)| format!("{domain}/ns/{namespace}/sa/{account}")).collect();
            json!({"from": [{"source": {"principals": principals}}], "to": to})
        })
        .collect();
    let name = free_name(world, Kind::AuthorizationPolicy, workload, "callers");
    let mut spec = json!({"selector": {"matchLabels": pairs(labels)}, "action": "ALLOW"});
    if !rules.is_empty() {
        spec["rules"] = rules.into();
    }
    made.objects.push(json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": workload.reference.namespace.as_str()}, "spec": spec}));
}

/// A name that no object of the kind has yet.
fn free_name(world: &World, kind: Kind, workload: &Workload, end: &str) -> String {
    let base = format!("{}-{end}", workload.reference.name);
    let taken = |name: &str| world.index.object(kind, &workload.reference.namespace, name).is_some();
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(base)
}

fn linkerd(
    workload: &Workload,
    labels: &Map,
    ports: &BTreeMap<u16, Callers>,
    identities: impl Fn(&Callers, &mut Vec<String>) -> BTreeSet<(String, String)>,
    made: &mut Generated,
) {
    let namespace = workload.reference.namespace.as_str();
    for (port, callers) in ports {
        let name = format!("{}-{port}", workload.reference.name);
        let meta = |name: &str| json!({"name": name, "namespace": namespace});
        made.objects.push(json!({"apiVersion": "policy.linkerd.io/v1beta3", "kind": "Server", "metadata": meta(&name),
            "spec": {"podSelector": {"matchLabels": pairs(labels)}, "port": port}}));
        let who = if callers.anyone { BTreeSet::new() } else { identities(callers, &mut made.notes) };
        if !callers.anyone && who.is_empty() {
            continue;
        }
        let mut references = Vec::new();
        if !callers.anyone {
            let refs: Vec<Value> = who.iter().map(|(ns, account)| json!({"kind": "ServiceAccount", "name": account, "namespace": ns})).collect();
            made.objects.push(json!({"apiVersion": "policy.linkerd.io/v1alpha1", "kind": "MeshTLSAuthentication",
                "metadata": meta(&format!("{name}-callers")), "spec": {"identityRefs": refs}}));
            references.push(json!({"group": "policy.linkerd.io", "kind": "MeshTLSAuthentication", "name": format!("{name}-callers")}));
        }
        made.objects
            .push(json!({"apiVersion": "policy.linkerd.io/v1alpha1", "kind": "AuthorizationPolicy", "metadata": meta(&format!("{name}-callers")),
            "spec": {"targetRef": {"group": "policy.linkerd.io", "kind": "Server", "name": name}, "requiredAuthenticationRefs": references}}));
    }
}
