//! Sidecar resources and the workloads they are for.

use std::collections::BTreeMap;

use crate::checks::support::istio::traffic::subsets::labels;
use crate::index::Workload;
use crate::mesh::istio::import_scope::has_selector;
use crate::mesh::istio::labels::{has_captured_pods, namespace_is_ambient};
use crate::model::{Kind, Map, Object};
use crate::world::World;

/// The labels a Sidecar asks for.
pub(in crate::checks) fn selector(sidecar: &Object) -> Map {
    labels(sidecar.spec().at(["workloadSelector", "labels"]))
}

/// Sidecars for some workloads of their namespace.
pub(in crate::checks) fn selecting(world: &World) -> impl Iterator<Item = &Object> {
    world.index.objects(Kind::Sidecar).iter().filter(|s| has_selector(s))
}

/// Sidecars for all workloads of a namespace, by namespace.
pub(in crate::checks) fn defaults(world: &World) -> BTreeMap<&str, Vec<&Object>> {
    let mut by_namespace: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for sidecar in world.index.objects(Kind::Sidecar).iter().filter(|s| !has_selector(s)) {
        by_namespace.entry(&sidecar.meta.namespace).or_default().push(sidecar);
    }
    by_namespace
}

/// Whether a workload's traffic is taken over by ztunnel: a pod says so.
pub(in crate::checks) fn is_ambient_workload(world: &World, workload: &Workload) -> bool {
    has_captured_pods(&world.index, workload)
}

/// Whether a namespace is ambient and no injection label contradicts it.
pub(in crate::checks) fn is_ambient_namespace(world: &World, namespace: &str) -> bool {
    world.index.namespace(namespace).is_some_and(|ns| namespace_is_ambient(&ns.metadata.labels))
}
