//! On which side of a mesh a pod is, as clients and servers see it: membership in both meshes, made one.

use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::istio::labels::TLS_MODE;
use crate::model::{Gap, Kind, Map, Membership, MeshId, Pod};

/// How a pod takes part in a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    /// It does not.
    Outside,
    /// By a sidecar of Istio's.
    Sidecar,
    /// By the ztunnel of its node.
    Ambient,
    /// It is a gateway of Istio's.
    Gateway,
    Waypoint,
    /// By Linkerd's proxy.
    Linkerd,
}

impl Side {
    pub(super) const fn mesh(self) -> Option<MeshId> {
        match self {
            Self::Outside => None,
            Self::Linkerd => Some(MeshId::Linkerd),
            Self::Sidecar | Self::Ambient | Self::Gateway | Self::Waypoint => Some(MeshId::Istio),
        }
    }

    const fn of(mesh: MeshId, membership: Membership) -> Self {
        match (mesh, membership) {
            (_, Membership::None) => Self::Outside,
            (MeshId::Linkerd, _) => Self::Linkerd,
            (MeshId::Istio, Membership::Sidecar) => Self::Sidecar,
            (MeshId::Istio, Membership::Ambient) => Self::Ambient,
            (MeshId::Istio, Membership::Gateway) => Self::Gateway,
            (MeshId::Istio, Membership::Waypoint) => Self::Waypoint,
        }
    }
}

/// The side of a pod; without one, that of the workload. A machine, or an address that is written down, says by a label whether Istio's proxy
/// takes mutual TLS there: clients go by that, whatever runs on it.
pub(super) fn side(view: MeshView<'_>, workload: Option<&Workload>, pod: Option<&Pod>, labels: &Map) -> Result<Side, Gap> {
    let machine = || if labels.is(TLS_MODE, "istio") { Side::Sidecar } else { Side::Outside };
    let Some(workload) = workload else { return Ok(machine()) };
    if workload.reference.kind == Kind::WorkloadEntry {
        return Ok(machine());
    }
    let mut unread = None;
    for mesh in [MeshId::Istio, MeshId::Linkerd] {
        let membership = match pod {
            Some(pod) => view.pod_membership(mesh, workload, pod),
            None => view.membership(mesh, workload),
        };
        match membership {
            Ok(Membership::None) => {}
            Ok(inside) => return Ok(Side::of(mesh, inside)),
            Err(gap) => unread = unread.or(Some(gap)),
        }
    }
    unread.map_or(Ok(Side::Outside), Err)
}
