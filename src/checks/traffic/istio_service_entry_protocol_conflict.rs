use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::service_entry_ports::{Claim, conflicts, in_kiali, shared};
use crate::mesh::istio::visibility::Visibility;
use crate::model::{FEW, Kind, Object, Subject, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two ServiceEntries that a namespace sees define the same host and port with different protocols.
    ///
    /// # Why it matters
    ///
    /// The proxy has one listener for the port. Which protocol it speaks depends on the age of the entries: HTTP rules may be lost, or
    /// TCP traffic broken by HTTP parsing.
    ///
    /// # How to fix it
    ///
    /// Agree on one protocol, or keep one of the entries.
    ///
    /// Sources: IST0177: istio `pkg/config/analysis/analyzers/serviceentry/conflictingserviceentries.go`;
    /// KIA1212: kiali `checkers/serviceentries/multi_match_checker.go`.
    "istio-service-entry-protocol-conflict",
    summary: "ServiceEntries define the same host and port with different protocols",
    aliases: &["IST0177", "KIA1212"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::ServiceEntry, Kind::Sidecar, Kind::Namespace],
    run: run,
}

/// What is known against one port of an entry.
#[derive(Default)]
struct Conflict {
    codes: BTreeSet<&'static str>,
    /// Entries by protocol, shared by all that are seen together.
    groups: Vec<Rc<BTreeMap<String, BTreeSet<usize>>>>,
    host: String,
    number: i64,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::ServiceEntry);
    let mut found: BTreeMap<(usize, usize), Conflict> = BTreeMap::new();
    let mut note = |claims: &[Claim], code: &'static str, key: &(String, i64)| {
        let mut by_protocol: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for claim in claims {
            by_protocol.entry(claim.protocol.clone()).or_default().insert(claim.entry);
        }
        let group = Rc::new(by_protocol);
        for claim in claims {
            let conflict = found.entry((claim.entry, claim.port)).or_default();
            conflict.codes.insert(code);
            conflict.groups.push(group.clone());
            (conflict.host, conflict.number) = key.clone();
        }
    };
    for (key, claims) in shared(all, str::to_owned) {
        for seen in by_scope(all, &claims).filter(|seen| conflicts(seen)) {
            note(&seen, "IST0177", &key);
        }
    }
    for (key, seen) in in_kiali(world, all) {
        if conflicts(&seen) {
            note(&seen, "KIA1212", &key);
        }
    }
    for ((entry, port), Conflict { codes, groups, host, number }) in found {
        let protocol = all[entry].spec().list("ports").nth(port).map(|p| p.text("protocol")).unwrap_or_default();
        let own = protocol.to_ascii_uppercase();
        let strange =
            |group: &'_ BTreeMap<String, BTreeSet<usize>>| group.iter().filter(|(other, _)| **other != own).map(|(_, entries)| entries.len()).sum();
        let others: BTreeSet<usize> = groups
            .iter()
            .flat_map(|group| group.iter().filter(|(other, _)| **other != own).flat_map(|(_, entries)| entries.iter().take(FEW)))
            .copied()
            .collect();
        let total: usize = groups.iter().map(|group| strange(group)).max().unwrap_or_default();
        let total = total.max(others.len());
        let names = few(others.iter().map(|o| all[*o].reference()), total);
        let other = if names.is_empty() { "another port of the same entry" } else { &names };
        let message = format!("{host}:{number} is {protocol:?} here and something else in {other}");
        let codes: Vec<_> = codes.into_iter().collect();
        let finding = findings.add(&all[entry], format!("spec.ports[{port}].protocol"), message, "Write the same protocol everywhere.");
        finding.codes(&codes);
        for other in others.iter().take(FEW) {
            finding.related(all[*other].reference(), "defines the port too");
        }
        finding.related_of(total);
    }
}

/// The claims visible to everyone, and for each namespace that some are exported to by name those together with them.
fn by_scope<'a>(all: &[Object], claims: &'a [Claim]) -> impl Iterator<Item = Vec<Claim>> + use<'a> {
    let mut public = Vec::new();
    let mut scoped: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for claim in claims {
        match Visibility::of_object(&all[claim.entry], &[]) {
            Visibility::Everyone => public.push(claim.clone()),
            Visibility::Namespaces(named) => {
                let named: BTreeSet<String> = named.iter().map(ToString::to_string).collect();
                named.into_iter().for_each(|ns| scoped.entry(ns).or_default().push(claim.clone()));
            }
        }
    }
    let scoped: Vec<Vec<Claim>> = scoped.into_values().map(|own| own.into_iter().chain(public.iter().cloned()).collect()).collect();
    std::iter::once(public).chain(scoped)
}
