use crate::checks::Findings;
use crate::checks::support::istio::traffic::sidecars::{defaults, is_ambient_namespace};
use crate::model::{FEW, Kind, Subject, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace has several Sidecars without a selector.
    ///
    /// # Why it matters
    ///
    /// Only one, the oldest, holds for the namespace. What the others import is missing.
    ///
    /// # How to fix it
    ///
    /// Join them into one, or give all but one a `workloadSelector`.
    ///
    /// Sources: IST0111: istio `pkg/config/analysis/analyzers/sidecar/selector.go`;
    /// KIA0002: kiali `checkers/common/multi_match_selector_checker.go` (which asks for a workload in the namespace).
    "istio-sidecar-multiple-defaults",
    summary: "A namespace has several Sidecars without a selector",
    aliases: &["IST0111", "KIA0002"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (namespace, sidecars) in defaults(world).into_iter().filter(|(_, s)| s.len() > 1) {
        let mut codes = Vec::new();
        let ambient = is_ambient_namespace(world, namespace);
        if !ambient {
            codes.push("IST0111");
        }
        if !world.index.workloads_in(namespace).is_empty() {
            codes.push("KIA0002");
        }
        for sidecar in &sidecars {
            let others: Vec<_> = sidecars.iter().filter(|o| o.meta.name != sidecar.meta.name).take(FEW).collect();
            let names = few(others.iter().map(|o| &o.meta.name), sidecars.len() - 1);
            let message = format!("is for all of namespace {namespace:?} like {names}: only the oldest is used");
            let finding = findings.add(*sidecar, "spec.workloadSelector", message, "Join them, or give all but one a workloadSelector.");
            finding.codes(&codes);
            if ambient {
                finding.severity(Severity::Info);
            }
            for other in others {
                finding.related(other.reference(), "is for the whole namespace too");
            }
            finding.related_of(sidecars.len() - 1);
        }
    }
}
