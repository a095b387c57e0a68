use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::security::seen;
use crate::mesh::istio::policy;
use crate::model::{FEW, Kind, Object, ObjectRef, Subject};
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
        let together = Together::of(group);
        for peer in &together.peers {
            report(findings, peer, &together, "have no selector", &["KIA0002"]);
        }
    }
    selecting(world, all, findings);
}

/// PeerAuthentications that hold for the same workloads as one of them.
struct Together<'a> {
    peers: Vec<&'a Object>,
    oldest: Option<&'a Object>,
}

impl<'a> Together<'a> {
    fn of(peers: Vec<&'a Object>) -> Self {
        let oldest = peers.iter().copied().min_by_key(|peer| peer.meta.age_key());
        Self { peers, oldest }
    }

    fn others(&self, peer: &Object) -> impl Iterator<Item = &'a Object> {
        self.peers.iter().copied().filter(move |other| !std::ptr::eq(*other, peer))
    }

    /// `2 other PeerAuthentications`.
    fn told(&self) -> String {
        seen::others(self.peers.len() - 1, NAME)
    }
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
    // Most workloads are met by the same few, and most of these meet the same others: each such group is put together once.
    let mut known: BTreeMap<(bool, Vec<usize>), usize> = BTreeMap::new();
    let mut groups: Vec<(&ObjectRef, Vec<usize>)> = Vec::new();
    for ((in_root, workload), group) in by_workload.into_iter().filter(|(_, group)| group.len() > 1) {
        if let Entry::Vacant(new) = known.entry((in_root, group.clone())) {
            new.insert(groups.len());
            groups.push((workload, group));
        }
    }
    let mut groups_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (nth, (_, group)) in groups.iter().enumerate() {
        group.iter().for_each(|at| groups_of.entry(*at).or_default().push(nth));
    }
    let mut met: BTreeMap<Vec<usize>, Together<'_>> = BTreeMap::new();
    for (at, its) in groups_of {
        let Some(first) = its.first() else { continue };
        let why = format!("select {}", groups[*first].0);
        let together = met.entry(its).or_insert_with_key(|its| {
            let members: BTreeSet<usize> = its.iter().flat_map(|nth| groups[*nth].1.iter().copied()).collect();
            Together::of(members.into_iter().map(|member| &all[member]).collect())
        });
        if all[at].meta.namespace == root {
            let message = format!("this and {} {why}; with a selector none of them counts in the root namespace", together.told());
            let finding = findings.add(&all[at], PATH, message, "Move them to the namespace of the workloads, and keep one.");
            relate(finding.codes(&["KIA0003"]), together, &all[at]);
        } else {
            report(findings, &all[at], together, &why, &["KIA0003"]);
        }
    }
}

fn report(findings: &mut Findings<'_>, peer: &Object, together: &Together<'_>, why: &str, codes: &[&'static str]) {
    let older = together.oldest.filter(|oldest| oldest.meta.age_key() < peer.meta.age_key());
    let counts = match older {
        Some(older) => format!("{:?} is the oldest and counts, this one does not", older.meta.name),
        None => "this one is the oldest and counts".to_owned(),
    };
    let message = format!("this and {} {why}; {counts}", together.told());
    let finding = findings.add(peer, PATH, message, "Merge them into one, or make their selectors disjoint.");
    finding.codes(codes).severity(if older.is_some() { Severity::Error } else { Severity::Warning });
    relate(finding, together, peer);
}

fn relate(finding: &mut Finding, together: &Together<'_>, peer: &Object) {
    for other in together.others(peer).take(FEW) {
        finding.related(other.reference(), "holds for the same workloads");
    }
    finding.related_of(together.peers.len() - 1);
}
