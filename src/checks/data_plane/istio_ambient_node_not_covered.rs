use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::pods;
use crate::index::Workload;
use crate::mesh::istio::labels::is_captured;
use crate::model::{Kind, Str, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A node has pods in ambient and no pod of ztunnel, or none of istio-cni: the DaemonSet leaves the node out (`nodeSelector`, tolerations,
    /// affinity), or its pod there is gone. Pods that are there and not ready are reported by `istio-ambient-component-not-ready`.
    ///
    /// # Why it matters
    ///
    /// Without ztunnel the traffic of these pods is redirected to nobody. Without istio-cni new pods on the node do not become part of the mesh, and
    /// those that are there lose it when they restart.
    ///
    /// # How to fix it
    ///
    /// Let the DaemonSet run on the node: widen its `nodeSelector`, or add the toleration that the node's taint asks for.
    ///
    /// Sources: istio `manifests/charts/ztunnel`, `manifests/charts/istio-cni`; no other tool looks.
    "istio-ambient-node-not-covered",
    summary: "Node with pods in ambient and without ztunnel or istio-cni",
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let mut captured: BTreeMap<&Str, usize> = BTreeMap::new();
    for pod in index.pods().iter().filter(|pod| is_captured(pod) && !pod.is_over() && !pod.spec.node_name.is_empty()) {
        *captured.entry(&pod.spec.node_name).or_default() += 1;
    }
    for name in ["ztunnel", "istio-cni"] {
        let components = world.istio.ambient.components.iter().filter(|component| component.name == name);
        let workloads: Vec<&Workload> = components.filter_map(|c| index.workload(&c.object.namespace, &c.object.name, Some(c.object.kind))).collect();
        let covered: BTreeSet<&Str> = workloads.iter().flat_map(|w| index.live_pods(w)).map(|pod| &pod.spec.node_name).collect();
        // Where none of its pods was read, nothing is known; where there are none, another rule says so.
        let Some(workload) = workloads.first().filter(|_| !covered.is_empty()) else { continue };
        let bare: Vec<(&Str, usize)> = captured.iter().filter(|(node, _)| !covered.contains(*node)).map(|(node, pods)| (*node, *pods)).collect();
        if bare.is_empty() {
            continue;
        }
        let nodes: Vec<&Str> = bare.iter().map(|(node, _)| *node).collect();
        let count: usize = bare.iter().map(|(_, pods)| pods).sum();
        let what = format!("{name} has no pod on {}, where {}", first_of(&nodes, 5), pods(count, "is in ambient", "are in ambient"));
        findings.add_workload(workload, "", what, "Let the DaemonSet run there: widen its nodeSelector, or add the toleration it lacks.");
    }
}
