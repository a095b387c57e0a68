use jiff::{SignedDuration, Timestamp};

use crate::checks::Findings;
use crate::index::Workload;
use crate::mesh::istio::authority;
use crate::mesh::istio::labels::{SYSTEM_NAMESPACES, namespace_injects};
use crate::model::{Kind, Membership, MeshId, Namespace};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A namespace with sidecars or gateways, or one that asks for sidecars, lacks the ConfigMap `istio-ca-root-cert`, while other namespaces have
    /// it. Namespaces that istiod does not look into (`discoverySelectors`) have a rule of their own, and new ones a minute's time.
    ///
    /// # Why it matters
    ///
    /// Injected pods mount the ConfigMap: without it new ones stay in `ContainerCreating`. Running ones do not notice until they restart.
    ///
    /// # How to fix it
    ///
    /// istiod writes it within seconds. See who leads the namespace controller (ConfigMap `istio-namespace-controller-election`) and whether istiod
    /// may create ConfigMaps there; restarting istiod makes it write what is missing.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/kube/controller/namespacecontroller.go`; no other tool looks.
    "istio-root-certificate-missing",
    summary: "Namespace of the mesh without the root certificate that its pods mount",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::ConfigMap, Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

const NEW: SignedDuration = SignedDuration::from_secs(60);

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    if !matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot) {
        return;
    }
    let planes = &world.istio.control_planes;
    let bundles = planes.iter().any(|plane| world.view().istiod_setting(plane, "ENABLE_CLUSTER_TRUST_BUNDLE_API") == Some("true"));
    let of_plane = |namespace: &str| planes.iter().any(|plane| plane.namespace == namespace);
    let handed_out = index.objects(Kind::ConfigMap).iter().any(|map| map.meta.name == authority::ROOTS && !of_plane(&map.meta.namespace));
    // Where no namespace has one, they are not handed out in this way, or were not read.
    if bundles || !handed_out {
        return;
    }
    for namespace in index.namespaces() {
        let name = namespace.metadata.name.as_str();
        let left_alone = of_plane(name) || SYSTEM_NAMESPACES.contains(&name) || namespace.metadata.deletion_timestamp.is_some();
        if left_alone || is_new(namespace, world.now) || !world.istio.config.discovers(namespace) {
            continue;
        }
        let missing = index.object(Kind::ConfigMap, name, authority::ROOTS).is_none() && world.sight(Kind::ConfigMap, name) == Sight::Clear;
        if !missing {
            continue;
        }
        let mounts =
            |w: &&Workload| matches!(world.membership(MeshId::Istio, w), Ok(Membership::Sidecar | Membership::Gateway | Membership::Waypoint));
        let user = index.workloads_in(name).iter().find(mounts);
        if user.is_none() && !namespace_injects(&namespace.metadata.labels) {
            continue;
        }
        let what = format!("it has no ConfigMap {:?}, which injected pods mount: new ones do not start", authority::ROOTS);
        let finding = findings.add(namespace, "", what, "See why istiod does not write it: who leads, and what it may create; restart istiod.");
        if let Some(user) = user {
            finding.related(user.reference.clone(), "mounts it");
        }
    }
}

fn is_new(namespace: &Namespace, now: Timestamp) -> bool {
    let made = namespace.metadata.creation_timestamp.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    made.is_some_and(|made| now.duration_since(made) < NEW)
}
