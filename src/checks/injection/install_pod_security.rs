use crate::checks::support::install::{SHOW_A_MESH, tag, titles};
use crate::checks::{Findings, Runs};
use crate::mesh::install::Target;
use crate::mesh::istio::labels::{SYSTEM_NAMESPACES, namespace_injects};
use crate::mesh::linkerd::INJECT;
use crate::model::{MeshId, Namespace, key};
use crate::report::{Category, Severity};
use crate::world::World;

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

crate::check! {
    /// # What it checks
    ///
    /// A namespace enforces the Pod Security Standard `baseline` or `restricted`, and the mesh has no CNI plugin. It is a warning where pods are to be
    /// in the mesh (the namespace asks for injection, or `-n` names it) and where Linkerd's own control plane is to live, else a note. Standards that
    /// the API server enforces by default, and other admission controllers, cannot be seen.
    ///
    /// # Why it matters
    ///
    /// A sidecar's init container redirects the pod's traffic and needs the capabilities NET_ADMIN and NET_RAW, which both standards forbid. Once
    /// injection is on, new pods are refused: the ReplicaSet counts failures, and running pods are missed only when they end.
    ///
    /// # How to fix it
    ///
    /// Install the mesh's CNI plugin (`istio-cni`, `linkerd2-cni`), which redirects traffic without privileges in the pod, or use Istio's ambient mode,
    /// or let the namespace enforce `privileged`.
    ///
    /// Sources: Kubernetes Pod Security Standards; istio `manifests/charts/istio-control/istio-discovery/files/injection-template.yaml`; linkerd
    /// `charts/partials/templates/_proxy-init.tpl`; no other tool looks.
    "install-pod-security",
    summary: "Pod security refuses the mesh's init containers",
    severity: Severity::Warning,
    category: Category::Injection,
    needs: &SHOW_A_MESH,
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let without_cni: Vec<&Target> = world.install.targets.iter().filter(|t| !has_cni(world, t.mesh)).collect();
    if without_cni.is_empty() {
        return;
    }
    for namespace in world.index.namespaces() {
        let meta = &namespace.metadata;
        let Some(level @ ("baseline" | "restricted")) = meta.labels.get(ENFORCE) else { continue };
        let system = SYSTEM_NAMESPACES.contains(&meta.name.as_str());
        let mut sure: Vec<&Target> = without_cni.iter().copied().filter(|t| asks(world, namespace, t)).collect();
        let severity = if sure.is_empty() { Severity::Info } else { Severity::Warning };
        if sure.is_empty() && !system {
            sure.clone_from(&without_cni);
        }
        // Istio's control plane has no sidecars of this kind.
        sure.retain(|t| !(t.mesh == MeshId::Istio && t.namespace == meta.name));
        if !sure.is_empty() {
            findings
                .add(
                    namespace,
                    format!("metadata.labels{}", key(ENFORCE)),
                    format!("{level:?} forbids NET_ADMIN and NET_RAW: pods with a sidecar of {} are refused here", titles(&sure)),
                    "Install the mesh's CNI plugin, use Istio's ambient mode, or let the namespace enforce \"privileged\".",
                )
                .about(tag(&sure))
                .severity(severity);
        }
    }
}

fn has_cni(world: &World, mesh: MeshId) -> bool {
    let name = match mesh {
        MeshId::Istio => "istio-cni",
        MeshId::Linkerd => "linkerd-cni",
    };
    world.meshes().iter().filter(|m| m.id() == mesh).any(|m| m.components().iter().any(|c| c.name == name))
}

/// Whether pods of the namespace are to have a sidecar of the mesh.
fn asks(world: &World, namespace: &Namespace, target: &Target) -> bool {
    let meta = &namespace.metadata;
    if world.scope().contains(&meta.name) {
        return true;
    }
    match target.mesh {
        MeshId::Istio => namespace_injects(&meta.labels),
        // Linkerd's control plane has proxies itself.
        MeshId::Linkerd => target.namespace == meta.name || matches!(meta.annotations.get(INJECT), Some("enabled" | "ingress")),
    }
}
