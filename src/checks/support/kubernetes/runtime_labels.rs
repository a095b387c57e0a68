//! Labels of pods that stand in no template, because a controller, the mesh or istiod adds them; and pods that stand in no file.

use crate::index::Workload;
use crate::mesh::istio::labels::GATEWAY_NAME;
use crate::model::{Kind, Map, MeshId, Str, placeholder};
use crate::world::{Sight, SourceKind, World};

/// A StatefulSet's pod carries its own name.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// What Kubernetes' controllers add to the pods they make.
const OF_CONTROLLERS: [&str; 4] = [POD_NAME, "apps.kubernetes.io/pod-index", "controller-revision-hash", "pod-template-hash"];

/// Whether the pods that `selector` asks for may well run although no template has all of its labels: labels that are added count as written, and
/// istiod makes the pods of a Gateway. Nothing as `home` means all namespaces.
pub(in crate::checks) fn may_fit(world: &World, home: Option<&str>, selector: &Map) -> bool {
    if selector.get(GATEWAY_NAME).is_some_and(|name| has_gateway(world, home, name)) {
        return true;
    }
    let made = &world.index.inventory().made_pods;
    if made.iter().any(|(namespace, labels)| home.is_none_or(|home| namespace == home) && selector.is_subset_of(labels)) {
        return true;
    }
    if fits_elsewhere(world, home, selector) || is_of_foreign(world, home, selector) {
        return true;
    }
    if !world.index.inventory().unfilled.is_empty() && fits_once_filled(world, home, selector) {
        return true;
    }
    let (added, written): (Vec<_>, Vec<_>) = selector.iter().partition(|(key, _)| is_added(key));
    let written: Map = written.into_iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    !added.is_empty() && world.index.select(home, &written).any(|w| added.iter().all(|(key, value)| gets(world, w, key, value)))
}

/// Whether a workload has these labels in another namespace, where one of the two namespaces was not written and only taken for what it is.
fn fits_elsewhere(world: &World, home: Option<&str>, selector: &Map) -> bool {
    let (Some(assumed), Some(home)) = (&world.index.inventory().assumed_namespace, home) else { return false };
    let elsewhere = if assumed == home { None } else { Some(assumed.as_str()) };
    world.index.select(elsewhere, selector).next().is_some()
}

/// Whether a label names an object of a kind that is not read here, or its kind: an operator makes its pods.
fn is_of_foreign(world: &World, home: Option<&str>, selector: &Map) -> bool {
    let inventory = world.index.inventory();
    let foreign = inventory
        .foreign
        .iter()
        .filter(|(namespace, ..)| home.is_none_or(|home| namespace == home || inventory.assumed_namespace.as_ref() == Some(namespace)));
    let named = |value: &str, (_, kind, name): &(Str, Str, Str)| {
        !name.is_empty() && (value == name.as_str() || value.split('-').any(|part| part == kind.as_str()))
    };
    let mut foreign = foreign.filter(|(_, kind, _)| !matches!(kind.as_str(), "customresourcedefinition" | "servicemonitor" | "prometheusrule"));
    foreign.any(|object| selector.iter().any(|(_, value)| named(value, object)))
}

/// Whether a workload has all of these labels but for values that are still to be filled in, on either side.
fn fits_once_filled(world: &World, home: Option<&str>, selector: &Map) -> bool {
    let open = |value: &str| placeholder::of(value).is_some();
    let mut workloads =
        world.index.workloads().iter().filter(|w| home.is_none_or(|home| w.reference.namespace == home || open(&w.reference.namespace)));
    workloads.any(|w| selector.iter().all(|(key, value)| w.labels.get(key).is_some_and(|is| is == value.as_str() || open(is) || open(value))))
}

/// Whether only an operator that knows this label makes the pods: no manifest of a workload has it.
pub(in crate::checks) fn is_of_operator(world: &World, key: &str) -> bool {
    let foreign = key.split_once('/').is_some_and(|(prefix, _)| prefix.contains('.') && prefix != "app.kubernetes.io");
    world.source.kind == SourceKind::Files && foreign && !is_added(key) && key != GATEWAY_NAME
}

