//! What would break if ports took mutual TLS only, or plaintext too: every client that they would refuse, probes, and what cannot be known.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::mtls::{ClientRow, ServerRow, Wanted};
use crate::index::Workload;
use crate::mesh::authorization::Verdict;
use crate::mesh::mtls::{
    Assumption, Calling, Client, ClientKey, Declared, DeclaredClient, Destination, Edge, Level, Mtls, Outcome, PortMode, ServerMode, called_through,
};
use crate::mesh::network_policy::{self, Direction, NetworkPolicies};
use crate::mesh::resolve::{self, Name};
use crate::model::{Evidence, Gap, Kind, MeshId, ObjectRef, Observed, Str, words};
use crate::world::World;

/// What a change of mode would do.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Calls that really happened, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// What could not be read and would have told more.
    pub gaps: Vec<Gap>,
}

/// One thing that a plan tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlanItem {
    /// What kind of thing.
    pub kind: PlanItemKind,
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

words! {
    /// What an item of a plan is about.
    PlanItemKind {
        /// The API server, which calls a webhook or an API.
        ApiServer = "api-server",
        /// A workload that calls.
        Client = "client",
        /// An ingress controller that is no part of the mesh.
        Ingress = "ingress",
        /// What metrics do not show.
        Metrics = "metrics",
        /// Plaintext that was counted.
        Observed = "observed",
        /// Clients from beyond the cluster.
        Outside = "outside",
        /// A port that keeps its mode.
        Port = "port",
        /// A probe of the kubelet.
        Probe = "probe",
        /// Something that was not read.
        Unread = "unread",
    }
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
    let mut report = MtlsPlanReport {
        mode,
        servers: Vec::new(),
        breaks: Vec::new(),
        unknown: Vec::new(),
        kept: Vec::new(),
        encrypted: 0,
        observed: None,
        gaps: Vec::new(),
    };
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
    let server = ServerRow { namespace: reference.namespace.clone(), name: reference.short_name().into(), port: before.port, subset: None };
    let decider = after.because.iter().rev().find_map(|e| e.object.as_ref()).map(ToString::to_string).unwrap_or_default();
    let (kind, text) = match (after.mode, after.level) {
        (ServerMode::Unknown, _) => (PlanItemKind::Unread, "its mode is not known".to_owned()),
        (ServerMode::None, Level::Annotation) => {
            (PlanItemKind::Port, format!("stays outside of the mesh: {}", after.because.last().map_or("", |e| e.text.as_str())))
        }
        (ServerMode::None, _) => return,
        (kept, level) => (PlanItemKind::Port, format!("stays {}: {} level of {decider}", kept.name().to_ascii_uppercase(), level.name())),
    };
    let item = PlanItem { kind, client: None, server, text, hint: String::new(), because: None };
    if kind == PlanItemKind::Unread { report.unknown.push(item) } else { report.kept.push(item) }
}

/// Clients from beyond the cluster, of which no object tells.
fn outside(service: &crate::model::Service, row: &ServerRow, report: &mut MtlsPlanReport) {
    let kind = service.spec.kind.as_str();
    if matches!(kind, "LoadBalancer" | "NodePort") {
        let text = format!("clients outside of this cluster cannot be seen from here ({kind} {}); they would be refused", service.metadata.name);
        report.unknown.push(PlanItem { kind: PlanItemKind::Outside, client: None, server: row.clone(), text, hint: String::new(), because: None });
    }
}

