//! How far a proxy is from its control plane, by what each mesh says of it: Istio's proxies may be one minor version behind istiod, Linkerd's one
//! version 2.x behind the control plane; neither may be ahead.

use super::istio::REV;
use super::istio::release::minor;
use super::linkerd::{PLANE, release};
use super::{ControlPlane, Mesh as _, MeshView};
use crate::model::{MeshId, Pod, Str};

/// How far apart they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// The same release.
    None,
    /// Another one, within what is supported.
    Supported,
    /// Older than what is supported.
    TooOld,
    /// Of a newer version than the control plane.
    Ahead,
}

impl Distance {
    /// Whether the mesh does not support it.
    pub fn is_unsupported(self) -> bool {
        matches!(self, Self::TooOld | Self::Ahead)
    }
}

/// A proxy beside its control plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Skew<'a> {
    /// What the proxy is.
    pub running: Str,
    /// Its control plane.
    pub plane: &'a ControlPlane,
    /// How far apart they are.
    pub distance: Distance,
}

impl<'a> MeshView<'a> {
    /// How far a pod's own proxy is from its control plane; nothing where it has none, or where one of the versions cannot be told.
    pub fn skew(self, mesh: MeshId, pod: &Pod) -> Option<Skew<'a>> {
        let (running, plane) = match mesh {
            MeshId::Istio => (self.istio.proxy_version(pod)?, self.istio_plane_of(pod)?),
            MeshId::Linkerd => (self.linkerd.proxy_version(pod)?, self.linkerd_plane_of(pod)?),
        };
        let version = plane.version.as_deref()?;
        let distance = match mesh {
            _ if running == version => Distance::None,
            MeshId::Istio => of_istio(minor(&running)?, minor(version)?),
            MeshId::Linkerd => of_linkerd(release::version(&running)?, release::version(version)?),
        };
        Some(Skew { running, plane, distance })
    }

    fn linkerd_plane_of(self, pod: &Pod) -> Option<&'a ControlPlane> {
        let namespace = pod.metadata.labels.get(PLANE)?;
        self.linkerd.control_planes.iter().find(|plane| plane.namespace == namespace)
    }

    fn istio_plane_of(self, pod: &Pod) -> Option<&'a ControlPlane> {
        let meta = &pod.metadata;
        let revision = meta.annotations.get(REV).or_else(|| meta.labels.get(REV)).unwrap_or("default");
        let only = || if let [only] = self.istio.control_planes.as_slice() { Some(only) } else { None };
        self.istio.revision(revision).or_else(only)
    }
}

fn of_istio(proxy: (u32, u32), plane: (u32, u32)) -> Distance {
    if proxy > plane {
        Distance::Ahead
    } else if proxy.0 < plane.0 || proxy.1 + 1 < plane.1 {
        Distance::TooOld
    } else {
        Distance::Supported
    }
}

fn of_linkerd(proxy: u32, plane: u32) -> Distance {
    if proxy > plane {
        Distance::Ahead
    } else if proxy + 2 <= plane {
        Distance::TooOld
    } else {
        Distance::Supported
    }
}

#[cfg(test)]
mod tests {
    use super::{Distance, of_istio, of_linkerd};

    #[test]
    fn one_version_behind_is_supported_and_none_ahead() {
        let istio = [(1, 27), (1, 26), (1, 25), (1, 28), (0, 27)].map(|proxy| of_istio(proxy, (1, 27)));
        assert_eq!(istio, [Distance::Supported, Distance::Supported, Distance::TooOld, Distance::Ahead, Distance::TooOld]);
        assert_eq!(
            [20, 19, 18, 21].map(|proxy| of_linkerd(proxy, 20)),
            [Distance::Supported, Distance::Supported, Distance::TooOld, Distance::Ahead]
        );
    }
}
