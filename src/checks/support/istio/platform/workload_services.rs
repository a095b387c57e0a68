//! Workloads of the mesh with the Services that select their pods.

use crate::index::Body;
use crate::mesh::istio::labels::MANAGED;
use crate::model::{Controller, Kind, Membership, MeshId, Service};
use crate::world::World;

/// Controllers whose pods are in the mesh with a sidecar; waypoints are not.
pub(in crate::checks) fn meshed_controllers(world: &World) -> impl Iterator<Item = &Controller> {
    world.index.workloads().iter().filter_map(|workload| {
        let Body::Controller(at) = workload.body else { return None };
        let controller = &world.index.controllers()[at];
        let meta = &controller.metadata;
        let judged = meta.controller().is_none() && !meta.labels.is(MANAGED, "istio.io-mesh-controller");
        (judged && matches!(world.view().membership_by_files(MeshId::Istio, workload), Ok(Membership::Sidecar | Membership::Gateway)))
            .then_some(controller)
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
