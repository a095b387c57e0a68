//! What would break if ports took mutual TLS only, or plaintext too: every client that they would refuse, probes, and what cannot be known.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::mtls::{ClientRow, ServerRow, Wanted};
use crate::index::Workload;
use crate::mesh::authorization::Verdict;
use crate::mesh::mtls::{Assumption, Client, Declared, Edge, Level, Mtls, Outcome, PortMode, ServerMode, called_through};
use crate::mesh::network_policy::{self, Direction, NetworkPolicies};
use crate::mesh::resolve::{self, Name};
use crate::model::{Evidence, Gap, Kind, MeshId, ObjectRef, Str};
use crate::world::World;

/// What a change of mode would do.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MtlsPlanReport {
    /// The mode that is planned.
    pub mode: ServerMode,
    /// What it is planned for: workloads.
    pub servers: Vec<ObjectRef>,
    /// What would break.
    pub breaks: Vec<PlanItem>,
    /// What cannot be known from here.
    pub unknown: Vec<PlanItem>,
    /// Ports that keep their mode, since a policy of their own decides.
    pub kept: Vec<PlanItem>,
    /// How many clients with a proxy go on in mutual TLS.
    pub encrypted: usize,
    /// What could not be read and would have told more.
    pub gaps: Vec<Gap>,
}

/// One thing that a plan tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanItem {
    /// What kind of thing: `client`, `api-server`, `ingress`, `probe`, `outside`, `port`, `unread`.
    pub kind: &'static str,
    /// Who calls, where somebody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientRow>,
    /// What is called.
    pub server: ServerRow,
    /// What is the matter.
    pub text: String,
    /// How to prevent it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// What shows it.
    #[serde(skip)]
    pub because: Option<String>,
}

/// Namespaces whose workloads are parts of a cluster or a mesh, and no clients of applications.
fn is_system(world: &World, namespace: &str) -> bool {
    crate::mesh::istio::labels::SYSTEM_NAMESPACES.contains(&namespace) || world.control_planes().any(|p| p.namespace == namespace)
}

/// One Service port that leads to a server.
struct Reached<'w> {
    to: Name<'w>,
    server: &'w Workload,
    row: ServerRow,
    port: u16,
    target: u16,
}

/// What `mode` would do to the workloads `wanted`; to all in scope when there are none, as a setting for their namespaces.
pub fn mtls_plan(world: &World, mode: ServerMode, wanted: &Wanted, only: Option<MeshId>) -> MtlsPlanReport {
    let view = world.view();
    let before = Mtls::new(view);
    let in_scope = |w: &&Workload| wanted.includes(world, w) && (wanted.workloads.is_some() || !is_system(world, &w.reference.namespace));
    let mut report =
        MtlsPlanReport { mode, servers: Vec::new(), breaks: Vec::new(), unknown: Vec::new(), kept: Vec::new(), encrypted: 0, gaps: Vec::new() };
    let mut gaps: BTreeSet<Gap> = super::gaps(world, super::MEMBERSHIP_KINDS).into_iter().chain(super::gaps(world, super::MTLS_KINDS)).collect();
    let mut servers: Vec<(&Workload, Vec<PortMode>)> = Vec::new();
    for workload in view.index.workloads().iter().filter(|w| w.is_live()).filter(in_scope) {
        let modes = before.modes(workload);
        let mesh = modes.first().and_then(|m| m.mesh);
        if mesh.is_some() && only.is_none_or(|only| mesh == Some(only)) {
            servers.push((workload, modes));
        }
    }
    let positions = servers.iter().map(|(w, _)| w.position()).collect();
    let namespaces = servers.iter().filter(|_| wanted.workloads.is_none()).map(|(w, _)| w.reference.namespace.as_str()).collect();
    let after = Mtls::assuming(view, &Assumption { mode, servers: positions, namespaces });
    report.servers = servers.iter().map(|(w, _)| w.reference.clone()).collect();
    let mut reached = Vec::new();
    for (workload, modes) in &servers {
        let planned: BTreeMap<u16, PortMode> = after.modes(workload).into_iter().map(|m| (m.port, m)).collect();
        for port in modes {
            keep(workload, port, planned.get(&port.port), mode, &mut report);
        }
        if mode == ServerMode::Strict {
            probes(&after, workload, &planned, &mut report);
        }
        for (service, port, target) in called_through(view, workload) {
            let meta = &service.metadata;
            let row = ServerRow { namespace: meta.namespace.clone(), name: meta.name.clone(), port, subset: None };
            if planned.get(&target).is_some_and(|m| m.mode == mode) {
                outside(service, &row, &mut report);
            }
            reached.push(Reached { to: resolve::name(view, &meta.namespace, &meta.name), server: workload, row, port, target });
        }
    }
    clients(world, &before, &after, &reached, &mut report, &mut gaps);
    for list in [&mut report.breaks, &mut report.unknown, &mut report.kept] {
        list.sort();
        list.dedup();
    }
    report.gaps = gaps.into_iter().collect();
    report
}

