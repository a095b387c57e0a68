//! May a mesh be installed here? Rules of `check --pre`, which judge a cluster before there is a mesh to judge.

use crate::mesh::ControlPlane;
use crate::mesh::install::Target;
use crate::model::{Kind, MeshId, ObjectRef, ServerFacts};
use crate::report::MeshTag;
use crate::world::World;

pub(in crate::checks) mod verdict;

pub use verdict::verdicts;

/// Kinds that show whether a mesh is here.
pub(in crate::checks) const SHOW_A_MESH: [Kind; 4] = [Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::MutatingWebhookConfiguration];

pub(in crate::checks) fn server(world: &World) -> Option<&ServerFacts> {
    world.index.inventory().server.as_ref()
}

/// Control planes of a mesh that run, in this cluster or outside of it, with the object that shows it; webhooks that call nobody are left over.
pub(in crate::checks) fn running(world: &World, mesh: MeshId) -> impl Iterator<Item = (&ControlPlane, &ObjectRef)> {
    world.control_planes().filter(move |plane| plane.mesh == mesh).filter_map(|plane| {
        let mut objects = plane.evidence.iter().filter_map(|e| e.object.as_ref());
        // Without a namespace it answers at a URL.
        Some((plane, objects.find(|o| plane.namespace.is_empty() || o.kind.is_controller() || o.kind == Kind::Pod)?))
    })
}

/// `1.27.1 (revision canary)`, as far as it is known.
pub(in crate::checks) fn described(plane: &ControlPlane) -> String {
    let version = plane.version.as_ref().map_or("in an unknown version".to_owned(), ToString::to_string);
    let revision = plane.revision.as_ref().map_or(String::new(), |r| format!(" (revision {r})"));
    format!("{version}{revision}")
}

/// What a finding is about that concerns these meshes: one of them, or none in particular.
pub(in crate::checks) fn tag(targets: &[&Target]) -> MeshTag {
    match targets {
        [one] => one.mesh.into(),
        _ => MeshTag::Any,
    }
}

/// `Istio and Linkerd`.
pub(in crate::checks) fn titles(targets: &[&Target]) -> String {
    targets.iter().map(|t| t.mesh.title()).collect::<Vec<_>>().join(" and ")
}
