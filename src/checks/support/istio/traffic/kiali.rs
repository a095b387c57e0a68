//! Hosts and subsets of DestinationRules as Kiali looks them up.

use crate::checks::support::istio::traffic::subsets::{Pods, any_of, labels};
use crate::mesh::istio::hosts::KialiHost;
use crate::model::{Kind, Map, Object};
use crate::world::World;

/// Kiali accepts wildcards, Services and ServiceEntries. It also accepts a workload with that app label, which hides slips of the pen.
pub(in crate::checks) fn known_to_kiali(world: &World, rule: &Object, host: &KialiHost) -> bool {
    let registry = &world.istio.registry;
    let own = rule.meta.namespace.as_str();
    host.is_wildcard() || registry.kiali_service_entry(&host.name, own) || registry.kiali_service(&host.name, own).is_some()
}

/// Kiali looks among the pods of the Service's selector; without one, among the endpoints of all ServiceEntries.
pub(in crate::checks) fn kiali_finds(world: &World, pods: &Pods<'_>, host: &KialiHost, wanted: &Map) -> bool {
    if host.is_wildcard() {
        return true;
    }
    let (service, namespace) = host.two_parts();
    let selector = world.index.service(namespace, service).map(|s| &s.spec.selector).filter(|s| !s.is_empty());
    match selector {
        Some(selector) => any_of(pods, namespace, selector, wanted),
        None => {
            let endpoints = world.index.objects(Kind::ServiceEntry).iter().flat_map(|se| se.spec().list("endpoints").collect::<Vec<_>>());
            endpoints.into_iter().any(|e| wanted.is_subset_of(&labels(e.get("labels"))))
        }
    }
}
