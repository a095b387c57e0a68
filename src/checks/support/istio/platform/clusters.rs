//! What rules that compare clusters share.

use crate::world::World;

/// Whether two clusters are meant to be one mesh, by the mesh ID that both must be given then; nothing where one of them has none.
pub(in crate::checks) fn one_mesh(here: &World, there: &World) -> Option<bool> {
    let id = |world: &World| {
        world.istio.config.root().at(["defaultConfig", "meshId"]).and_then(|f| f.str().map(str::to_owned)).filter(|id| !id.is_empty())
    };
    Some(id(here)? == id(there)?)
}
