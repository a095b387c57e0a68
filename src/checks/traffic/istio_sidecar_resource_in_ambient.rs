use crate::checks::Findings;
use crate::checks::support::istio::traffic::sidecars::{defaults, is_ambient_namespace, is_ambient_workload, selecting, selector};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Sidecar is for workloads in ambient mode: its selector picks one, or it is the default of an ambient namespace.
    ///
    /// # Why it matters
    ///
    /// Ambient workloads have no sidecar proxy. The limits that the resource sets (egress hosts, `REGISTRY_ONLY`) do not hold.
    ///
    /// # How to fix it
    ///
    /// Remove the Sidecar; limit egress with an AuthorizationPolicy at a waypoint or egress gateway.
    ///
    /// Sources: IST0167: istio `pkg/config/analysis/analyzers/sidecar/selector.go`.
    "istio-sidecar-resource-in-ambient",
    summary: "Sidecar is for workloads in ambient mode, which have no sidecar",
    aliases: &["IST0167"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar, Kind::Pod, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    const HINT: &str = "Remove the Sidecar, or take the workload out of ambient mode.";
    for sidecar in selecting(world) {
        let selector = selector(sidecar);
        let picked = world.index.select(Some(&sidecar.meta.namespace), &selector).find(|w| is_ambient_workload(world, w));
        if let Some(workload) = picked {
            let message = format!("selects {}, which is in ambient mode and has no sidecar", workload.reference);
            findings.add(sidecar, "spec.workloadSelector", message, HINT).related(workload.reference.clone(), "is in ambient mode");
        }
    }
    for (namespace, sidecars) in defaults(world).into_iter().filter(|(ns, _)| is_ambient_namespace(world, ns)) {
        for sidecar in sidecars {
            findings.add(sidecar, "", format!("namespace {namespace:?} is in ambient mode: its workloads have no sidecar"), HINT);
        }
    }
}
