//! Whether Linkerd injects a native sidecar: annotations by those names that the release reads, then the values, then the release's default.
//!
//! Sources: linkerd2 `pkg/inject/inject.go`, `pkg/k8s/labels.go`, `charts/linkerd-control-plane/values.yaml` through its releases.

use super::{Linkerd, release};
use crate::index::{Index, Workload};
use crate::mesh::native::unknown;
use crate::model::{Evidence, Fact, Kind, Map};

/// The annotation by its three names, the one that wins first, each with the edge release that first read it.
pub const ANNOTATIONS: [(&str, [u32; 3]); 3] = [
    ("config.linkerd.io/proxy-enable-native-sidecar", BY_DEFAULT),
    ("config.beta.linkerd.io/proxy-enable-native-sidecar", BETA),
    ("config.alpha.linkerd.io/proxy-enable-native-sidecar", [23, 11, 4]),
];

/// The edge release that first read the name with `beta`; since the name without it came, the injector no longer copies it from namespaces.
const BETA: [u32; 3] = [25, 10, 2];

/// The edge release from which native sidecars are the default.
pub(super) const BY_DEFAULT: [u32; 3] = [26, 5, 2];

impl Linkerd {
    /// The annotation that turns native sidecars on in the release at hand.
    pub(in crate::mesh) fn native_sidecar_annotation(&self) -> Option<&'static str> {
        let version = self.configs.first().and_then(|c| c.version.as_deref()).unwrap_or_default();
        ANNOTATIONS.iter().find(|(_, since)| release::has(version, *since) != Some(false)).map(|(name, _)| *name)
    }

    /// Whether a pod of a workload would get a native sidecar.
    pub(in crate::mesh) fn native_sidecar(&self, index: &Index, workload: &Workload) -> Fact<bool> {
        let config = self.configs.first();
        let version = config.and_then(|c| c.version.as_deref());
        let of_namespace = index.namespace(&workload.reference.namespace).map(|n| &n.metadata.annotations);
        for (name, since) in ANNOTATIONS {
            let copied = since != BETA || version.and_then(|v| release::has(v, BY_DEFAULT)) != Some(true);
            let Some(value) = value(name, &workload.annotations, of_namespace.filter(|_| copied)) else { continue };
            match version.map(|v| release::has(v, since)) {
                Some(Some(false)) => continue,
                // What no release reads as a yes is none: those that do not know the name inject ordinary containers by default.
                None if value == Some(false) => {}
                None | Some(None) => {
                    return unknown(Kind::ConfigMap, "the release of the control plane is not known, and with it which annotation it reads");
                }
                Some(Some(true)) => {}
            }
            // A value that cannot be read leaves what the control plane says.
            let Some(wanted) = value else { break };
            return Fact::known(wanted, vec![Evidence::default(format!("the annotation {name}: \"{wanted}\""))]);
        }
        let Some(config) = config.filter(|c| c.error.is_none()) else {
            return unknown(Kind::ConfigMap, "the settings of Linkerd's control plane are not known");
        };
        let written = config.root().at(["proxy", "nativeSidecar"]).and_then(|f| f.bool()).is_some();
        let known = written || version.is_some_and(|v| release::has(v, BY_DEFAULT).is_some());
        if !known {
            return unknown(Kind::ConfigMap, "the release of the control plane is not known, and with it the default");
        }
        let text = match (written, version) {
            (false, Some(version)) => format!("proxy.nativeSidecar is not set, and {version} takes it for {}", config.native_sidecar),
            _ => format!("proxy.nativeSidecar is {}", config.native_sidecar),
        };
        let because = config.object.clone().map_or_else(|| Evidence::default(&*text), |object| Evidence::object(object, &*text));
        Fact::known(config.native_sidecar, vec![because])
    }
}

/// What the annotation says: the pod's own, or the namespace's, which the injector copies to the pod. The inner nothing stands for a value that
/// cannot be read.
fn value(name: &str, own: &Map, of_namespace: Option<&Map>) -> Option<Option<bool>> {
    Some(match own.get(name).or_else(|| of_namespace?.get(name))? {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    })
}
