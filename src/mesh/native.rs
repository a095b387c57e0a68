//! Whether a mesh's proxy comes as a native sidecar (an init container that runs on) or as an ordinary container: the one place that is asked.
//!
//! What a mesh makes of one workload is found in `mesh/istio/native.rs` and `mesh/linkerd/native.rs`.

use super::MeshView;
use crate::index::Workload;
use crate::model::{Fact, Gap, Intent, Kind, MeshId, Mode};

impl MeshView<'_> {
    /// Whether a pod created now would get its proxy as a native sidecar; no question for workloads that get none.
    pub fn native_sidecar(self, mesh: MeshId, workload: &Workload) -> Fact<bool> {
        let fact = self.injection(mesh, workload);
        let (revision, because) = match &fact.intended {
            Fact::Known { value: Intent::In { mode: Mode::Sidecar, revision }, because } => (revision, because),
            Fact::Unknown(gap) => return Fact::Unknown(gap.clone()),
            _ => return Fact::NotApplicable,
        };
        if fact.added_by.is_none() {
            // No injector adds it: it is as it is written.
            let spec = self.index.pod_spec(workload);
            return Fact::known(spec.is_some_and(|spec| spec.is_native_sidecar(mesh.proxy())), because.clone());
        }
        match mesh {
            MeshId::Istio => self.istio.native_sidecar(self.index, workload, revision.as_deref()),
            MeshId::Linkerd => self.linkerd.native_sidecar(self.index, workload),
        }
    }

    /// The annotation of pods that turns native sidecars on in the release at hand; the newest name where that is not known, nothing for releases
    /// without one.
    pub fn native_sidecar_annotation(self, mesh: MeshId, workload: &Workload) -> Option<&'static str> {
        match mesh {
            MeshId::Istio => {
                let revision = match &self.injection(mesh, workload).intended {
                    Fact::Known { value: Intent::In { revision, .. }, .. } => revision.as_deref(),
                    _ => None,
                };
                self.istio.native_sidecar_annotation(revision)
            }
            MeshId::Linkerd => self.linkerd.native_sidecar_annotation(),
        }
    }
}

/// Not known, since something of a kind was not seen.
pub(super) fn unknown(kind: Kind, detail: &str) -> Fact<bool> {
    Fact::Unknown(Gap::Incomplete { kind, namespace: Default::default(), detail: detail.into() })
}
