//! Runs rules: none of them can fail the run, and one that cannot be judged says why.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::support::common::Common;
use super::{Check, Findings, Runs, registry};
use crate::model::{Kind, MeshId};
use crate::report::{Category, CheckReport, Finding, MeshTag, Skipped};
use crate::world::{SourceKind, World};

/// Which rules to run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these categories; all when empty.
    pub categories: Vec<Category>,
    /// Only these rules, by id or by another tool's code; all when empty.
    pub rules: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
    /// Opt-in rules too.
    pub all_rules: bool,
    /// Only rules about this mesh (and neutral ones).
    pub mesh: Option<MeshTag>,
    /// Whether other clusters are given: rules that compare clusters run only then, or when named.
    pub compare: bool,
    /// Whether the question is if a mesh may be installed; opt-in rules that help with that run unasked.
    pub pre: bool,
}

impl Selection {
    /// Whether it leaves out rules that help to answer the question.
    pub fn is_narrow(&self) -> bool {
        !(self.categories.is_empty() && self.rules.is_empty() && self.skip.is_empty())
    }

    /// The rules it picks.
    pub fn checks(&self) -> Vec<&'static Check> {
        let named = |check: &Check, names: &[String]| {
            names.iter().any(|n| n.eq_ignore_ascii_case(check.id) || check.aliases.iter().any(|a| n.eq_ignore_ascii_case(a)))
        };
        let mut checks = registry::all();
        checks.retain(|check| {
            (if self.pre { check.runs != Runs::Check } else { check.runs != Runs::Pre })
                && (self.categories.is_empty() || self.categories.contains(&check.category))
                && (self.rules.is_empty() || named(check, &self.rules))
                && !named(check, &self.skip)
                && (!check.opt_in || self.all_rules || self.pre || named(check, &self.rules))
                && (!check.compares || self.compare || named(check, &self.rules))
                && self.mesh.is_none_or(|mesh| check.mesh == MeshTag::Any || check.mesh == mesh)
        });
        checks
    }
}

/// Runs the selected rules over the world, on as many threads as there are cores.
pub fn run(world: &World, selection: &Selection) -> CheckReport {
    let checks = selection.checks();
    // Whoever wants to install a mesh is not helped by hearing that it is not there.
    let absent = if selection.pre { Vec::new() } else { absent_meshes(world) };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(checks.len().max(1));
    let common = Arc::new(Common::new(world));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some(check) = checks.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                done.push(run_one(world, check, &absent, &common));
            }
            done
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|h| h.join().unwrap_or_default()).collect()
    });
    let mut report = CheckReport { gaps: world.index.inventory().gaps.clone(), ..CheckReport::default() };
    for outcome in outcomes {
        if outcome.judged {
            report.evaluated.push(outcome.check.id);
        }
        report.findings.extend(outcome.findings);
        report.skipped.extend(outcome.skipped);
    }
    report.evaluated.sort_unstable();
    report.skipped.sort_unstable();
    report.skipped.dedup();
    report.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    report.findings.dedup();
    count_namesakes(&mut report.findings);
    report
}

/// Tells findings apart that share rule, object, field and detail, by their place among each other.
fn count_namesakes(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let before = seen.entry(finding.fingerprint()).or_default();
        finding.namesakes_before = *before;
        *before += 1;
    }
}

/// Meshes of which a cluster shows no trace: their rules have nothing to judge, and "nothing wrong" would say too much. Files are always judged,
/// since the control plane they are meant for is rarely among them.
fn absent_meshes(world: &World) -> Vec<MeshTag> {
    if matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay) || world.traces_may_be_hidden() {
        return Vec::new();
    }
    let meshes = [(MeshTag::Istio, MeshId::Istio), (MeshTag::Linkerd, MeshId::Linkerd)];
    meshes.into_iter().filter(|(_, id)| !world.has_trace_of(*id)).map(|(tag, _)| tag).collect()
}

struct Outcome {
    check: &'static Check,
    judged: bool,
    findings: Vec<Finding>,
    skipped: Vec<Skipped>,
}

fn run_one<'w>(world: &'w World, check: &'static Check, absent: &[MeshTag], common: &Arc<Common<'w>>) -> Outcome {
    let row = |because: String, unread: bool| Skipped { rule: check.id, because, unread };
    let skip = |because: String, unread: bool| Outcome { check, judged: false, findings: Vec::new(), skipped: vec![row(because, unread)] };
    if absent.contains(&check.mesh) {
        return skip(format!("no trace of {} here", check.mesh.name()), false);
    }
    let hidden = world.index.hidden(check.needs);
    let partly = check.kindwise && check.needs.iter().any(|kind| world.index.hidden(&[*kind]).is_none());
    if let Some(because) = hidden.clone().filter(|_| !partly) {
        return skip(because, true);
    }
    let mut findings = Findings::new(world, check, common.clone());
    if check.compares {
        if world.remotes.is_empty() {
            return skip("no other cluster to compare with: name one with --remote-context or --remote-snapshot".into(), false);
        }
        findings.unknown.extend(findings.unseen().map(|because| row(because, true)));
        if findings.remotes().is_empty() {
            return Outcome { check, judged: false, findings: Vec::new(), skipped: findings.unknown };
        }
    }
    match catch_unwind(AssertUnwindSafe(|| (check.run)(world, &mut findings))) {
        Ok(()) => {
            let Findings { mut found, mut unknown, .. } = findings;
            unknown.extend(hidden.into_iter().map(|because| row(because, true)));
            found.retain(|f| world.in_scope(if f.object.kind == Kind::Namespace { &f.object.name } else { &f.object.namespace }));
            Outcome { check, judged: true, findings: found, skipped: unknown }
        }
        Err(_) => skip("internal error in this rule (a bug worth reporting); the other rules are not affected".into(), true),
    }
}
