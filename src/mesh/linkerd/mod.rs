//! Linkerd: control plane, configuration and what follows from them.

pub mod annotations;
pub mod authz;
mod cluster_info;
pub mod identity;
pub mod network;
pub mod ports;
pub mod routes;
pub mod server;
#[cfg(test)]
pub(crate) mod testing;

pub use cluster_info::ClusterInfo;

use crate::index::Index;

/// Linkerd as far as it is visible; all answers hold for its defaults when it is not.
#[derive(Debug, Default)]
pub struct Linkerd {
    /// Namespaces of its control planes, found by their `linkerd-config` ConfigMap.
    pub namespaces: Vec<crate::model::Str>,
    /// Settings that policies depend on.
    pub cluster: ClusterInfo,
}

impl Linkerd {
    /// Reads Linkerd from the index.
    pub fn open(index: &Index) -> Self {
        let namespaces = index.objects(crate::model::Kind::ConfigMap).iter().filter(|c| c.meta.name == "linkerd-config");
        Self { namespaces: namespaces.map(|c| c.meta.namespace.clone()).collect(), cluster: ClusterInfo::read(index) }
    }
}
