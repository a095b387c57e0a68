use crate::checks::Findings;
use crate::checks::support::istio::platform::pods_and_templates;
use crate::mesh::istio::INJECT;
use crate::mesh::istio::labels::{DATAPLANE_MODE, namespace_injects};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A workload uses the node's network (`hostNetwork: true`) in a namespace that is meant to be in the mesh, and does not opt out.
    ///
    /// # Why it matters
    ///
    /// Such pods get no sidecar and are never taken into ambient, since redirection would catch the whole node. They stay outside: no mutual TLS,
    /// no policies, and STRICT servers refuse them.
    ///
    /// # How to fix it
    ///
    /// Do without the node's network, or say that it is meant: label the template `sidecar.istio.io/inject: "false"`.
    ///
    /// Sources: istio `pkg/kube/inject/inject.go`, `cni/pkg/util`; no other tool reports it.
    "istio-host-network-outside-mesh",
    summary: "Workload on the node's network stays outside of the mesh",
    severity: Severity::Info,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for shape in pods_and_templates::all(&world.index).filter(|s| s.spec.host_network) {
        let namespace = shape.workload.reference.namespace.as_str();
        let Some(labels) = world.index.namespace(namespace).map(|n| &n.metadata.labels) else { continue };
        let opted_out = shape.labels.is(INJECT, "false") || shape.annotations.is(INJECT, "false") || shape.labels.is(DATAPLANE_MODE, "none");
        if opted_out || namespace == world.istio.root_namespace() || !(namespace_injects(labels) || labels.is(DATAPLANE_MODE, "ambient")) {
            continue;
        }
        shape.add(
            findings,
            "spec.hostNetwork",
            format!("namespace {namespace:?} is in the mesh, but pods on the node's network are never taken in"),
            "Remove hostNetwork, or label the pod template sidecar.istio.io/inject: \"false\" to say that it is meant.",
        );
    }
}
