//! Linkerd's extensions: viz, multicluster and the rest.

use super::planes;
use crate::model::{Kind, Object};
use crate::world::World;

/// Label that says which extension a namespace holds.
pub(in crate::checks) const EXTENSION: &str = "linkerd.io/extension";

/// The namespace's own among codes for the control plane, for viz, for multicluster and for all other namespaces.
pub(in crate::checks) fn code_of(world: &World, namespace: &str, [plane, viz, multicluster, other]: [&'static str; 4]) -> &'static str {
    match world.index.namespace_label(namespace, EXTENSION) {
        _ if planes::is_plane(world, namespace) => plane,
        Some("viz") => viz,
        Some("multicluster") => multicluster,
        _ => other,
    }
}

/// The tap APIs that are registered.
pub(in crate::checks) fn tap_apis(world: &World) -> impl Iterator<Item = &Object> {
    world.index.objects(Kind::ApiService).iter().filter(|o| o.meta.name.ends_with(".tap.linkerd.io"))
}
