//! Workloads of the mesh with the Services that select their pods.

use crate::mesh::istio::membership::{MANAGED, in_mesh};
use crate::model::{Controller, Kind, Service};
use crate::world::World;

/// Controllers whose pods are in the mesh with a sidecar; waypoints are not.
pub(in crate::checks) fn meshed_controllers(world: &World) -> impl Iterator<Item = &Controller> {
    world.index.controllers().iter().filter(move |c| {
        let meta = &c.metadata;
        c.template().is_some_and(|t| {
            meta.controller().is_none()
                && !meta.labels.is(MANAGED, "istio.io-mesh-controller")
                && in_mesh(&world.index, &meta.namespace, &t.metadata.labels, &t.metadata.annotations, &t.spec)
        })
    })
}

/// Services that select a controller's pods, each once.
pub(in crate::checks) fn of<'a>(world: &'a World, controller: &'a Controller) -> impl Iterator<Item = &'a Service> {
    let labels = controller.pod_labels();
    labels.into_iter().flat_map(move |labels| world.index.services_selecting(&controller.metadata.namespace, labels))
}

/// Upstream looks at Deployments alone.
pub(in crate::checks) fn codes<'c>(controller: &Controller, codes: &'c [&'static str]) -> &'c [&'static str] {
    if controller.kind == Kind::Deployment { codes } else { &[] }
}
