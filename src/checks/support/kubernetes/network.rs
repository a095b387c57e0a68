//! What NetworkPolicies let through to and from the workloads they select, as far as ports go.

use crate::index::Workload;
pub(in crate::checks) use crate::mesh::network_policy::{Direction, Isolated, opens};
use crate::model::{Field, LabelSelector, Map, Membership, MeshId, Object, PodSpec};
use crate::world::World;

/// The label with its name that every namespace has.
const NAME: &str = "kubernetes.io/metadata.name";

impl<'w> Isolated<'w> {
    /// All rules of its policies for a direction.
    pub(in crate::checks) fn rules(&self, direction: Direction) -> impl Iterator<Item = (&'w Object, Field<'w>)> {
        self.policies.iter().flat_map(move |policy| policy.spec().list(direction.field()).map(move |rule| (*policy, rule)))
    }

    /// Whether some rule lets `port` through, whoever the peer.
    pub(in crate::checks) fn opens(&self, direction: Direction, protocol: &str, port: i64, spec: Option<&PodSpec>) -> bool {
        self.rules(direction).any(|(_, rule)| opens(&rule, direction, protocol, port, spec))
    }

    /// Its workloads that a mesh has or will have in one of these ways.
    pub(in crate::checks) fn in_mesh(&self, world: &World, mesh: MeshId, ways: &[Membership]) -> Vec<&'w Workload> {
        let has = |w: &&Workload| world.view().membership_to_come(mesh, w).is_ok_and(|m| ways.contains(&m));
        self.workloads.iter().copied().filter(has).collect()
    }
}

/// Whether a rule may reach pods of `namespace`. Address blocks may hold anything, and pods are not looked at.
pub(in crate::checks) fn may_reach(world: &World, policy: &Object, rule: &Field<'_>, namespace: &str) -> bool {
    let mut peers = rule.list("to").peekable();
    peers.peek().is_none()
        || peers.any(|peer| match (peer.get("ipBlock"), peer.get("namespaceSelector")) {
            (Some(_), _) => true,
            (None, None) => policy.meta.namespace == namespace,
            (None, Some(selector)) => LabelSelector::read(selector).is_some_and(|s| may_select(world, &s, namespace)),
        })
}

/// Whether a selector of namespaces picks `namespace`, or may pick it as it was not read.
pub(in crate::checks) fn may_select(world: &World, selector: &LabelSelector, namespace: &str) -> bool {
    // A namespace that was not read has at least the label with its name.
    let written = world.index.namespace(namespace).map(|n| &n.metadata.labels);
    let known = written.is_some();
    let labels: Map = written.into_iter().flat_map(Map::iter).map(|(k, v)| (k.as_str(), v.as_str())).chain([(NAME, namespace)]).collect();
    selector.matches(&labels) || (!known && asks_for_more(selector))
}

/// The namespaces that a selector asks for by name.
pub(in crate::checks) fn names_in(selector: &LabelSelector) -> impl Iterator<Item = &str> {
    let listed = selector.match_expressions.iter().filter(|r| r.key == NAME && r.operator == "In").flat_map(|r| &r.values);
    selector.match_labels.get(NAME).into_iter().chain(listed.map(crate::model::Str::as_str))
}

fn asks_for_more(selector: &LabelSelector) -> bool {
    let keys = selector.match_labels.iter().map(|(k, _)| k.as_str()).chain(selector.match_expressions.iter().map(|r| r.key.as_str()));
    keys.into_iter().any(|key| key != NAME)
}

/// `Deployment shop/cart` or `3 workloads (Deployment shop/cart and others)`.
pub(in crate::checks) fn words(workloads: &[&Workload]) -> String {
    match workloads {
        [] => "no workload".to_owned(),
        [only] => only.reference.to_string(),
        [first, ..] => format!("{} workloads ({} among them)", workloads.len(), first.reference),
    }
}
