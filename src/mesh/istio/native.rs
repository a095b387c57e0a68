//! Whether istiod injects a native sidecar: the pod's annotation, istiod's own setting, its release's default, and with `auto` the nodes.
//!
//! Sources: istio `pkg/kube/inject/webhook.go` (DetectNativeSidecar), `pilot/pkg/features/pilot.go`, `releasenotes/notes/native-sidecar-*.yaml`.

use super::{Istio, istiod, release};
use crate::index::{Index, Workload};
use crate::mesh::ControlPlane;
use crate::mesh::native::unknown;
use crate::model::{Evidence, Fact, Kind, Subject};

const ANNOTATION: &str = "sidecar.istio.io/nativeSidecar";
const SETTING: &str = "ENABLE_NATIVE_SIDECARS";
/// The release from which the annotation is read.
const ANNOTATION_SINCE: (u32, u32) = (1, 24);
/// The release from which nodes decide where nothing is set.
const AUTO_SINCE: (u32, u32) = (1, 27);
/// The kubelet that is taken to run native sidecars.
const KUBELET: (u32, u32) = (1, 33);

impl Istio {
    /// The annotation that turns native sidecars on in the release of a revision.
    pub(in crate::mesh) fn native_sidecar_annotation(&self, revision: Option<&str>) -> Option<&'static str> {
        self.minor(revision).is_none_or(|version| version >= ANNOTATION_SINCE).then_some(ANNOTATION)
    }

    fn minor(&self, revision: Option<&str>) -> Option<(u32, u32)> {
        self.plane(revision)?.version.as_deref().and_then(release::minor)
    }

    fn plane(&self, revision: Option<&str>) -> Option<&ControlPlane> {
        revision.map_or_else(|| self.control_planes.first(), |name| self.revision(name))
    }

    /// Whether a pod of a workload that `revision` injects would get a native sidecar.
    pub(in crate::mesh) fn native_sidecar(&self, index: &Index, workload: &Workload, revision: Option<&str>) -> Fact<bool> {
        let (plane, version) = (self.plane(revision), self.minor(revision));
        let annotated = workload.annotations.get(ANNOTATION).and_then(|value| match value {
            "false" => Some(false),
            "" => None,
            // Whatever else is written counts as a yes, as the template compares with "false".
            _ => Some(true),
        });
        if let Some(wanted) = annotated.filter(|_| version.is_none_or(|v| v >= ANNOTATION_SINCE)) {
            return Fact::known(wanted, vec![Evidence::default(format!("the annotation {ANNOTATION}: \"{wanted}\""))]);
        }
        let namespace = plane.map(|p| p.namespace.as_str());
        if let Some((wanted, because)) = istiods_setting(index, namespace, revision) {
            return wanted.map_or_else(|| by_nodes(index), |wanted| Fact::known(wanted, vec![because]));
        }
        match (plane, version) {
            (Some(plane), Some(version)) if version < AUTO_SINCE => {
                let text = format!("{SETTING} is not set, and Istio {}.{} injects ordinary containers then", version.0, version.1);
                let because = plane.version_source.iter().cloned().chain([Evidence::default(text)]);
                Fact::known(false, because.collect())
            }
            (_, Some(_)) => by_nodes(index),
            (_, None) => unknown(Kind::Deployment, "the version of istiod is not known"),
        }
    }
}

/// What istiod's environment says, with `None` for `auto`; nothing when it says nothing.
fn istiods_setting(index: &Index, namespace: Option<&str>, revision: Option<&str>) -> Option<(Option<bool>, Evidence)> {
    let (setting, because) = istiod::setting(index, namespace, revision, SETTING)?;
    let wanted = match setting {
        "true" => Some(true),
        "auto" | "" => None,
        _ => Some(false),
    };
    Some((wanted, because))
}

/// What the nodes decide: all of them must be new enough, since a pod may land on any.
fn by_nodes(index: &Index) -> Fact<bool> {
    let nodes = &index.inventory().nodes;
    if nodes.is_empty() {
        return unknown(Kind::Node, "whether istiod injects native sidecars depends on the nodes' versions");
    }
    let old = nodes.iter().find(|n| release::minor(&n.status.node_info.kubelet_version).is_none_or(|v| v < KUBELET));
    let because = match old {
        Some(node) => Evidence::object(node.reference(), format!("runs kubelet {}", node.status.node_info.kubelet_version)),
        None => Evidence::default("every node runs a kubelet of 1.33 or later"),
    };
    Fact::known(old.is_none(), vec![because])
}
