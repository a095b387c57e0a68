//! Linkerd: control plane, configuration and what follows from them.

pub(crate) mod admission;
pub(crate) mod anchors;
pub(crate) mod annotations;
pub(crate) mod authz;
pub(crate) mod breaker;
mod cluster_info;
mod config;
mod detect;
pub(crate) mod identity;
pub(crate) mod ineffective;
mod injection;
mod native;
pub(crate) mod network;
pub(crate) mod ports;
pub(crate) mod profile;
pub(crate) mod release;
pub(crate) mod rotation;
pub(crate) mod route_match;
pub(crate) mod routes;
pub(crate) mod server;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod trust;
pub(crate) mod values;

pub use cluster_info::ClusterInfo;
pub use config::LinkerdConfig;
pub use detect::{COMPONENT, INJECT, Injector, PARTS, PLANE};
pub use native::ANNOTATIONS as NATIVE_SIDECAR_ANNOTATIONS;

use super::{Component, ControlPlane, Mesh};
use crate::index::{Index, Workload};
use crate::model::{InjectionFact, MeshId, Pod, Str};

/// Linkerd as far as it is visible; all answers hold for its defaults when it is not.
#[derive(Debug, Default)]
pub struct Linkerd {
    /// Namespaces of its control planes, found by their `linkerd-config` ConfigMap.
    pub namespaces: Vec<Str>,
    /// Settings that policies depend on.
    pub cluster: ClusterInfo,
    /// The settings of each, in the same order.
    pub configs: Vec<LinkerdConfig>,
    /// Its control planes, those without a readable `linkerd-config` included.
    pub control_planes: Vec<ControlPlane>,
    /// The injection webhooks; the chart's own where the real ones are not visible (those have no object).
    pub injectors: Vec<Injector>,
    components: Vec<Component>,
}

impl Linkerd {
    /// Reads Linkerd from the index.
    pub fn open(index: &Index) -> Self {
        let configs = LinkerdConfig::read(index);
        Self {
            namespaces: configs.iter().map(|c| c.namespace.clone()).collect(),
            control_planes: detect::control_planes(index, &configs),
            injectors: detect::injectors(index, &configs),
            components: detect::components(index),
            cluster: ClusterInfo::read(&configs),
            configs,
        }
    }

    /// Membership of a workload; `istio` is the first webhook configuration that adds a proxy of Istio's to its pods, if one does.
    pub(super) fn injection(&self, index: &Index, workload: &Workload, istio: Option<&Str>) -> InjectionFact {
        injection::fact(self, index, workload, istio)
    }

    /// The settings of the control plane in `namespace`.
    pub fn config(&self, namespace: &str) -> Option<&LinkerdConfig> {
        self.configs.iter().find(|c| c.namespace == namespace)
    }
}

impl Mesh for Linkerd {
    fn id(&self) -> MeshId {
        MeshId::Linkerd
    }

    fn control_planes(&self) -> &[ControlPlane] {
        &self.control_planes
    }

    fn has_proxy(&self, pod: &Pod) -> bool {
        pod.spec.container("linkerd-proxy").is_some()
    }

    fn proxy_version(&self, pod: &Pod) -> Option<Str> {
        pod.spec.container("linkerd-proxy")?.image_tag().map(Str::from)
    }

    fn components(&self) -> &[Component] {
        &self.components
    }
}
