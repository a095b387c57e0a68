//! Calls that really happened, beside what objects say.

use std::collections::BTreeSet;

use super::generate::Edge;
use super::matrix;
use super::mtls::{ClientRow, ServerRow, Wanted};
use super::mtls_plan::{MtlsPlanReport, PlanItem, PlanItemKind};
use crate::index::Workload;
use crate::model::{MeshId, Observed, ObservedCall, Party, Str};
use crate::world::World;

/// The workload that was called.
fn server_of<'w>(world: &'w World, call: &ObservedCall) -> Option<&'w Workload> {
    let Party { namespace, name, .. } = &call.server;
    let named = world.index.workload(namespace, name, None);
    named.or_else(|| world.index.workloads_in(namespace).iter().find(|w| world.index.pods_of(w).any(|p| p.metadata.name == *name)))
}

/// The workload that called; of several that share its identity the first.
fn client_of<'w>(world: &'w World, client: &Party) -> Option<&'w Workload> {
    let named = world.index.workload(&client.namespace, &client.name, None);
    let account = match client.identity.split_once("/sa/") {
        Some((_, account)) => account,
        None => client.identity.split('.').next().unwrap_or_default(),
    };
    let of_account = |w: &&Workload| world.index.pod_spec(w).is_some_and(|spec| spec.service_account() == account);
    named.or_else(|| world.index.workloads_in(&client.namespace).iter().filter(|_| !account.is_empty()).find(of_account))
}

/// Only the calls to servers that are asked about.
pub fn observed_of(world: &World, wanted: &Wanted, mut observed: Observed) -> Observed {
    observed.calls.retain(|call| match server_of(world, call) {
        Some(workload) => wanted.includes(world, workload),
        None => wanted.workloads.is_none() && (wanted.namespaces.is_empty() || wanted.namespaces.contains(&call.server.namespace)),
    });
    observed
}

/// Who called, in words.
pub fn caller(client: &Party) -> String {
    match (client.name.as_str(), client.identity.as_str(), client.namespace.as_str()) {
        ("", "", "") => "a client that the metrics do not name".to_owned(),
        ("", "", namespace) => format!("a client of namespace {namespace} that the metrics do not name"),
        ("", identity, _) => identity.to_owned(),
        (name, ..) => name.to_owned(),
    }
}

/// What a plan for STRICT has against it when plaintext was really seen.
pub fn add_observed(world: &World, report: &mut MtlsPlanReport, observed: Observed) {
    let strict = report.mode == crate::mesh::mtls::ServerMode::Strict;
    for call in observed.plaintext().filter(|_| strict) {
        let Some(server) = server_of(world, call).filter(|w| report.servers.contains(&w.reference)) else { continue };
        let client = ClientRow { kind: None, namespace: call.client.namespace.clone(), name: caller(&call.client).into() };
        let name = call.service.as_ref().map_or(&server.reference.name, |(_, name)| name).clone();
        let row = ServerRow { namespace: server.reference.namespace.clone(), name, port: call.port.unwrap_or_default(), subset: None };
        let quiet = call.quiet_for.as_ref().map_or(String::new(), |part| format!(", none in the last {part}"));
        let text = format!("sent plaintext {} times in the last {}{quiet}", call.count, observed.since);
        report.breaks.push(PlanItem { kind: PlanItemKind::Observed, client: Some(client), server: row, text, hint: String::new(), because: None });
    }
    let here = ServerRow { namespace: "".into(), name: "".into(), port: 0, subset: None };
    for why in &observed.missing {
        let text = format!("whether plaintext is really sent was not seen: {why}");
        report.unknown.push(PlanItem { kind: PlanItemKind::Unread, client: None, server: here.clone(), text, hint: String::new(), because: None });
    }
    for what in &observed.not_shown {
        let text = format!("metrics do not show {what}");
        report.unknown.push(PlanItem { kind: PlanItemKind::Metrics, client: None, server: here.clone(), text, hint: String::new(), because: None });
    }
    for list in [&mut report.breaks, &mut report.unknown] {
        list.sort();
        list.dedup();
    }
    report.observed = Some(observed);
}

/// The edges that were seen, and what no policy can be made of.
pub fn observed_edges(world: &World, mesh: MeshId, observed: &Observed, only: Option<&Workload>) -> (BTreeSet<Edge>, Vec<String>) {
    let (mut edges, mut notes) = (BTreeSet::new(), BTreeSet::new());
    for call in observed.calls.iter().filter(|c| c.mesh == mesh) {
        let Some(server) = server_of(world, call) else {
            notes.insert(format!("{}/{} was called and is not there any more", call.server.namespace, call.server.name));
            continue;
        };
        if only.map_or_else(|| !world.in_scope(&server.reference.namespace), |only| only.reference != server.reference) {
            continue;
        }
        let of_server = |(namespace, name): &(Str, Str)| {
            *namespace == server.reference.namespace && world.index.pods_of(server).any(|p| p.metadata.name == *name)
        };
        if observed.unseen_pods.iter().any(of_server) {
            // Whoever calls those pods would be cut off.
            notes.insert(format!("{}: the metrics of some of its pods are not in Prometheus, so who calls them was not seen", server.reference));
            continue;
        }
        let Some(client) = client_of(world, &call.client) else {
            notes.insert(format!("{} called {} and cannot be named in a policy", caller(&call.client), server.reference));
            continue;
        };
        let of_service = |via: Option<&crate::mesh::authorization::Via<'_>>| match &call.service {
            Some((namespace, name)) => via.is_some_and(|v| v.service.metadata.namespace == *namespace && v.service.metadata.name == *name),
            None => true,
        };
        let ports = matrix::ports(world, server);
        let mut wanted: Vec<u16> = match call.port {
            Some(port) => vec![port],
            None => ports.iter().filter(|(_, via)| of_service(via.as_ref())).map(|(port, _)| *port).collect(),
        };
        if wanted.is_empty() {
            wanted = ports.iter().map(|(port, _)| *port).collect();
        }
        if let Some(part) = &call.quiet_for {
            let text = format!("{} has not called {} in the last {part}: take it out if it does not any more", client.reference, server.reference);
            notes.insert(text);
        }
        edges.extend(wanted.into_iter().map(|port| Edge { client: client.reference.clone(), server: server.reference.clone(), port }));
    }
    (edges, notes.into_iter().collect())
}
