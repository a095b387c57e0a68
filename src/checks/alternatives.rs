//! One report of several worlds: files that hold the same objects differently are judged once for each choice between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Selection, run};
use crate::model::{Meta, ObjectRef, Str};
use crate::report::{CheckReport, Finding};
use crate::world::World;

/// An object in the place where it stands.
type Instance = (ObjectRef, Option<(Str, u32)>);

/// Judges every world, and says what is so in each that holds the object: what is wrong beside one alternative and right beside the other is a
/// matter of which is applied. What is still missing where all are, in `union`, is missing.
pub fn run_alternatives(worlds: impl Iterator<Item = World>, union: &World, selection: &Selection) -> CheckReport {
    let lines = |finding: &Finding| finding.location.as_ref().map(|at| (finding.rule, at.file.clone(), at.span, finding.path.clone()));
    let among_all: BTreeSet<_> = run(union, selection).findings.iter().filter_map(lines).collect();
    let mut held: HashMap<Instance, usize> = HashMap::new();
    let mut told: HashMap<(Instance, &'static str, Option<String>, Option<String>), (usize, Finding)> = HashMap::new();
    let mut order = Vec::new();
    let mut all = CheckReport::default();
    let mut count = 0;
    for world in worlds {
        count += 1;
        let places: BTreeMap<ObjectRef, (Str, u32)> =
            world.index.inventory().metas().filter_map(|(kind, meta)| Some((meta.reference(kind), place(meta)?))).collect();
        let report = run(&world, selection);
        let mut here = BTreeSet::new();
        for finding in report.findings.into_iter().filter(|finding| lines(finding).is_none_or(|line| among_all.contains(&line))) {
            let instance = (finding.object.clone(), places.get(&finding.object).cloned());
            let key = (instance, finding.rule, finding.path.clone(), finding.detail.clone());
            if here.insert(key.clone()) {
                let entry = told.entry(key.clone()).or_insert_with(|| {
                    order.push(key);
                    (0, finding)
                });
                entry.0 += 1;
            }
        }
        for (object, place) in places {
            *held.entry((object, Some(place))).or_default() += 1;
        }
        all.evaluated.extend(report.evaluated);
        all.skipped.extend(report.skipped);
        all.gaps.extend(report.gaps);
    }
    for key in order {
        let everywhere = if key.0.1.is_some() { held.get(&key.0).copied().unwrap_or(count) } else { count };
        all.findings.extend(told.remove(&key).filter(|(times, _)| *times == everywhere).map(|(_, finding)| finding));
    }
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

/// What several overlays make of one line is one mistake: the first says it, and names the others.
pub fn tell_sources_once(report: &mut CheckReport) {
    let mut first: HashMap<(&'static str, Str, crate::model::Span, Option<String>), usize> = HashMap::new();
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
