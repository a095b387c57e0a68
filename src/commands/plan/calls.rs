//! Calls that objects tell of, followed before a plan and after it: `why` answers for each as it did.

use std::collections::{BTreeMap, BTreeSet};

use crate::index::Workload;
use crate::mesh::mtls::{Client, Declared, Mtls, called_through};
use crate::mesh::resolve;
use crate::model::{Kind, first_of};
use crate::plan::preflight::{Id, Row, Verdict};
use crate::plan::{Fate, KnownCall};
use crate::views::{self, Asked, Edge, WhyOutcome};
use crate::world::World;

/// More of them are not followed: a policy that admits a namespace makes everybody in it a client of everybody.
const MOST: usize = 100;

/// Kinds that plans about workloads, and the calls to and from them, stand on.
pub(in crate::commands) fn kinds() -> BTreeSet<Kind> {
    let more = [Kind::NetworkPolicy, Kind::EgressNetwork, Kind::ServiceEntry, Kind::Ingress, Kind::HttpRoute, Kind::ValidatingWebhookConfiguration];
    let of_calls = [views::POLICY_KINDS, views::DECISION_KINDS, views::WHY_KINDS].concat();
    [views::MEMBERSHIP_KINDS, views::MTLS_KINDS, views::CLIENT_KINDS, &more, &of_calls].concat().into_iter().collect()
}

/// The known calls to these workloads and from them, with what becomes of each now; and how many more there are.
pub(in crate::commands) fn known(world: &World, workloads: &[&Workload]) -> (Vec<KnownCall>, usize) {
    let view = world.view();
    let declared = Declared::read(view);
    let ours: BTreeSet<usize> = workloads.iter().map(|workload| workload.position()).collect();
    let mut found = BTreeSet::new();
    for server in world.index.workloads() {
        let concerns = |client: &Workload| ours.contains(&server.position()) || ours.contains(&client.position());
        let named = declared.of(server);
        let clients = named.iter().filter_map(|d| if let Client::Workload(w) = d.client { Some((d, w)) } else { None });
        let clients: Vec<_> = clients.filter(|(_, client)| concerns(client) && client.is_live()).collect();
        if clients.is_empty() || !server.is_live() {
            continue;
        }
        for (service, port, target) in called_through(view, server) {
            for (_, client) in clients.iter().filter(|(declared, _)| declared.calls(service, port, target)) {
                let at = &client.reference;
                found.insert(KnownCall {
                    client: at.short_name(),
                    namespace: at.namespace.to_string(),
                    server: format!("{}.{}:{port}", service.metadata.name, service.metadata.namespace),
                    before: Fate::Unknown,
                });
            }
        }
    }
    let more = found.len().saturating_sub(MOST);
    let calls = found.into_iter().take(MOST).map(|call| KnownCall { before: follow(world, &call).0, ..call });
    (calls.collect(), more)
}

/// The calls to these workloads that objects tell of; a row says who calls and cannot be named.
pub(in crate::commands) fn edges(world: &World, workloads: &[&Workload]) -> (BTreeSet<Edge>, Vec<Row>) {
    let view = world.view();
    let declared = Declared::read(view);
    let (mut edges, mut rows) = (BTreeSet::new(), Vec::new());
    for server in workloads {
        let clients = declared.of(server);
        for (service, port, target) in called_through(view, server) {
            for client in clients.iter().filter(|client| client.calls(service, port, target)) {
                match client.client {
                    Client::Workload(workload) if workload.is_live() => {
                        edges.insert(Edge { client: workload.reference.clone(), server: server.reference.clone(), port: target });
                    }
                    Client::Workload(_) => {}
                    Client::Tls | Client::Plain => {
                        let text = format!("{} calls it on port {target} and has no identity that a policy could name", client.name);
                        rows.push(Row { id: Id::DenyRefuses, verdict: Verdict::Block, object: Some(server.reference.clone()), text });
                    }
                }
            }
        }
    }
    (edges, rows)
}

/// What becomes of a call, in which words, and what was asked for it.
fn follow<'w>(world: &'w World, call: &KnownCall) -> (Fate, String, Option<Asked<'w>>) {
    match views::ask(world, &[call.client.clone(), call.server.clone()], &[], Some(&call.namespace)) {
        Err(not_found) => (Fate::Unknown, not_found.message, None),
        Ok(asked) => {
            let report = views::why(world, &asked);
            let fate = match report.outcome {
                WhyOutcome::Works => Fate::Works,
                WhyOutcome::Fails => Fate::Fails,
                WhyOutcome::Unknown => Fate::Unknown,
            };
            (fate, report.headline, Some(asked))
        }
    }
}

/// What became of calls.
pub(super) struct Followed {
    /// Those that fail now and did not before, in words.
    pub(super) worse: Vec<String>,
    /// All together, in words.
    pub(super) text: String,
}

/// Follows them again.
pub(super) fn again(world: &World, calls: &[KnownCall]) -> Followed {
    let view = world.view();
    let mtls = Mtls::new(view);
    let (mut worse, mut open, mut encryption) = (Vec::new(), Vec::new(), BTreeMap::<_, usize>::new());
    for call in calls {
        let (fate, why, asked) = follow(world, call);
        match (call.before, fate) {
            (Fate::Works | Fate::Unknown, Fate::Fails) => {
                worse.push(format!("{} → {}: {}", call.client, call.server, why.trim_start_matches("No. ").trim_end_matches('.')))
            }
            (Fate::Works, Fate::Unknown) => open.push(format!("{} → {}: {}", call.client, call.server, why.trim_end_matches('.'))),
            _ => {}
        }
        if let Some(asked) = asked {
            let client = asked.client.workload;
            let name = resolve::name(view, &client.reference.namespace, &asked.request.host);
            let edge = mtls.edge(Client::Workload(client), &name, asked.request.port, None);
            *encryption.entry(edge.outcome).or_default() += 1;
        }
    }
    let count = |n: usize| if n == 1 { "1 known call fares".to_owned() } else { format!("{n} known calls fare") };
    let how: Vec<String> = encryption.iter().map(|(outcome, count)| format!("{count} {}", outcome.text())).collect();
    let mut text = format!("{} as before: {}", count(calls.len() - worse.len() - open.len()), how.join(", "));
    if !open.is_empty() {
        text.push_str(&format!("; no longer known: {}", first_of(&open, 3)));
    }
    Followed { worse, text }
}
