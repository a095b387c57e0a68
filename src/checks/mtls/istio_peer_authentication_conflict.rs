use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::security::seen;
use crate::mesh::istio::policy;
use crate::model::{Kind, Object, ObjectRef, Subject};
use crate::report::{Category, Finding, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Several PeerAuthentications of one namespace hold for the same workloads: two without a selector, or two whose selectors pick the same
    /// workload of that namespace (of any namespace, when they stand in the root namespace).
    ///
    /// # Why it matters
    ///
    /// Istio does not merge them: of each level the oldest counts (by name when the times are equal), the others are ignored with all their
    /// `portLevelMtls`. What holds depends on which was created first. In the root namespace those with a selector are ignored altogether.
    ///
    /// # How to fix it
    ///
    /// Merge them into one, or make the selectors disjoint.
    ///
    /// Sources: kiali KIA0002, KIA0003 `business/checkers/common/multi_match_selector_checker.go` (for which any
    /// PeerAuthentication reaches workloads of all namespaces); istio `pilot/pkg/model/authentication.go`.
    "istio-peer-authentication-conflict",
    summary: "Two PeerAuthentications hold for the same workloads, and only the oldest counts",
    aliases: &["KIA0002", "KIA0003"],
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication, Kind::Pod, Kind::Deployment],
    run: run,
}

const NAME: &str = "PeerAuthentication";
const PATH: &str = "spec.selector";

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::PeerAuthentication);
    let mut plain: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for peer in all.iter().filter(|p| policy::selector(p).unwrap_or_default().is_empty()) {
        plain.entry(&peer.meta.namespace).or_default().push(peer);
    }
    for group in plain.into_values().filter(|group| group.len() > 1) {
        for peer in &group {
            let others: Vec<&Object> = group.iter().copied().filter(|o| o.meta.name != peer.meta.name).collect();
            report(findings, peer, &others, "have no selector", &["KIA0002"]);
        }
    }
    selecting(world, all, findings);
}

/// Those that meet on some workload: of their own namespace, or of any when they stand in the root namespace.
fn selecting(world: &World, all: &[Object], findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    let mut by_workload: BTreeMap<(bool, &ObjectRef), Vec<usize>> = BTreeMap::new();
    for (at, peer) in all.iter().enumerate() {
        let Some(labels) = policy::selector(peer).filter(|labels| !labels.is_empty()) else { continue };
        let namespace = peer.meta.namespace.as_str();
        for workload in world.index.select(Some(namespace).filter(|ns| *ns != root), &labels) {
            by_workload.entry((namespace == root, &workload.reference)).or_default().push(at);
        }
    }
    let mut met: BTreeMap<usize, (BTreeSet<usize>, &ObjectRef)> = BTreeMap::new();
    for ((_, workload), group) in by_workload.iter().filter(|(_, group)| group.len() > 1) {
        for at in group {
            met.entry(*at).or_insert_with(|| (BTreeSet::new(), workload)).0.extend(group.iter().filter(|other| *other != at));
        }
    }
    for (at, (others, workload)) in met {
        let others: Vec<&Object> = others.into_iter().map(|other| &all[other]).collect();
        let why = format!("select {workload}");
        if all[at].meta.namespace == root {
            let message = format!("this and {} {why}; with a selector none of them counts in the root namespace", seen::others(others.len(), NAME));
            relate(findings.add(&all[at], PATH, message, "Move them to the namespace of the workloads, and keep one.").codes(&["KIA0003"]), &others);
        } else {
            report(findings, &all[at], &others, &why, &["KIA0003"]);
        }
    }
}

fn report(findings: &mut Findings<'_>, peer: &Object, others: &[&Object], why: &str, codes: &[&'static str]) {
    let older = others.iter().filter(|o| o.meta.age_key() < peer.meta.age_key()).min_by_key(|o| o.meta.age_key());
    let counts = match older {
        Some(older) => format!("{:?} is the oldest and counts, this one does not", older.meta.name),
        None => "this one is the oldest and counts".to_owned(),
    };
    let message = format!("this and {} {why}; {counts}", seen::others(others.len(), NAME));
    let finding = findings.add(peer, PATH, message, "Merge them into one, or make their selectors disjoint.");
    finding.codes(codes).severity(if older.is_some() { Severity::Error } else { Severity::Warning });
    relate(finding, others);
}

fn relate(finding: &mut Finding, others: &[&Object]) {
    for other in others.iter().take(10) {
        finding.related(other.reference(), "holds for the same workloads");
    }
}