/// Whether a selector asks for the pods of an ingress, egress or east-west gateway, which come with Istio and not with what uses them.
pub(in crate::checks) fn is_of_gateway(world: &World, selector: &Map) -> bool {
    let named = |label: &str| selector.get(label).is_some_and(|value| value.ends_with("gateway") || value == "ingress" || value == "egress");
    world.source.kind == SourceKind::Files && (named("istio") || named("app"))
}

fn has_gateway(world: &World, home: Option<&str>, name: &str) -> bool {
    match home {
        Some(namespace) => world.index.object(Kind::Gateway, namespace, name).is_some(),
        None => world.index.objects(Kind::Gateway).iter().any(|gateway| gateway.meta.name == name),
    }
}

fn is_added(key: &str) -> bool {
    OF_CONTROLLERS.contains(&key) || is_of_node(key) || is_of_istio(key) || is_of_linkerd(key)
}

/// Labels that istiod, and lately Kubernetes, take over from the node.
fn is_of_node(key: &str) -> bool {
    matches!(key, "topology.kubernetes.io/region" | "topology.kubernetes.io/zone" | "kubernetes.io/hostname")
}

fn is_of_istio(key: &str) -> bool {
    key.starts_with("topology.istio.io/")
        || matches!(key, "security.istio.io/tlsMode" | "istio.io/rev" | "service.istio.io/canonical-name" | "service.istio.io/canonical-revision")
}

fn is_of_linkerd(key: &str) -> bool {
    matches!(key, "linkerd.io/control-plane-ns" | "linkerd.io/workload-ns") || key.starts_with("linkerd.io/proxy-")
}

/// Whether the pods of a workload get a label that is added, with this value; what the template says stands.
fn gets(world: &World, workload: &Workload, key: &str, value: &str) -> bool {
    if let Some(written) = workload.labels.get(key) {
        return written == value;
    }
    if key == POD_NAME {
        let set = value.rsplit_once('-').map_or(value, |(set, _)| set);
        return workload.reference.kind == Kind::StatefulSet && workload.reference.name == set;
    }
    if OF_CONTROLLERS.contains(&key) {
        return true;
    }
    if is_of_node(key) {
        return world.sight(Kind::Node, "") != Sight::Clear;
    }
    if is_of_linkerd(key) {
        let reference = &workload.reference;
        let fits = match key {
            "linkerd.io/control-plane-ns" => true,
            "linkerd.io/workload-ns" => reference.namespace == value,
            _ => reference.name == value && key.ends_with(&reference.kind.name().to_ascii_lowercase()),
        };
        return fits && world.view().may_be_in(MeshId::Linkerd, workload);
    }
    let fits = match key {
        "security.istio.io/tlsMode" => value == "istio",
        "service.istio.io/canonical-name" => canonical_name(workload) == value,
        "service.istio.io/canonical-revision" => canonical_revision(&workload.labels) == value,
        // Which revision, cluster and network it is, no template tells.
        _ => true,
    };
    fits && world.view().may_be_in(MeshId::Istio, workload)
}

/// The service that the injector takes a pod for (istio `pkg/model/proxy.go`: canonical name, then the recommended label, `app`, the workload).
fn canonical_name(workload: &Workload) -> &str {
    let labels = &workload.labels;
    labels.get("app.kubernetes.io/name").or_else(|| labels.get("app")).unwrap_or(workload.reference.name.as_str())
}

fn canonical_revision(labels: &Map) -> &str {
    labels.get("app.kubernetes.io/version").or_else(|| labels.get("version")).unwrap_or("latest")
}

#[cfg(test)]
mod tests {
    use super::canonical_revision;
    use crate::model::Str;

    #[test]
    fn the_revision_of_a_workload_is_that_of_its_labels() {
        let of = |pairs: &[(&str, &str)]| canonical_revision(&pairs.iter().map(|(k, v)| (Str::from(*k), Str::from(*v))).collect()).to_owned();
        assert_eq!(of(&[("version", "v1")]), "v1");
        assert_eq!(of(&[("version", "v1"), ("app.kubernetes.io/version", "2.0")]), "2.0");
        assert_eq!(of(&[]), "latest");
    }
}
