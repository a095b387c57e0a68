//! What absence means when only manifests were read.

use crate::world::{SourceKind, World};

/// Whether the source is files that hold no workload of `namespace`: what is not there may well be in the cluster, and healthy manifests refer
/// to it (the ingress gateway of `istio-system`, for instance).
pub(in crate::checks) fn is_beyond_files(world: &World, namespace: &str) -> bool {
    world.source.kind == SourceKind::Files && world.index.workloads_in(namespace).is_empty()
}

/// Whether every cluster with Istio has this namespace, though files seldom do.
pub(in crate::checks) fn is_customary(world: &World, namespace: &str) -> bool {
    namespace == world.istio.root_namespace() || matches!(namespace, "default" | "kube-system" | "istio-system")
}

/// `another PeerAuthentication`, `3 other PeerAuthentications`.
pub(in crate::checks) fn others(count: usize, what: &str) -> String {
    if count == 1 { format!("another {what}") } else { format!("{count} other {what}s") }
}
