use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::platform::telemetry::selector;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The selectors of two Telemetry resources of a namespace match the same workload.
    ///
    /// # Why it matters
    ///
    /// Only one of them holds for the workload: istiod takes the oldest and ignores the other.
    ///
    /// # How to fix it
    ///
    /// Merge them, or change the selectors so that each workload is matched once.
    ///
    /// Sources: IST0159; istio `pkg/config/analysis/analyzers/telemetry/selector.go`, `pilot/pkg/model/telemetry.go`.
    "istio-telemetry-selector-conflict",
    summary: "Several Telemetry resources select the same workload",
    aliases: &["IST0159"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Telemetry, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for of_namespace in index.objects(Kind::Telemetry).chunk_by(|a, b| a.meta.namespace == b.meta.namespace) {
        let mut by_workload: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (i, telemetry) in of_namespace.iter().enumerate() {
            let selector = selector(telemetry);
            if selector.is_empty() {
                continue;
            }
            for workload in index.select(Some(&telemetry.meta.namespace), &selector) {
                by_workload.entry(&workload.reference).or_default().push(i);
            }
        }
        let mut told = BTreeSet::new();
        for (workload, matching) in by_workload.iter().filter(|(_, matching)| matching.len() > 1) {
            let Some(&winner) = matching.iter().min_by(|a, b| of_namespace[**a].meta.age_key().cmp(&of_namespace[**b].meta.age_key())) else {
                continue;
            };
            for &i in matching {
                let other = if i == winner { matching.iter().copied().find(|j| *j != i).unwrap_or(i) } else { winner };
                if !told.insert((i, other)) {
                    continue;
                }
                let (telemetry, other) = (&of_namespace[i], &of_namespace[other]);
                let effect = if i == winner { "istiod takes this one, the oldest" } else { "istiod takes that one and ignores this one" };
                findings
                    .add(
                        telemetry,
                        "spec.selector",
                        format!("{workload} is selected by {} too: {effect}", other.reference()),
                        "Merge them, or make the selectors exclude each other.",
                    )
                    .related(other.reference(), format!("selects {workload} too"));
            }
        }
    }
}
