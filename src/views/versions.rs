//! Versions: this program's, the control planes', and the proxies', counted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::status::{ComponentRow, ControlPlaneRow, components, control_planes};
use super::wanted;
use crate::model::{Gap, Kind, MeshId, Str};
use crate::world::World;

/// All versions.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VersionReport {
    /// This program's.
    pub client: &'static str,
    /// The control planes'.
    pub meshes: Vec<ControlPlaneRow>,
    /// What runs beside them.
    pub components: Vec<ComponentRow>,
    /// The proxies'.
    pub data_plane: Vec<ProxyVersionRow>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Proxies of one version.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProxyVersionRow {
    /// Mesh.
    pub mesh: MeshId,
    /// Version, `unknown` for images without a tag.
    pub version: Str,
    /// Pods that run it.
    pub pods: usize,
}

/// This program's alone.
pub fn client_version() -> VersionReport {
    VersionReport { client: env!("CARGO_PKG_VERSION"), meshes: Vec::new(), components: Vec::new(), data_plane: Vec::new(), gaps: Vec::new() }
}

/// Collects them.
pub fn versions(world: &World, only: Option<MeshId>) -> VersionReport {
    let mut counted: BTreeMap<(MeshId, Str), usize> = BTreeMap::new();
    for pod in world.index.pods().iter().filter(|p| !p.is_over() && world.in_scope(&p.metadata.namespace)) {
        for mesh in world.meshes().iter().filter(|m| wanted(only, m.id()) && m.has_proxy(pod)) {
            *counted.entry((mesh.id(), mesh.proxy_version(pod).unwrap_or_else(|| "unknown".into()))).or_default() += 1;
        }
    }
    VersionReport {
        meshes: control_planes(world, only),
        components: components(world, only),
        data_plane: counted.into_iter().map(|((mesh, version), pods)| ProxyVersionRow { mesh, version, pods }).collect(),
        gaps: super::gaps(world, &[Kind::Pod, Kind::Deployment, Kind::ConfigMap, Kind::MutatingWebhookConfiguration]),
        ..client_version()
    }
}
