//! Proxies that stand in a pod before any injector sees it: a gateway's own Deployment, `istioctl kube-inject`, a sidecar written by hand.

use crate::index::Body;
use crate::mesh::AdmittedPod;
use crate::mesh::istio::labels::{self, STATUS, TEMPLATES};
use crate::model::{Container, Map, Mode, PodSpec};

/// The proxy's container in a template or pod.
pub(super) struct Written {
    /// Its place.
    pub(super) at: String,
    /// Sidecar or gateway.
    pub(super) mode: Mode,
    /// Whether annotation `sidecar.istio.io/status` says that the injector, or `kube-inject`, wrote it: a new injection replaces it then,
    /// and keeps what was written by hand.
    pub(super) generated: bool,
}

impl Written {
    /// The one in the admitted that new pods are made from.
    pub(super) fn of(admitted: &AdmittedPod<'_>) -> Option<Self> {
        let lists = [("containers", &admitted.spec.containers), ("initContainers", &admitted.spec.init_containers)];
        let (list, i) = lists.into_iter().find_map(|(list, all)| Some((list, all.iter().position(is_proxy)?)))?;
        let generated = admitted.annotations().has(STATUS);
        // A pod that runs and carries the injector's mark was made without it.
        let runs = matches!(admitted.workload.body, Body::Pod(_)) && admitted.index.pods_of(admitted.workload).any(|p| !p.status.phase.is_empty());
        if generated && runs {
            return None;
        }
        let mode = mode(admitted.spec, admitted.labels(), admitted.annotations());
        Some(Self { at: format!("spec.{list}[{i}]"), mode, generated })
    }
}

/// An image `auto` is a place for the injector to fill, not a proxy yet.
fn is_proxy(container: &Container) -> bool {
    container.name == "istio-proxy" && container.image != "auto"
}

/// What the proxy of a pod is: its arguments say so, else the marks of gateways; a pod that
/// holds nothing else, and to which nothing was injected, is no sidecar of anything.
pub(super) fn mode(spec: &PodSpec, pod_labels: &Map, annotations: &Map) -> Mode {
    let role = spec.container("istio-proxy").is_some_and(is_router);
    let template = annotations.get(TEMPLATES).is_some_and(|t| t.split(',').any(|t| t.trim() == "gateway"));
    let marked = labels::has_gateway_labels(pod_labels) || labels::is_waypoint(pod_labels);
    let alone = !annotations.has(STATUS) && spec.containers.len() == 1 && spec.containers[0].name == "istio-proxy";
    if role || template || marked || alone { Mode::Gateway } else { Mode::Sidecar }
}

/// Whether its arguments make a proxy a gateway or a waypoint.
pub(super) fn is_router(container: &Container) -> bool {
    container.args.iter().any(|arg| *arg == "router" || *arg == "waypoint")
}