/// Probes of the kubelet that arrive at a port which would take mutual TLS only.
fn probes(after: &Mtls<'_>, workload: &Workload, planned: &BTreeMap<u16, PortMode>, report: &mut MtlsPlanReport) {
    let mode = |port: u16| planned.get(&port).filter(|m| m.level != Level::Server).cloned();
    for probe in after.probes_refused_by(workload, mode) {
        let reference = &workload.reference;
        let server = ServerRow { namespace: reference.namespace.clone(), name: reference.short_name().into(), port: probe.port, subset: None };
        report.breaks.push(PlanItem { kind: PlanItemKind::Probe, client: None, server, text: probe.text, hint: probe.hint, because: None });
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
    let classes = classes(world, after);
    let mut encrypted: Vec<bool> = vec![false; classes.len()];
    let mut system = 0usize;
    for at in reached {
        let to = Destination::of(view, &at.to, at.port);
        // The edge that is to come, where something that arrives now would not.
        let worse = |client: &Calling<'w>, then: &Edge| then.refuses() && !before.edge_between(client, &to, None).refuses();
        let known = declared.of(at.server);
        let by_workload: HashMap<usize, &DeclaredClient<'w>> =
            known.iter().rev().filter_map(|d| if let Client::Workload(w) = d.client { Some((w.position(), d)) } else { None }).collect();
        for (class, encrypted) in classes.iter().zip(&mut encrypted) {
            let then = after.edge_between(&class.client, &to, None);
            gaps.extend(then.gap.clone());
            *encrypted |= then.outcome == Outcome::MutualTls;
            if !worse(&class.client, &then) {
                continue;
            }
            let mut undeclared = Vec::new();
            for client in class.members.iter().copied().filter(|w| w.position() != at.server.position()) {
                let named = by_workload.get(&client.position());
                if named.is_none() && is_system(world, &client.reference.namespace) {
                    system += 1;
                } else if !kept_out(&network, world, client, at) {
                    match named {
                        Some(named) => report.breaks.push(refused(client, at, &then, Some(&named.because))),
                        None => undeclared.push(client),
                    }
                }
            }
            match undeclared.split_at_checked(FOLDED_ABOVE) {
                Some((some, more)) if !more.is_empty() => report.breaks.push(refused_together(some[0], undeclared.len(), at, &then)),
                _ => report.breaks.extend(undeclared.into_iter().map(|client| refused(client, at, &then, None))),
            }
        }
        for outsider in known.iter().filter(|d| !matches!(d.client, Client::Workload(_)) && calls(d, at)) {
            let client = after.calling(outsider.client);
            if worse(&client, &after.edge_between(&client, &to, None)) {
                let kind = if matches!(outsider.client, Client::Tls) { PlanItemKind::ApiServer } else { PlanItemKind::Ingress };
                let client = ClientRow { kind: None, namespace: Str::default(), name: outsider.name.clone() };
                let hint = format!("except container port {} from the change: portLevelMtls, or a Server of its own in Linkerd", at.target);
                let text = format!("it has no identity of the mesh; {}", outsider.because.text);
                let because = outsider.because.object.as_ref().map(ToString::to_string);
                report.breaks.push(PlanItem { kind, client: Some(client), server: at.row.clone(), text, hint, because });
            }
        }
    }
    report.encrypted = classes.iter().zip(encrypted).filter(|(_, encrypted)| *encrypted).map(|(class, _)| class.members.len()).sum();
    if system > 0 && report.mode == ServerMode::Strict {
        let server = ServerRow { namespace: Str::default(), name: Str::default(), port: 0, subset: None };
        let text = "workloads of system namespaces without a proxy would be refused too, if they call".to_owned();
        report.unknown.push(PlanItem { kind: PlanItemKind::Outside, client: None, server, text, hint: String::new(), because: None });
    }
}

/// Clients that fare alike towards every server.
struct ClientClass<'w> {
    client: Calling<'w>,
    members: Vec<&'w Workload>,
}

/// All workloads that may call, by what makes them fare alike, in the order of the index.
fn classes<'w>(world: &'w World, mtls: &Mtls<'w>) -> Vec<ClientClass<'w>> {
    let index = &world.index;
    let mut known: HashMap<ClientKey, usize> = HashMap::new();
    let mut classes: Vec<ClientClass<'w>> = Vec::new();
    for workload in index.workloads().iter().filter(|w| w.is_live() && index.pod_spec(w).is_some()) {
        let at = *known.entry(mtls.client_class(workload)).or_insert_with(|| {
            classes.push(ClientClass { client: mtls.calling(Client::Workload(workload)), members: Vec::new() });
            classes.len() - 1
        });
        classes[at].members.push(workload);
    }
    classes
}

fn calls(declared: &crate::mesh::mtls::DeclaredClient<'_>, at: &Reached<'_>) -> bool {
    at.to.service().is_some_and(|service| declared.calls(service, at.port, at.target))
}

/// Whether NetworkPolicies keep the client out already.
fn kept_out(network: &NetworkPolicies<'_>, world: &World, client: &Workload, at: &Reached<'_>) -> bool {
    let policies = network.isolating(&at.server.reference.namespace, &at.server.labels, Direction::Ingress);
    let spec = world.index.pod_spec(at.server);
    let (verdict, _) = network.judge(&policies, Direction::Ingress, network_policy::of_workload(client, &[]), at.target, spec);
    verdict == Verdict::Deny
}

/// So many clients of one server of which nothing says that they call are one item: every workload without a proxy could call every server.
const FOLDED_ABOVE: usize = 100;

fn refused_together(first: &Workload, count: usize, at: &Reached<'_>, then: &Edge) -> PlanItem {
    let one = refused(first, at, then, None);
    let text = format!("{count} workloads would be refused, {}/{} among them: {}", first.reference.namespace, first.reference.name, one.text);
    PlanItem { client: None, text, hint: "kubectl mesh status -A shows workloads without a proxy".to_owned(), ..one }
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
        kind: PlanItemKind::Client,
        client: Some(row),
        server: at.row.clone(),
        text,
        hint,
        because: named.and_then(|e| e.object.as_ref()).map(ToString::to_string),
    }
}
