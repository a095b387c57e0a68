//! Runs rules: none of them can fail the run, and one that cannot be judged says why.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Check, Findings, Runs, registry, unfilled};
use crate::index::Workload;
use crate::mesh::istio::labels;
use crate::mesh::linkerd::INJECT;
use crate::model::{Kind, Membership, MeshId, ObjectRef};
use crate::report::{Category, CheckReport, Finding, MeshTag, Severity, Skipped};
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
    /// These are off by a configuration, unless `rules` names them.
    pub off: Vec<String>,
    /// Opt-in rules that are on by a configuration.
    pub on: Vec<String>,
    /// The severity that a configuration gives what a rule finds; what the rule itself takes for less stays so.
    pub severities: BTreeMap<&'static str, Severity>,
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
                && (!named(check, &self.off) || named(check, &self.rules))
                && (!check.opt_in || self.all_rules || self.pre || named(check, &self.rules) || named(check, &self.on))
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
    let outcomes = crate::parallel::map(&checks, |check| run_one(world, check, &absent));
    let mut report = CheckReport { gaps: world.index.inventory().gaps.clone(), ..CheckReport::default() };
    for outcome in outcomes {
        if outcome.judged {
            report.evaluated.push(outcome.check.id);
        }
        let given = selection.severities.get(outcome.check.id).copied();
        report.findings.extend(outcome.findings.into_iter().map(|finding| match given {
            Some(severity) if finding.severity == outcome.check.severity => Finding { severity, ..finding },
            _ => finding,
        }));
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

/// Meshes of which nothing is to be seen: their rules have nothing to judge, and "nothing wrong" would say too much. Files seldom hold the control
/// plane they are meant for, so only those that show the other mesh are taken to be without this one.
fn absent_meshes(world: &World) -> Vec<MeshTag> {
    if world.source.kind == SourceKind::Overlay || world.traces_may_be_hidden() {
        return Vec::new();
    }
    let meshes = [(MeshTag::Istio, MeshId::Istio), (MeshTag::Linkerd, MeshId::Linkerd)];
    let absent: Vec<MeshTag> = meshes.into_iter().filter(|(_, id)| !world.has_trace_of(*id)).map(|(tag, _)| tag).collect();
    if world.source.kind == SourceKind::Files && absent.len() == meshes.len() { Vec::new() } else { absent }
}

struct Outcome {
    check: &'static Check,
    judged: bool,
    findings: Vec<Finding>,
    skipped: Vec<Skipped>,
}

fn run_one(world: &World, check: &'static Check, absent: &[MeshTag]) -> Outcome {
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
    let mut findings = Findings::new(world, check);
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
            found.retain(|f| !unfilled::decides(world, f));
            found.retain(|f| !is_of_other(world, check.mesh, &f.object));
            tell_once(&mut found);
            Outcome { check, judged: true, findings: found, skipped: unknown }
        }
        Err(_) => skip("internal error in this rule (a bug worth reporting); the other rules are not affected".into(), true),
    }
}

/// Whether an object is the other mesh's business alone: a part of its control plane, or a workload or Service that only it holds.
fn is_of_other(world: &World, mesh: MeshTag, object: &ObjectRef) -> bool {
    let (own, other) = match mesh {
        MeshTag::Istio => (MeshId::Istio, MeshId::Linkerd),
        MeshTag::Linkerd => (MeshId::Linkerd, MeshId::Istio),
        MeshTag::Any => return false,
    };
    let (namespace, name) = (object.namespace.as_str(), object.name.as_str());
    let plane = || world.control_planes().any(|plane| plane.mesh == other && plane.namespace == namespace);
    let only_its = |w: &Workload| {
        let wanted = world.injection(own, w).concerns() || asks(world, own, w);
        !wanted && world.membership(other, w).is_ok_and(|m| m != Membership::None)
    };
    match object.kind {
        Kind::Service => {
            let selector = world.index.service(namespace, name).map(|s| &s.spec.selector).filter(|s| !s.is_empty());
            let picked: Vec<&Workload> = selector.into_iter().flat_map(|s| world.index.select(Some(namespace), s)).collect();
            plane() || (!picked.is_empty() && picked.into_iter().all(only_its))
        }
        kind if kind == Kind::Pod || kind.is_controller() => plane() || world.index.workload(namespace, name, Some(kind)).is_some_and(only_its),
        _ => false,
    }
}

/// Whether a workload or its namespace asks for a mesh, whatever comes of it.
fn asks(world: &World, mesh: MeshId, workload: &Workload) -> bool {
    let of_namespace = !matches!(world.view().namespace_asks(mesh, &workload.reference.namespace), Ok(None));
    of_namespace
        || match mesh {
            MeshId::Istio => labels::asks_for_sidecar(&world.index, workload) || labels::asks_for_ambient(&world.index, workload),
            MeshId::Linkerd => matches!(workload.annotations.get(INJECT), Some("enabled" | "ingress")),
        }
}

/// Two ends of one conflict, each found with the other: the second is a note, so that a fact counts once.
fn tell_once(found: &mut [Finding]) {
    let objects: BTreeSet<ObjectRef> = found.iter().map(|f| f.object.clone()).collect();
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|a, b| found[*b].severity.cmp(&found[*a].severity).then_with(|| found[*a].sort_key().cmp(&found[*b].sort_key())));
    let mut told: BTreeSet<(ObjectRef, ObjectRef)> = BTreeSet::new();
    for at in order {
        let finding = &mut found[at];
        let ends: Vec<ObjectRef> =
            finding.related.iter().map(|r| r.object.clone()).filter(|end| *end != finding.object && objects.contains(end)).collect();
        if !ends.is_empty() && ends.iter().all(|end| told.contains(&(end.clone(), finding.object.clone()))) {
            finding.severity = Severity::Info;
        } else {
            told.extend(ends.into_iter().map(|end| (finding.object.clone(), end)));
        }
    }
}
