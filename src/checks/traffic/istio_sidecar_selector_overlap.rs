use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::traffic::sidecars::{is_ambient_workload, selecting, selector};
use crate::model::{FEW, Kind, Object, ObjectRef, Subject, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Several Sidecars with a selector pick the same workload.
    ///
    /// # Why it matters
    ///
    /// A proxy gets one Sidecar: the oldest. What the others import or listen on is missing.
    ///
    /// # How to fix it
    ///
    /// Make the selectors exclude each other, or join the Sidecars.
    ///
    /// Sources: IST0110: istio `pkg/config/analysis/analyzers/sidecar/selector.go`;
    /// KIA0003: kiali `checkers/common/multi_match_selector_checker.go`.
    "istio-sidecar-selector-overlap",
    summary: "Several Sidecars select the same workload",
    aliases: &["IST0110", "KIA0003"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let sidecars: Vec<&Object> = selecting(world).collect();
    let mut by_workload: BTreeMap<&ObjectRef, (bool, Vec<usize>)> = BTreeMap::new();
    for (at, sidecar) in sidecars.iter().enumerate() {
        for workload in world.index.select(Some(&sidecar.meta.namespace), &selector(sidecar)) {
            let row = by_workload.entry(&workload.reference).or_insert_with(|| (is_ambient_workload(world, workload), Vec::new()));
            row.1.push(at);
        }
    }
    let mut found: BTreeMap<usize, (Vec<&[usize]>, &ObjectRef, bool)> = BTreeMap::new();
    for (workload, (ambient, at)) in by_workload.iter().filter(|(_, (_, at))| at.len() > 1) {
        for one in at {
            let row = found.entry(*one).or_insert_with(|| (Vec::new(), workload, *ambient));
            row.0.push(at);
            row.2 &= ambient;
        }
    }
    for (at, (groups, workload, ambient)) in found {
        let others: BTreeSet<usize> = groups.iter().flat_map(|group| group.iter().take(FEW + 1)).copied().filter(|other| *other != at).collect();
        let total = groups.iter().map(|group| group.len() - 1).max().unwrap_or_default().max(others.len());
        let names = few(others.iter().map(|o| sidecars[*o].reference()), total);
        let message = format!("selects {workload} as {names} does: the proxy gets only one of them, the oldest");
        let finding = findings.add(sidecars[at], "spec.workloadSelector", message, "Make the selectors exclude each other, or join the Sidecars.");
        if ambient {
            // Nothing is lost where no sidecar runs; istioctl leaves such pods out.
            finding.codes(&["KIA0003"]).severity(Severity::Info);
        }
        for other in others.iter().take(FEW) {
            finding.related(sidecars[*other].reference(), "selects it too");
        }
        finding.related_of(total);
    }
}
