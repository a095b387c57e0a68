//! What a change of policies does: every decision that becomes another.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use super::decision::proof;
use super::matrix::{self, Caller, CallerRow, Everybody};
use crate::index::Workload;
use crate::mesh::authorization::{Because, Gate, Verdict};
use crate::mesh::calls::Calls;
use crate::model::{Gap, ObjectRef};
use crate::world::World;

/// A SimulationReport.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SimulationReport<'w> {
    /// The decisions that change.
    pub changed: Vec<ChangedRow<'w>>,
    /// How many do not.
    pub unchanged: usize,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A decision that changes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangedRow<'w> {
    /// The client.
    pub client: CallerRow<'w>,
    /// The server.
    pub server: &'w ObjectRef,
    /// The port of its pods.
    pub port: u16,
    /// The requests.
    pub request: Arc<str>,
    /// The decision as it was.
    pub before: Verdict,
    /// The decision as it becomes.
    pub after: Verdict,
    /// What decided before, then what decides after.
    pub because: Vec<Because>,
    /// Where what decides after stands.
    #[serde(skip)]
    pub place: Option<String>,
}

/// What becomes of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// What was allowed is not any more.
    Broken,
    /// What was not allowed is.
    Widened,
    /// Something that is known becomes unknown, or the reverse, or is refused in another way.
    Other,
}

impl ChangedRow<'_> {
    /// What becomes of it.
    pub fn effect(&self) -> Effect {
        match (self.before, self.after) {
            (Verdict::Allow, Verdict::Deny | Verdict::NotFound) => Effect::Broken,
            (_, Verdict::Allow) => Effect::Widened,
            _ => Effect::Other,
        }
    }
}

/// Compares all decisions of two worlds; what is in one of them alone is no decision that changes.
pub fn simulation<'w>(before: &'w World, after: &'w World) -> SimulationReport<'w> {
    let (old, new) = (Calls::new(before.view()), Calls::new(after.view()));
    let callers_before = Caller::all(before, &old);
    let mut by_reference: HashMap<Option<&ObjectRef>, Caller<'w>> =
        Caller::all(after, &new).into_iter().map(|c| (c.workload.map(|w| &w.reference), c)).collect();
    let (mut of_old, mut of_new) = (Vec::new(), Vec::new());
    for caller in callers_before {
        if let Some(same) = by_reference.remove(&caller.workload.map(|w| &w.reference)) {
            of_old.push(caller);
            of_new.push(same);
        }
    }
    let (of_old, of_new) = (Everybody::new(of_old, &old), Everybody::new(of_new, &new));
    let in_both = |workload: &'w Workload| {
        let at = &workload.reference;
        Some((workload, after.index.workload(&at.namespace, &at.name, Some(at.kind))?))
    };
    let wanted = |w: &&Workload| before.in_scope(&w.reference.namespace) && matrix::is_server(before, w);
    let servers: Vec<_> = before.index.workloads().iter().filter(wanted).filter_map(in_both).collect();
    let compared = crate::parallel::map(&servers, |(workload, later)| {
        let mut changed = Vec::new();
        let mut unchanged = 0;
        let later_ports: BTreeMap<u16, _> = matrix::ports(after, later).into_iter().collect();
        for (port, via) in matrix::ports(before, workload) {
            let Some(later_via) = later_ports.get(&port) else { continue };
            let (gate, later_gate) = (old.authorizer.gate(workload, port, via), new.authorizer.gate(later, port, *later_via));
            let distinctions = old.distinctions(&gate).with(new.distinctions(&later_gate));
            let by_pod = distinctions.look_at_addresses() || old.authorizer.looks_at_pods(&gate) || new.authorizer.looks_at_pods(&later_gate);
            let classes = distinctions.classes();
            let was = matrix::verdicts(&old, &gate, &classes, &of_old, by_pod);
            let is = matrix::verdicts(&new, &later_gate, &classes, &of_new, by_pod);
            for (at, (was, is)) in was.iter().zip(&is).enumerate() {
                let mut groups: BTreeMap<(Verdict, Verdict), Vec<usize>> = BTreeMap::new();
                for (class, pair) in was.iter().zip(is.iter()).enumerate() {
                    if pair.0 == pair.1 {
                        unchanged += 1;
                    } else {
                        groups.entry((*pair.0, *pair.1)).or_default().push(class);
                    }
                }
                for ((from, to), which) in groups {
                    let class = &classes[which[0]];
                    let prove = |calls: &Calls<'w>, gate: &Gate<'w>, caller: &Caller<'w>| {
                        let mut request = caller.request.clone();
                        request.call.clone_from(&class.call);
                        proof(&calls.at(gate, &request))
                    };
                    let later = prove(&new, &later_gate, &of_new.callers[at]);
                    let place = later.iter().rev().find_map(|b| super::place(after, b.object.as_ref()?, b.rule.as_deref()));
                    changed.push(ChangedRow {
                        client: CallerRow(of_old.callers[at].workload.map(|w| &w.reference)),
                        server: &workload.reference,
                        port,
                        request: matrix::label(&classes, &which),
                        before: from,
                        after: to,
                        because: prove(&old, &gate, &of_old.callers[at]).into_iter().chain(later).collect(),
                        place,
                    });
                }
            }
        }
        (changed, unchanged)
    });
    let unchanged = compared.iter().map(|(_, unchanged)| unchanged).sum();
    let changed = compared.into_iter().flat_map(|(changed, _)| changed).collect();
    SimulationReport { changed, unchanged, gaps: super::decision::gaps(after) }
}
