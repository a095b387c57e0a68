//! One report of several worlds: files that hold the same objects differently are judged once for each choice between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Selection, run};
use crate::model::{Meta, ObjectRef, Span, Str};
use crate::report::{CheckReport, Finding, Severity};
use crate::world::World;

/// The worlds that files may be meant for.
pub trait Worlds {
    /// In how many of them each alternative has been chosen once.
    fn count(&self) -> usize;
    /// One of these.
    fn world(&self, k: usize) -> World;
    /// All alternatives beside each other.
    fn union(&self) -> World;
    /// The file or folder that an object of world `k` comes from; nothing for what no file holds.
    fn holder(&self, k: usize, object: &ObjectRef) -> Option<usize>;
    /// What is surely applied with a file or folder, and nothing of what is only beside it, but where `wide` what tells which objects its namespace has.
    fn company(&self, holder: usize, wide: bool) -> World;
}

/// An object in the place where it stands.
type Instance = (ObjectRef, Option<(Str, u32)>);

/// What tells a finding from others.
type Key = (Instance, &'static str, Option<String>, Option<String>);

/// A finding, in how many worlds it was reported, and the first of them.
struct Reported {
    times: usize,
    first: usize,
    finding: Finding,
}

/// Judges every world, and says what is so in each that holds the object: what is wrong beside one alternative and right beside the other is a
/// matter of which is applied. What is still missing where all are, in `union`, is missing. What takes a file that is merely beside it is a lesser
/// thing, for nobody knows that both are applied.
pub fn run_alternatives(worlds: &dyn Worlds, selection: &Selection) -> CheckReport {
    let lines = |finding: &Finding| finding.location.as_ref().map(|at| (finding.rule, at.file.clone(), at.span, finding.path.clone()));
    let among_all: BTreeSet<_> = run(&worlds.union(), selection).findings.iter().filter_map(lines).collect();
    let mut held: HashMap<Instance, usize> = HashMap::new();
    let mut reported: HashMap<Key, Reported> = HashMap::new();
    let mut order = Vec::new();
    let mut all = CheckReport::default();
    for k in 0..worlds.count() {
        let world = worlds.world(k);
        let places = places(&world);
        let report = run(&world, selection);
        let mut here = BTreeSet::new();
        for finding in report.findings.into_iter().filter(|finding| lines(finding).is_none_or(|line| among_all.contains(&line))) {
            let key = key(&finding, &places);
            if here.insert(key.clone()) {
                let entry = reported.entry(key.clone()).or_insert_with(|| {
                    order.push(key);
                    Reported { times: 0, first: k, finding }
                });
                entry.times += 1;
            }
        }
        for (object, place) in places {
            *held.entry((object, Some(place))).or_default() += 1;
        }
        all.evaluated.extend(report.evaluated);
        all.skipped.extend(report.skipped);
        all.gaps.extend(report.gaps);
    }
    let mut kept: Vec<(Key, usize, Finding)> = Vec::new();
    for key in order {
        let everywhere = if key.0.1.is_some() { held.get(&key.0).copied().unwrap_or_default() } else { worlds.count() };
        kept.extend(reported.remove(&key).filter(|r| r.times == everywhere).map(|r| (key, r.first, r.finding)));
    }
    all.findings = prove(kept, worlds, selection);
    all.evaluated.sort_unstable();
    all.evaluated.dedup();
    let judged = &all.evaluated;
    all.skipped.retain(|skipped| skipped.unread || !judged.contains(&skipped.rule));
    all.skipped.sort_unstable();
    all.skipped.dedup();
    all.gaps.sort();
    all.gaps.dedup();
    all.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    all
}

/// Looks again at what is more than a note, by those files alone that are surely applied together.
fn prove(found: Vec<(Key, usize, Finding)>, worlds: &dyn Worlds, selection: &Selection) -> Vec<Finding> {
    let mut proven = Vec::with_capacity(found.len());
    let mut doubtful: BTreeMap<usize, Vec<(Key, Finding)>> = BTreeMap::new();
    for (key, k, finding) in found {
        match worlds.holder(k, &finding.object).filter(|_| finding.severity > Severity::Info) {
            Some(holder) => doubtful.entry(holder).or_default().push((key, finding)),
            None => proven.push(finding),
        }
    }
    for (holder, found) in doubtful {
        let rules = found.iter().map(|(_, finding)| finding.rule.to_owned()).collect();
        let selection = Selection { rules, ..selection.clone() };
        let told_in = |world: &World| -> HashMap<Key, Finding> {
            let places = places(world);
            run(world, &selection).findings.into_iter().map(|finding| (key(&finding, &places), finding)).collect()
        };
        let alone = told_in(&worlds.company(holder, false));
        let is_told =
            |told: &HashMap<Key, Finding>, (key, finding): &(Key, Finding)| told.get(key).is_some_and(|same| same.severity >= finding.severity);
        let (certain, open): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| is_told(&alone, one));
        proven.extend(certain.into_iter().map(|(_, finding)| finding));
        // What is missing is no conflict of two: files for the same namespace tell what there is in it.
        let (missing, conflicts): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, finding)| finding.related.is_empty());
        let beside = if missing.is_empty() { HashMap::new() } else { told_in(&worlds.company(holder, true)) };
        let (certain, uncertain): (Vec<_>, Vec<_>) = missing.into_iter().partition(|one| is_told(&beside, one));
        proven.extend(certain.into_iter().map(|(_, finding)| finding));
        let lesser = |(key, finding): (Key, Finding)| alone.get(&key).cloned().unwrap_or_else(|| if_together(finding));
        proven.extend(uncertain.into_iter().chain(conflicts).map(lesser));
    }
    proven
}

/// What holds only if somebody applies two files together that need not belong together. Nothing is missing there merely because others are given.
fn if_together(mut finding: Finding) -> Finding {
    let conflict = finding.severity == Severity::Error && !finding.related.is_empty();
    finding.severity = if conflict { Severity::Warning } else { Severity::Info };
    finding.message.push_str(", if the files beside it, some of which are alternatives of each other, are applied with it");
    finding
}

fn key(finding: &Finding, places: &BTreeMap<ObjectRef, (Str, u32)>) -> Key {
    let instance = (finding.object.clone(), places.get(&finding.object).cloned());
    (instance, finding.rule, finding.path.clone(), finding.detail.clone())
}

fn places(world: &World) -> BTreeMap<ObjectRef, (Str, u32)> {
    world.index.inventory().metas().filter_map(|(kind, meta)| Some((meta.reference(kind), place(meta)?))).collect()
}

/// What several overlays make of one line is one mistake: the first says it, and names the others.
pub fn tell_sources_once(report: &mut CheckReport) {
    let mut first: HashMap<(&'static str, Str, Span, Option<String>), usize> = HashMap::new();
    let mut kept: Vec<Finding> = Vec::with_capacity(report.findings.len());
    for finding in std::mem::take(&mut report.findings) {
        let Some(location) = &finding.location else {
            kept.push(finding);
            continue;
        };
        let key = (finding.rule, location.file.clone(), location.span, finding.path.clone());
        match first.get(&key).map(|at| &mut kept[*at]).filter(|told| told.object != finding.object && told.detail == finding.detail) {
            Some(told) => {
                told.related(finding.object, "the same, as another overlay makes it of this line");
            }
            None => {
                first.insert(key, kept.len());
                kept.push(finding);
            }
        }
    }
    report.findings = kept;
}

fn place(meta: &Meta) -> Option<(Str, u32)> {
    meta.origin.as_ref().map(|origin| (origin.file.clone(), origin.spans.at.line))
}
