use crate::checks::Findings;
use crate::mesh::istio::ambient;
use crate::mesh::istio::labels::{DATAPLANE_MODE, has_captured_pods, is_gateway, is_waypoint};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A running workload is labelled, itself or through its namespace, with `istio.io/use-waypoint`, and none of its pods is in ambient.
    ///
    /// # Why it matters
    ///
    /// Only callers in ambient send through the waypoint, and only pods in ambient insist on it. Calls from and to this workload go past the
    /// waypoint, and so past the policies that are enforced there.
    ///
    /// # How to fix it
    ///
    /// Label the namespace with `istio.io/dataplane-mode: ambient`, or remove `istio.io/use-waypoint`.
    ///
    /// Sources: kiali KIA1312 `business/checkers/ambient/ambient_workload_checker.go`.
    "istio-waypoint-label-outside-ambient",
    summary: "A workload asks for a waypoint and is not in ambient",
    aliases: &["KIA1312"],
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads() {
        let labels = &workload.labels;
        let infrastructure = is_waypoint(labels) || labels.is("app", "ztunnel") || is_gateway(workload);
        let running = workload.has_live_pods();
        if infrastructure || !running || labels.is(DATAPLANE_MODE, "none") || has_captured_pods(index, workload) {
            continue;
        }
        if let Some((_, name)) = ambient::reference(index, labels, &workload.reference.namespace) {
            let own = if labels.has(ambient::USE_WAYPOINT) { "metadata.labels[\"istio.io/use-waypoint\"]" } else { "" };
            let message = format!("asks for waypoint {name:?}, but none of its pods is in ambient");
            findings.add_workload(workload, own, message, "Put the workload into ambient, or remove istio.io/use-waypoint.");
        }
    }
}
