//! Which workloads the subset of a DestinationRule picks.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::checks::support::istio::traffic::routes::destinations;
use crate::checks::support::kubernetes::runtime_labels;
use crate::mesh::istio::destination_rule::DestinationRule;
use crate::mesh::istio::{Entry, Source};
use crate::model::{Field, Kind, Map, Node, Object, Pod, Str};
use crate::world::World;

/// The labels of a field that is a map of texts.
pub(in crate::checks) fn labels(field: Option<Field<'_>>) -> Map {
    let pairs: Vec<_> = field.into_iter().flat_map(|f| f.entries().collect::<Vec<_>>()).collect();
    pairs.iter().filter_map(|(k, v)| Some((*k, v.str()?))).collect()
}

/// Both maps in one, the second first.
pub(in crate::checks) fn merged(a: &Map, b: &Map) -> Map {
    let pairs: Vec<(Str, Str)> = a.iter().chain(b.iter()).map(|(k, v)| (k.clone(), v.clone())).collect();
    Map::new(pairs)
}

/// The pods of the world with the labels that istiod adds from their nodes.
pub(in crate::checks) struct Pods<'w> {
    world: &'w World,
    /// Pods by the labels that their workload's template lacks, such as the hash of a Rollout; made when first asked for.
    by_own_label: OnceCell<HashMap<(Str, Str), Vec<&'w Pod>>>,
}

impl<'w> Pods<'w> {
    /// All of the world's.
    pub(in crate::checks) fn new(world: &'w World) -> Self {
        Self { world, by_own_label: OnceCell::new() }
    }

    /// Whether a workload of `namespace` (of any, when nothing) has all labels of `selector`, its node's place counted in.
    pub(in crate::checks) fn any(&self, namespace: Option<&str>, selector: &Map) -> bool {
        self.written(namespace, selector) || runtime_labels::may_fit(self.world, namespace, selector)
    }

    fn written(&self, namespace: Option<&str>, selector: &Map) -> bool {
        let (placed, own): (Vec<_>, Vec<_>) = selector.iter().partition(|(k, _)| is_place(k));
        let own: Map = own.into_iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        if placed.is_empty() {
            return self.world.index.select(namespace, &own).next().is_some() || self.by_own_labels(namespace, &own);
        }
        self.world.index.select(namespace, &own).any(|workload| {
            let mut pods = self.world.index.live_pods(workload);
            selector.is_subset_of(&workload.labels)
                || pods.any(|pod| {
                    let node = self.node(&pod.spec.node_name);
                    placed.iter().all(|(key, value)| place(node, &pod.spec.node_name, key) == Some(value.as_str()))
                })
        })
    }

    /// Whether a pod has the labels although its workload's template has not.
    fn by_own_labels(&self, namespace: Option<&str>, selector: &Map) -> bool {
        let by_label = self.by_own_label.get_or_init(|| {
            let mut by_label: HashMap<(Str, Str), Vec<&'w Pod>> = HashMap::new();
            for workload in self.world.index.workloads() {
                for (pod, _) in self.world.index.pod_variants(workload) {
                    for (key, value) in pod.metadata.labels.iter().filter(|(key, value)| !workload.labels.is(key, value)) {
                        by_label.entry((key.clone(), value.clone())).or_default().push(pod);
                    }
                }
            }
            by_label
        });
        let fits = |pod: &&Pod| namespace.is_none_or(|ns| pod.metadata.namespace == ns) && selector.is_subset_of(&pod.metadata.labels);
        selector.iter().filter_map(|(key, value)| by_label.get(&(key.clone(), value.clone()))).flatten().any(fits)
    }

    fn node(&self, name: &str) -> Option<&'w Node> {
        let nodes = &self.world.index.inventory().nodes;
        nodes.binary_search_by(|n| n.metadata.name.as_str().cmp(name)).ok().map(|i| &nodes[i])
    }
}

/// Labels that pods get from where they run.
fn is_place(key: &str) -> bool {
    matches!(key, "topology.kubernetes.io/region" | "topology.kubernetes.io/zone" | "topology.istio.io/subzone" | "kubernetes.io/hostname")
}

fn place<'a>(node: Option<&'a Node>, node_name: &'a str, key: &str) -> Option<&'a str> {
    if key == "kubernetes.io/hostname" {
        return Some(node_name).filter(|n| !n.is_empty());
    }
    node?.metadata.labels.get(key).filter(|v| !v.is_empty())
}

/// Whether a workload of `namespace` has the labels of a selector and those of a subset; none has when the two contradict each other.
pub(in crate::checks) fn any_of(pods: &Pods<'_>, namespace: &str, selector: &Map, subset: &Map) -> bool {
    let agree = selector.iter().all(|(key, value)| subset.get(key).is_none_or(|other| value == other));
    agree && pods.any(Some(namespace), &merged(selector, subset))
}

/// Whether something behind `entry` has the labels of a subset.
pub(in crate::checks) fn selects(world: &World, pods: &Pods<'_>, entry: &Entry, subset: &Map) -> bool {
    match entry.source {
        Source::Service(i) => {
            let Some(service) = world.index.services().get(i) else { return true };
            let selector = &service.spec.selector;
            // Without a selector the endpoints are written by hand and not read.
            selector.is_empty() || any_of(pods, &service.metadata.namespace, selector, subset)
        }
        Source::ServiceEntry(i) => {
            let Some(object) = world.index.objects(Kind::ServiceEntry).get(i) else { return true };
            let spec = object.spec();
            let selector = labels(spec.at(["workloadSelector", "labels"]));
            if selector.is_empty() {
                return spec.list("endpoints").any(|e| subset.is_subset_of(&labels(e.get("labels"))));
            }
            any_of(pods, &object.meta.namespace, &selector, subset)
        }
    }
}

/// The subsets that VirtualServices route to: full host as Kiali reads it, and subset.
pub(in crate::checks) fn referenced(world: &World) -> HashSet<(String, String)> {
    let mut found = HashSet::new();
    for vs in world.index.objects(Kind::VirtualService) {
        for destination in destinations(vs).into_iter().filter(|d| !d.subset.is_empty()) {
            let host = world.istio.registry.kiali_host(destination.host, &vs.meta.namespace).name;
            found.insert((host, destination.subset.to_owned()));
        }
    }
    found
}

/// The named subsets of a rule with their labels.
pub(in crate::checks) fn of(rule: &Object) -> Vec<(&str, Field<'_>, Map)> {
    let subsets = DestinationRule::of(rule).subsets().filter(|subset| !subset.field.is_null());
    subsets.map(|subset| (subset.name, subset.field, subset.labels())).collect()
}
