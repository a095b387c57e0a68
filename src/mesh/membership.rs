//! Is a workload in a mesh, how, and why: the one place that is asked.
//!
//! What a mesh makes of one workload is found in `mesh/istio/injection.rs` and `mesh/linkerd/injection.rs`.

use std::sync::OnceLock;

use super::{Mesh as _, MeshView};
use crate::index::{Index, Workload};
use crate::model::{InjectionFact, MeshId};

/// Membership of every workload in both meshes, found when it is first asked for.
#[derive(Debug, Default)]
pub struct Memberships {
    istio: OnceLock<Vec<OnceLock<InjectionFact>>>,
    linkerd: OnceLock<Vec<OnceLock<InjectionFact>>>,
}

impl Memberships {
    fn cell(&self, mesh: MeshId, index: &Index, workload: &Workload) -> &OnceLock<InjectionFact> {
        let facts = match mesh {
            MeshId::Istio => &self.istio,
            MeshId::Linkerd => &self.linkerd,
        };
        &facts.get_or_init(|| index.workloads().iter().map(|_| OnceLock::new()).collect())[workload.position()]
    }
}

impl<'a> MeshView<'a> {
    /// Membership of a workload in a mesh; found once, since many ask.
    pub fn injection(self, mesh: MeshId, workload: &Workload) -> &'a InjectionFact {
        self.memberships.cell(mesh, self.index, workload).get_or_init(|| match mesh {
            MeshId::Istio => self.istio.injection(self.index, workload),
            MeshId::Linkerd => self.linkerd.injection(self.index, workload),
        })
    }
}
