use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::service_entry_ports::{conflicts, in_kiali};
use crate::model::{FEW, Kind, Subject, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Several ServiceEntries that a namespace sees define the same host and port, with the same protocol.
    ///
    /// # Why it matters
    ///
    /// Istio joins their endpoints or takes the oldest entry, depending on namespace and resolution: a change to one of them may do nothing,
    /// or move only part of the traffic.
    ///
    /// # How to fix it
    ///
    /// Keep one entry for a host, or limit each with `exportTo` to the namespaces it is for.
    ///
    /// Sources: KIA1211: kiali `checkers/serviceentries/multi_match_checker.go`.
    "istio-service-entry-duplicate",
    summary: "Several ServiceEntries define the same host and port",
    aliases: &["KIA1211"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::ServiceEntry, Kind::Sidecar, Kind::Namespace],
    run: run,
}

/// The lists of entries that define one port, and the host and number that they define.
type Duplicate = (Vec<Rc<BTreeSet<usize>>>, (String, i64));

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::ServiceEntry);
    // Those that are seen together share one list: one of its own for each would take the square of their number.
    let mut found: BTreeMap<(usize, usize), Duplicate> = BTreeMap::new();
    for (key, seen) in in_kiali(world, all).into_iter().filter(|(_, seen)| !conflicts(seen)) {
        let entries: Rc<BTreeSet<usize>> = Rc::new(seen.iter().map(|claim| claim.entry).collect());
        for claim in &seen {
            found.entry((claim.entry, claim.port)).or_insert_with(|| (Vec::new(), key.clone())).0.push(entries.clone());
        }
    }
    for ((entry, port), (groups, (host, number))) in found {
        let others: BTreeSet<usize> = groups.iter().flat_map(|group| group.iter().take(FEW + 1)).copied().filter(|other| *other != entry).collect();
        let total = groups.iter().map(|group| group.len() - 1).max().unwrap_or_default().max(others.len());
        let names = few(others.iter().map(|o| all[*o].reference()), total);
        let other = if names.is_empty() { "this entry a second time" } else { &names };
        let message = format!("{host}:{number} is defined by {other} too");
        let finding = findings.add(&all[entry], format!("spec.ports[{port}]"), message, "Keep one entry for the host and port.");
        for other in others.iter().take(FEW) {
            finding.related(all[*other].reference(), "defines it too");
        }
        finding.related_of(total);
    }
}
