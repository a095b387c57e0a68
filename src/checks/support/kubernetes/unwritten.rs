//! Labels of pods that stand in no template, and pods that stand in no file.

use crate::mesh::istio::labels::GATEWAY_NAME;
use crate::model::{Kind, Map};
use crate::world::{SourceKind, World};

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// Labels that controllers put on pods themselves.
const OF_CONTROLLERS: [&str; 4] = [POD_NAME, "apps.kubernetes.io/pod-index", "controller-revision-hash", "pod-template-hash"];

/// Whether a selector that fits no template fits pods that a controller labels, or those that a controller makes of a Gateway.
pub(in crate::checks) fn fits(world: &World, namespace: &str, selector: &Map) -> bool {
    if selector.get(GATEWAY_NAME).is_some_and(|name| world.index.object(Kind::Gateway, namespace, name).is_some()) {
        return true;
    }
    let written: Map = selector.iter().filter(|(k, _)| !OF_CONTROLLERS.contains(&k.as_str())).map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let set = selector.get(POD_NAME).map(|pod| pod.rsplit_once('-').map_or(pod, |(set, _)| set));
    written.len() < selector.len()
        && world
            .index
            .select(Some(namespace), &written)
            .any(|w| set.is_none_or(|set| w.reference.kind == Kind::StatefulSet && w.reference.name == set))
}

/// Whether a label is likely an operator's (`cnpg.io/cluster`), whose pods are in no file.
pub(in crate::checks) fn is_of_operator(world: &World, key: &str) -> bool {
    let foreign = key.split_once('/').is_some_and(|(prefix, _)| prefix.contains('.') && prefix != "app.kubernetes.io");
    let known = OF_CONTROLLERS.contains(&key) || key == GATEWAY_NAME;
    world.source.kind == SourceKind::Files && foreign && !known
}
