//! Which listeners of a Gateway a route names.

use crate::checks::support::gateway::routes::Parent;
pub(in crate::checks) use crate::mesh::gateway_api::listeners::{Admits, Listener, admits_namespace, intersects, kinds_of, listeners, takes_kind};
use crate::model::{Kind, Object};
use crate::world::World;

/// The Gateway or ListenerSet that a parent reference names.
pub(in crate::checks) fn gateway<'w>(world: &'w World, parent: &Parent<'_>) -> Option<&'w Object> {
    (parent.kind != Kind::Service).then(|| world.index.object(parent.kind, parent.namespace, parent.name)).flatten()
}

/// Whether a listener is one that the reference names; one without section and port names all.
pub(in crate::checks) fn is_named(parent: &Parent<'_>, listener: &Listener<'_>) -> bool {
    parent.section.is_none_or(|s| s == listener.name) && parent.port.is_none_or(|p| Some(p) == listener.port)
}
