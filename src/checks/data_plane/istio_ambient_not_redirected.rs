use crate::checks::Findings;
use crate::mesh::istio::labels::DATAPLANE_MODE;
use crate::model::{DriftCode, Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A running pod is meant to be in ambient, by its own label or its namespace's, but istio-cni has not redirected its traffic, or only in part.
    ///
    /// # Why it matters
    ///
    /// The pod's traffic bypasses ztunnel: no mutual TLS and no policy, although the labels say otherwise.
    ///
    /// # How to fix it
    ///
    /// Look at istio-cni on the pod's node (`kubectl logs -n istio-system ds/istio-cni-node`) and at ztunnel; then restart the pod.
    ///
    /// Sources: istio `cni/pkg/nodeagent`, annotation `ambient.istio.io/redirection`; no other tool reports it.
    "istio-ambient-not-redirected",
    summary: "Pod is meant to be in ambient but its traffic is not redirected",
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads() {
        let by_namespace = index.namespace_label(&workload.reference.namespace, DATAPLANE_MODE) == Some("ambient");
        if !by_namespace && !workload.labels.is(DATAPLANE_MODE, "ambient") {
            continue;
        }
        for drift in world.injection(MeshId::Istio, workload).drift.iter().filter(|d| matches!(d.code, DriftCode::NotCaptured | DriftCode::Pending)) {
            findings.add_workload(
                workload,
                "",
                format!("a pod {}", drift.evidence.text),
                "Look at istio-cni on the pod's node and at ztunnel, then restart the pod.",
            );
        }
    }
}
