//! What a namespace asks of the meshes, and how far its pods are.

use serde::Serialize;

use super::wanted;
use crate::model::{Gap, MeshId, Mode, ObjectRef, Str};
use crate::world::World;

/// What a namespace asks of the meshes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamespaceReport {
    /// The namespace.
    pub namespace: Str,
    /// Meshes that it asks to take its pods in.
    pub meshes: Vec<NamespaceMesh>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A mesh that a namespace asks to take its pods in.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamespaceMesh {
    /// The mesh.
    pub mesh: MeshId,
    /// How the pods are to be in it.
    pub mode: Mode,
    /// Workloads of the namespace.
    pub workloads: usize,
    /// How many of them have a pod in the mesh.
    pub inside: usize,
    /// Workloads whose pods are not what new ones would be.
    pub restart: Vec<ObjectRef>,
}

/// Asks the meshes, or one of them, about a namespace.
pub fn namespace(world: &World, name: &str, only: Option<MeshId>) -> NamespaceReport {
    let row = |mesh| {
        let mode = world.view().namespace_asks(mesh, name).ok().flatten()?;
        let workloads = world.index.workloads_in(name);
        Some(NamespaceMesh {
            mesh,
            mode,
            workloads: workloads.len(),
            inside: workloads.iter().filter(|w| world.injection(mesh, w).actual.inside() > 0).count(),
            restart: workloads.iter().filter(|w| world.injection(mesh, w).restart_needed()).map(|w| w.reference.clone()).collect(),
        })
    };
    NamespaceReport {
        namespace: name.into(),
        meshes: [MeshId::Istio, MeshId::Linkerd].into_iter().filter(|mesh| wanted(only, *mesh)).filter_map(row).collect(),
        gaps: super::gaps(world, super::MEMBERSHIP_KINDS),
    }
}