/// A port that does not become what is planned.
fn keep(workload: &Workload, before: &PortMode, after: Option<&PortMode>, mode: ServerMode, report: &mut MtlsPlanReport) {
    let Some(after) = after.filter(|a| a.mode != mode) else { return };
    let reference = &workload.reference;
    let server = ServerRow { namespace: reference.namespace.clone(), name: output_name(reference), port: before.port, subset: None };
    let decider = after.because.iter().rev().find_map(|e| e.object.as_ref()).map(ToString::to_string).unwrap_or_default();
    let (kind, text) = match (after.mode, after.level) {
        (ServerMode::Unknown, _) => ("unread", "its mode is not known".to_owned()),
        (ServerMode::None, Level::Annotation) => {
            ("port", format!("stays outside of the mesh: {}", after.because.last().map_or("", |e| e.text.as_str())))
        }
        (ServerMode::None, _) => return,
        (kept, level) => ("port", format!("stays {}: {} level of {decider}", kept.name().to_ascii_uppercase(), level.name())),
    };
    let item = PlanItem { kind, client: None, server, text, hint: String::new(), because: None };
    if kind == "unread" { report.unknown.push(item) } else { report.kept.push(item) }
}

fn output_name(reference: &ObjectRef) -> Str {
    format!("{}/{}", reference.kind.name().to_ascii_lowercase(), reference.name).into()
}

/// Clients from beyond the cluster, of which no object tells.
fn outside(service: &crate::model::Service, row: &ServerRow, report: &mut MtlsPlanReport) {
    let kind = service.spec.kind.as_str();
    if matches!(kind, "LoadBalancer" | "NodePort") {
        let text = format!("clients outside of this cluster cannot be seen from here ({kind} {}); they would be refused", service.metadata.name);
        report.unknown.push(PlanItem { kind: "outside", client: None, server: row.clone(), text, hint: String::new(), because: None });
    }
}

/// Probes of the kubelet that arrive at a port which would take mutual TLS only.
fn probes(after: &Mtls<'_>, workload: &Workload, planned: &BTreeMap<u16, PortMode>, report: &mut MtlsPlanReport) {
    let mode = |port: u16| planned.get(&port).filter(|m| m.level != Level::Server).cloned();
    for probe in after.probes_refused_by(workload, mode) {
        let reference = &workload.reference;
        let server = ServerRow { namespace: reference.namespace.clone(), name: output_name(reference), port: probe.port, subset: None };
        report.breaks.push(PlanItem { kind: "probe", client: None, server, text: probe.text, hint: probe.hint, because: None });
    }
}

