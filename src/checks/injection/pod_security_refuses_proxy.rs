use crate::checks::Findings;
use crate::mesh::istio::labels::SYSTEM_NAMESPACES;
use crate::model::{Fact, Intent, Kind, MeshId, Mode, Namespace, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace enforces the Pod Security Standard `baseline` or `restricted`, pods of it are to get a sidecar, none of them runs with one, and
    /// nothing shows that the mesh's CNI plugin is there (`istio-cni`, `linkerd-cni`, `cniEnabled` of Linkerd). `check --pre` asks the same before a
    /// mesh is installed.
    ///
    /// # Why it matters
    ///
    /// Without the plugin, a sidecar's init container redirects the pod's traffic and needs the capabilities NET_ADMIN and NET_RAW, which both
    /// standards forbid. New pods are refused: the ReplicaSet counts failures, and running pods are missed only when they end.
    ///
    /// # How to fix it
    ///
    /// Install the mesh's CNI plugin, which redirects traffic without privileges in the pod, or use Istio's ambient mode, or let the namespace enforce
    /// `privileged`. Where the plugin is installed by others, suppress this rule.
    ///
    /// Sources: Kubernetes Pod Security Standards; istio `manifests/charts/istio-control/istio-discovery/files/injection-template.yaml`; linkerd
    /// `charts/partials/templates/_proxy-init.tpl`; no other tool looks.
    "pod-security-refuses-proxy",
    summary: "Pod security refuses the init containers of injected pods",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Any,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces() {
        let meta = &namespace.metadata;
        let Some(level @ ("baseline" | "restricted")) = meta.labels.get(ENFORCE) else { continue };
        if SYSTEM_NAMESPACES.contains(&meta.name.as_str()) {
            continue;
        }
        for mesh in [MeshId::Istio, MeshId::Linkerd].into_iter().filter(|mesh| !redirects_elsewhere(world, *mesh)) {
            let Some(workload) = injected(world, namespace, mesh) else { continue };
            let message = format!(
                "{level:?} forbids NET_ADMIN and NET_RAW: unless {}'s CNI plugin is installed, new pods of {workload} are refused",
                mesh.title()
            );
            let hint = "Install the mesh's CNI plugin, use Istio's ambient mode, or let the namespace enforce \"privileged\".";
            let tag = if mesh == MeshId::Istio { MeshTag::Istio } else { MeshTag::Linkerd };
            findings.add(namespace, format!("metadata.labels{}", key(ENFORCE)), message, hint).about(tag);
        }
    }
}

/// Whether something shows that pods need no privileges to be redirected.
fn redirects_elsewhere(world: &World, mesh: MeshId) -> bool {
    let plugin = match mesh {
        MeshId::Istio => "istio-cni",
        MeshId::Linkerd => "linkerd-cni",
    };
    let here = world.meshes().iter().filter(|m| m.id() == mesh).any(|m| m.components().iter().any(|c| c.name == plugin));
    here || (mesh == MeshId::Linkerd && world.linkerd.configs.iter().any(|c| c.cni))
}

/// A workload of the namespace that is to get a sidecar; nothing when pods of it run with one, so that they were admitted.
fn injected(world: &World, namespace: &Namespace, mesh: MeshId) -> Option<String> {
    let mut found = None;
    for workload in world.index.workloads_in(&namespace.metadata.name) {
        let fact = world.injection(mesh, workload);
        if fact.actual.sidecar + fact.actual.native > 0 {
            return None;
        }
        let wanted = matches!(fact.intended, Fact::Known { value: Intent::In { mode: Mode::Sidecar, .. }, .. });
        found = found.or_else(|| wanted.then(|| workload.reference.to_string()));
    }
    found
}
