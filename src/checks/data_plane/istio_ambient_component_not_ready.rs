use crate::checks::Findings;
use crate::mesh::istio::labels::{DATAPLANE_MODE, namespace_is_ambient};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// Something is in ambient, and ztunnel or istio-cni is not ready on every node, or there is no ztunnel at all.
    ///
    /// # Why it matters
    ///
    /// On a node without ztunnel the pods in ambient have no network to the mesh; without istio-cni new pods are not taken in, or do not start.
    ///
    /// # How to fix it
    ///
    /// Look at the pods of the DaemonSet on the nodes in question; install ztunnel and istio-cni if they are missing.
    ///
    /// Sources: istio `manifests/charts/ztunnel`, `manifests/charts/istio-cni`; no other tool reports it.
    "istio-ambient-component-not-ready",
    summary: "ztunnel or istio-cni is not ready although something is in ambient",
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::DaemonSet, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let namespace = index.namespaces().iter().find(|n| namespace_is_ambient(&n.metadata.labels));
    let labelled = || index.workloads().iter().any(|w| w.labels.is(DATAPLANE_MODE, "ambient"));
    if namespace.is_none() && !labelled() {
        return;
    }
    for component in &world.istio.ambient.components {
        let Some((ready, wanted)) = component.ready.filter(|(ready, wanted)| ready < wanted) else { continue };
        let at = &component.object;
        let Some(workload) = index.workload(&at.namespace, &at.name, Some(at.kind)) else { continue };
        let finding = findings.add_workload(
            workload,
            "",
            format!("{} is ready on {ready} of {wanted} nodes", component.name),
            "Look at its pods on the other nodes.",
        );
        if ready > 0 {
            finding.severity(Severity::Warning);
        }
    }
    let files = world.source.kind == SourceKind::Files && !world.index.holds(Kind::DaemonSet, "");
    if let Some(namespace) = namespace.filter(|_| !files && !world.istio.ambient.has_ztunnel()) {
        findings.missing(
            namespace,
            format!("metadata.labels{}", crate::model::key(DATAPLANE_MODE)),
            &[(Kind::DaemonSet, ""), (Kind::Pod, "")],
            "the namespace is in ambient, but there is no ztunnel",
            "Install ztunnel and istio-cni, or remove the label.",
        );
    }
}
