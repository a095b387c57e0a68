use crate::checks::Findings;
use crate::checks::support::istio::platform::planes::report;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A revision's istiod runs with one pod.
    ///
    /// # Why it matters
    ///
    /// While that pod moves to another node, no injected pod can be created and no new proxy gets configuration.
    ///
    /// # How to fix it
    ///
    /// Run two or more (`pilot.autoscaleMin: 2` in the chart's values).
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/values.yaml`; no other tool reports it.
    "istio-control-plane-single-replica",
    summary: "istiod runs with a single pod",
    severity: Severity::Info,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for plane in world.istio.control_planes.iter().filter(|p| p.ready == Some(1) && p.replicas == Some(1)) {
        let revision = plane.revision.as_deref().unwrap_or("default");
        report(world, findings, plane, format!("istiod of revision {revision:?} runs with one pod"), "Run two or more pods.");
    }
}
