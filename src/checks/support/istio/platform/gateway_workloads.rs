//! Which workloads an Istio Gateway's selector picks, looked up once per distinct selector.

use std::collections::{BTreeMap, HashSet};

use crate::checks::support::istio::platform::pods_and_templates::{self, PodOrTemplate};
use crate::index::{Body, Index};
use crate::model::{Field, Kind, Map, Object};
use crate::world::World;

/// Pods, or a template's pods to be, that are configured alike: labels in a namespace.
pub(in crate::checks) type Picked<'a> = (&'a str, &'a Map);

/// Workloads by Gateway selector.
pub(in crate::checks) struct GatewayWorkloads<'a> {
    by_selector: BTreeMap<String, Vec<Picked<'a>>>,
    /// Whether istiod lets a Gateway configure workloads of its own namespace only.
    pub(in crate::checks) own_namespace_only: bool,
}

/// `spec.selector` of a Gateway.
pub(in crate::checks) fn selector(gateway: &Object) -> Map {
    let pairs = gateway.spec().get("selector");
    pairs.iter().flat_map(Field::entries).filter_map(|(k, v)| Some((k, v.str()?))).collect()
}

/// A selector as istioctl and Kiali write it.
pub(in crate::checks) fn text(selector: &Map) -> String {
    selector.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

impl<'a> GatewayWorkloads<'a> {
    /// Looks all selectors up.
    pub(in crate::checks) fn read(world: &'a World) -> Self {
        let index = &world.index;
        let strays: Vec<PodOrTemplate<'a>> = pods_and_templates::all(index).filter(|s| s.stray.is_some()).collect();
        let selectors: BTreeMap<String, Map> = index.objects(Kind::IstioGateway).iter().map(selector).map(|s| (text(&s), s)).collect();
        let by_selector = selectors.into_iter().map(|(text, selector)| (text, pick(index, &selector, &strays))).collect();
        let app: Map = [("app", "istiod")].into_iter().collect();
        let own_namespace_only = index.select(None, &app).any(|w| {
            let containers = index.pod_spec(w).map(|spec| &*spec.containers).unwrap_or_default();
            containers.iter().any(|c| c.env("PILOT_SCOPE_GATEWAY_TO_NAMESPACE") == Some("true"))
        });
        Self { by_selector, own_namespace_only }
    }

    /// What a selector picks, in all namespaces.
    pub(in crate::checks) fn everywhere(&self, selector: &Map) -> &[Picked<'a>] {
        self.by_selector.get(&text(selector)).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a Gateway configures.
    pub(in crate::checks) fn of<'s>(&'s self, gateway: &'s Object, selector: &Map) -> impl Iterator<Item = Picked<'a>> + 's {
        self.everywhere(selector).iter().copied().filter(|(namespace, _)| !self.own_namespace_only || gateway.meta.namespace == *namespace)
    }

    /// Whether two selectors pick a workload in common.
    pub(in crate::checks) fn meet(&self, a: &Map, b: &Map) -> bool {
        self.everywhere(a).iter().any(|(_, labels)| b.is_subset_of(labels))
    }
}

fn pick<'a>(index: &'a Index, selector: &Map, strays: &[PodOrTemplate<'a>]) -> Vec<Picked<'a>> {
    let mut seen = HashSet::new();
    let mut picked = Vec::new();
    for w in index.select(None, selector).filter(|w| w.is_live() && !matches!(w.body, Body::Object(_))) {
        picked.push((w.reference.namespace.as_str(), &w.labels));
    }
    for stray in strays.iter().filter(|s| selector.is_subset_of(s.labels)) {
        picked.push((stray.workload.reference.namespace.as_str(), stray.labels));
    }
    picked.retain(|p| seen.insert(*p));
    picked
}
