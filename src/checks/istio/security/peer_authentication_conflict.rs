use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::seen;
use crate::checks::Findings;
use crate::mesh::istio::policy;
use crate::mesh::istio::transport::PeerAuthentications;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Several PeerAuthentications of one namespace hold for the same workloads: two without a selector, or two whose selectors pick the same
    /// workload.
    ///
    /// # Why it matters
    ///
    /// Istio does not merge them: of each level the oldest counts (by name when the times are equal), the others are ignored with all their
    /// `portLevelMtls`. What holds depends on which was created first.
    ///
    /// # How to mend it
    ///
    /// Merge them into one, or make the selectors disjoint.
    ///
    /// Sources: kiali KIA0002, KIA0003 `business/checkers/common/multi_match_selector_checker.go`; istio
    /// `pilot/pkg/model/authentication.go`.
    "istio-peer-authentication-conflict",
    summary: "Two PeerAuthentications hold for the same workloads, and only the oldest counts",
    aliases: &["KIA0002", "KIA0003"],
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::PeerAuthentication);
    let mut plain: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for peer in all.iter().filter(|p| policy::selector(p).unwrap_or_default().is_empty()) {
        plain.entry(&peer.meta.namespace).or_default().push(peer);
    }
    for group in plain.into_values().filter(|group| group.len() > 1) {
        report(findings, &group.into_iter().collect(), "have no selector", "KIA0002");
    }
    // Every pair that meets on some workload, keyed by the names that are compared; a workload is visited once per namespace.
    let peers = PeerAuthentications::new(&world.index, world.istio.root_namespace());
    let root = world.istio.root_namespace();
    let mut met: HashMap<&str, BTreeMap<&str, BTreeSet<&str>>> = HashMap::new();
    let mut workload_of: HashMap<(&str, &str), String> = HashMap::new();
    for workload in world.index.workloads() {
        let namespace = workload.reference.namespace.as_str();
        let group = peers.selecting(namespace, &workload.labels);
        if group.len() < 2 || namespace == root {
            continue;
        }
        for peer in &group {
            let others = group.iter().filter(|o| o.meta.name != peer.meta.name).map(|o| o.meta.name.as_str());
            met.entry(&peer.meta.namespace).or_default().entry(&peer.meta.name).or_default().extend(others);
            workload_of.entry((&peer.meta.namespace, &peer.meta.name)).or_insert_with(|| workload.reference.to_string());
        }
    }
    for peer in all {
        let Some(others) = met.get(peer.meta.namespace.as_str()).and_then(|names| names.get(peer.meta.name.as_str())) else { continue };
        let group: Vec<&Object> = others.iter().filter_map(|name| world.index.object(Kind::PeerAuthentication, &peer.meta.namespace, name)).collect();
        let workload = workload_of.get(&(peer.meta.namespace.as_str(), peer.meta.name.as_str())).cloned().unwrap_or_default();
        one(findings, peer, &group, &format!("select {workload}"), "KIA0003");
    }
}

fn report(findings: &mut Findings<'_>, group: &Vec<&Object>, why: &str, code: &'static str) {
    for peer in group {
        let others: Vec<&Object> = group.iter().copied().filter(|o| o.meta.name != peer.meta.name).collect();
        one(findings, peer, &others, why, code);
    }
}

fn one(findings: &mut Findings<'_>, peer: &Object, others: &[&Object], why: &str, code: &'static str) {
    let older = others.iter().filter(|o| o.meta.age_key() < peer.meta.age_key()).min_by_key(|o| o.meta.age_key());
    let message = match older {
        Some(older) => format!(
            "this and {} {why}; {:?} is the oldest and counts, this one does not",
            seen::others(others.len(), "PeerAuthentication"),
            older.meta.name
        ),
        None => format!("this and {} {why}; this one is the oldest and counts", seen::others(others.len(), "PeerAuthentication")),
    };
    let finding = findings.add(peer, "spec.selector", message, "Merge them into one, or make their selectors disjoint.");
    finding.codes(match code {
        "KIA0002" => &["KIA0002"],
        _ => &["KIA0003"],
    });
    finding.severity(if older.is_some() { Severity::Error } else { Severity::Warning });
    for other in others.iter().take(10) {
        finding.related(other.reference(), "holds for the same workloads");
    }
}