/// Clients that would be refused and are not now.
fn clients<'w>(
    world: &'w World,
    before: &Mtls<'w>,
    after: &Mtls<'w>,
    reached: &[Reached<'w>],
    report: &mut MtlsPlanReport,
    gaps: &mut BTreeSet<Gap>,
) {
    let view = world.view();
    let declared = Declared::read(view);
    let network = NetworkPolicies::new(view);
    let mut classes: HashMap<Vec<String>, Vec<&'w Workload>> = HashMap::new();
    let mut order: Vec<Vec<String>> = Vec::new();
    for workload in view.index.workloads().iter().filter(|w| w.is_live() && view.index.pod_spec(w).is_some()) {
        let class = after.client_class(workload);
        if !classes.contains_key(&class) {
            order.push(class.clone());
        }
        classes.entry(class).or_default().push(workload);
    }
    let mut encrypted: BTreeSet<usize> = BTreeSet::new();
    let mut system = 0usize;
    for at in reached {
        let edges = |client: Client<'w>| (before.edge(client, &at.to, at.port, None), after.edge(client, &at.to, at.port, None));
        let known = declared.of(at.server);
        for class in &order {
            let Some(members) = classes.get(class) else { continue };
            let (now, then) = edges(Client::Workload(members[0]));
            gaps.extend(then.gap.clone());
            if then.outcome == Outcome::MutualTls {
                encrypted.extend(members.iter().map(|w| w.position()));
            }
            if !worse(&now, &then) {
                continue;
            }
            for client in members.iter().filter(|w| w.position() != at.server.position()) {
                let named = known.iter().find(|d| matches!(d.client, Client::Workload(w) if w.position() == client.position()));
                if named.is_none() && is_system(world, &client.reference.namespace) {
                    system += 1;
                    continue;
                }
                if kept_out(&network, world, client, at) {
                    continue;
                }
                report.breaks.push(refused(client, at, &then, named.map(|d| &d.because)));
            }
        }
        for outsider in known.iter().filter(|d| !matches!(d.client, Client::Workload(_)) && calls(d, at)) {
            let (now, then) = edges(outsider.client);
            if worse(&now, &then) {
                let kind = if matches!(outsider.client, Client::Tls) { "api-server" } else { "ingress" };
                let client = ClientRow { kind: None, namespace: Str::default(), name: outsider.name.clone() };
                let hint = format!("except container port {} from the change: portLevelMtls, or a Server of its own in Linkerd", at.target);
                let text = format!("it has no identity of the mesh; {}", outsider.because.text);
                let because = outsider.because.object.as_ref().map(ToString::to_string);
                report.breaks.push(PlanItem { kind, client: Some(client), server: at.row.clone(), text, hint, because });
            }
        }
    }
    report.encrypted = encrypted.len();
    if system > 0 && report.mode == ServerMode::Strict {
        let server = ServerRow { namespace: Str::default(), name: Str::default(), port: 0, subset: None };
        let text = "workloads of system namespaces without a proxy would be refused too, if they call".to_owned();
        report.unknown.push(PlanItem { kind: "outside", client: None, server, text, hint: String::new(), because: None });
    }
}

fn calls(declared: &crate::mesh::mtls::DeclaredClient<'_>, at: &Reached<'_>) -> bool {
    at.to.service().is_some_and(|service| declared.calls(service, at.port, at.target))
}

/// Whether something that arrives now would not.
fn worse(now: &Edge, then: &Edge) -> bool {
    let refuses = |edge: &Edge| edge.outcome == Outcome::Broken || edge.parts.iter().any(|p| p.outcome == Outcome::Broken);
    refuses(then) && !refuses(now)
}

/// Whether NetworkPolicies keep the client out already.
fn kept_out(network: &NetworkPolicies<'_>, world: &World, client: &Workload, at: &Reached<'_>) -> bool {
    let policies = network.isolating(&at.server.reference.namespace, &at.server.labels, Direction::Ingress);
    let spec = world.index.pod_spec(at.server);
    let (verdict, _) = network.judge(&policies, Direction::Ingress, network_policy::of_workload(client, &[]), at.target, spec);
    verdict == Verdict::Deny
}

fn refused(client: &Workload, at: &Reached<'_>, then: &Edge, named: Option<&Evidence>) -> PlanItem {
    let because = then.parts.iter().find(|p| p.outcome == Outcome::Broken).and_then(|p| p.because.first());
    let is_job = matches!(client.reference.kind, Kind::Job | Kind::CronJob);
    let plain = because.is_none_or(|e| e.text.contains("no proxy"));
    let (text, hint) = if plain {
        let text = if is_job { "its pods have no proxy (a job)" } else { "its pods have no proxy" };
        (text.to_owned(), format!("kubectl mesh onboard -s {} -n {}", client.reference.name, client.reference.namespace))
    } else {
        let place = because.and_then(|e| e.object.as_ref()).map(|o| format!("{o}: ")).unwrap_or_default();
        (format!("{place}{}", because.map_or("", |e| e.text.as_str())), String::new())
    };
    let text = if named.is_none() && plain { format!("{text}; nothing says whether it calls") } else { text };
    let row = ClientRow { kind: Some(client.reference.kind), namespace: client.reference.namespace.clone(), name: client.reference.name.clone() };
    PlanItem {
        kind: "client",
        client: Some(row),
        server: at.row.clone(),
        text,
        hint,
        because: named.and_then(|e| e.object.as_ref()).map(ToString::to_string),
    }
}
