//! Whether Istio takes a pod in: the webhooks' selectors, then istiod's own check, then ambient enrolment.
//!
//! Sources: istio `pkg/kube/inject/inject.go`, `cni/pkg/util/enablement_selector.go`, the istio-discovery chart's webhooks.

mod actual;
mod webhooks;

pub(in crate::mesh) use actual::membership_of;

use super::Istio;
use super::labels::{DATAPLANE_MODE, INJECT, REV, STATUS, SYSTEM_NAMESPACES, TEMPLATES};
use crate::index::{Body, Index, Workload};
use crate::mesh::{Shape, namespace_label, namespace_ref, namespace_words};
use crate::model::{Container, Evidence, Fact, Gap, InjectionFact, Intent, Map, MeshId, Mode, Str};

/// Membership of a workload in Istio.
pub(super) fn fact(istio: &Istio, index: &Index, workload: &Workload) -> InjectionFact {
    let Some(shape) = Shape::of(index, workload) else {
        return InjectionFact { mesh: MeshId::Istio, intended: Fact::NotApplicable, actual: Default::default(), drift: Vec::new() };
    };
    let intended = intent(istio, &shape);
    let (actual, drift) = actual::look(istio, &shape, &intended);
    InjectionFact { mesh: MeshId::Istio, intended, actual, drift }
}

fn intent(istio: &Istio, shape: &Shape<'_>) -> Fact<Intent> {
    if is_component(shape.labels()) {
        return Fact::NotApplicable;
    }
    if let Some(written) = written(shape) {
        return written;
    }
    let namespace = &shape.workload.reference.namespace;
    let words = namespace_words(shape.index, namespace);
    let labels = words.as_ref().map(|(labels, _)| labels).map_err(Clone::clone);
    match sidecar(istio, shape, labels.clone()) {
        Fact::Known { value: Intent::Out, because } => ambient(istio, shape, labels, because),
        decided => decided,
    }
}

/// Membership of a pod whose manifest already holds a proxy: a gateway, or what `istioctl kube-inject` made.
fn written(shape: &Shape<'_>) -> Option<Fact<Intent>> {
    // An image `auto` is a place for the injector to fill, not a proxy yet.
    let at = |name: &str, containers: &[Container]| {
        containers.iter().position(|c| c.name == "istio-proxy" && c.image != "auto").map(|i| format!("spec.{name}[{i}]"))
    };
    let injected = shape.annotations().has(STATUS);
    let revision = shape.labels().get(REV).map(Str::from);
    let regular = at("containers", &shape.spec.containers);
    if !injected {
        let because = vec![shape.evidence(&regular?, "the pod is itself a proxy of the mesh")];
        return Some(Fact::known(Intent::In { mode: Mode::Gateway, revision }, because));
    }
    // A pod got its sidecar when it was created; only a template that holds one makes further pods with it.
    let at = regular.or_else(|| at("initContainers", &shape.spec.init_containers)).filter(|_| !matches!(shape.workload.body, Body::Pod(_)))?;
    let because = vec![shape.evidence(&at, "the manifest itself holds the sidecar")];
    Some(Fact::known(Intent::In { mode: mode(shape), revision }, because))
}

/// What the injector's template makes of a pod: a gateway, where that template is asked for.
fn mode(shape: &Shape<'_>) -> Mode {
    let gateway = shape.annotations().get(TEMPLATES).is_some_and(|t| t.split(',').any(|t| t.trim() == "gateway"));
    if gateway { Mode::Gateway } else { Mode::Sidecar }
}

/// Istio's own parts, which no injection concerns.
fn is_component(labels: &Map) -> bool {
    labels.is("app", "istiod") || labels.is("app", "ztunnel") || labels.is("k8s-app", "istio-cni-node")
}

/// Step one, the webhooks; step two, istiod.
fn sidecar(istio: &Istio, shape: &Shape<'_>, namespace_labels: Result<&Map, Gap>) -> Fact<Intent> {
    let (matching, mut because) = match &namespace_labels {
        Ok(labels) => webhooks::select(istio, shape, labels),
        Err(_) => (istio.injectors.iter().filter(|i| i.pods.matches(shape.labels())).collect(), Vec::new()),
    };
    let Some(first) = matching.first() else {
        if namespace_labels.is_err() {
            because.push(shape.evidence("metadata.labels", "no injection webhook selects pods with these labels, in whichever namespace"));
        }
        return Fact::known(Intent::Out, because);
    };
    let (wanted, why) = istiod_wants(istio, shape, &first.revision);
    because.push(why);
    if !wanted {
        return Fact::known(Intent::Out, because);
    }
    if let Err(gap) = namespace_labels {
        return Fact::Unknown(gap);
    }
    Fact::known(Intent::In { mode: mode(shape), revision: Some(first.revision.clone()) }, because)
}

/// istiod's check of a pod that a webhook showed it: the answer and what decided.
fn istiod_wants(istio: &Istio, shape: &Shape<'_>, revision: &str) -> (bool, Evidence) {
    let namespace = &shape.workload.reference.namespace;
    if shape.spec.host_network {
        return (false, shape.evidence("spec.hostNetwork", "pods on the host's network are never injected"));
    }
    if SYSTEM_NAMESPACES.contains(&namespace.as_str()) {
        return (false, Evidence::object(namespace_ref(namespace), "istiod never injects this namespace"));
    }
    let label = shape.labels().get(INJECT).map(|v| (v, true));
    let asked = label.or_else(|| shape.annotations().get(INJECT).map(|v| (v, false)));
    if let Some((value @ ("true" | "false"), from_label)) = asked {
        let text = format!("{value:?} decides for this pod");
        let why = if from_label { shape.label(INJECT, text) } else { shape.annotation(INJECT, text) };
        return (value == "true", why);
    }
    let config = istio.injector_config(revision);
    let chosen = |selectors: &[crate::model::LabelSelector]| selectors.iter().position(|s| !s.is_empty() && s.matches(shape.labels()));
    let Some(config) = config else {
        return (
            true,
            Evidence::default(format!("the injector's settings of revision {revision} are not visible: its default policy, enabled, is assumed")),
        );
    };
    let at = |text: String| Evidence::field(config.object.clone(), "data.config", text);
    if let Some(i) = chosen(&config.never) {
        return (false, at(format!("neverInjectSelector[{i}] selects the pod")));
    }
    if let Some(i) = chosen(&config.always) {
        return (true, at(format!("alwaysInjectSelector[{i}] selects the pod")));
    }
    let invalid =
        asked.filter(|(value, _)| !value.is_empty()).map(|(value, _)| format!("{value:?} of {INJECT} is neither \"true\" nor \"false\", so "));
    let text = format!("{}the injector's policy decides: {}", invalid.unwrap_or_default(), config.policy);
    (config.policy == "enabled", at(text))
}

/// Ambient enrolment of a pod that gets no sidecar; `because` says why it gets none.
fn ambient(istio: &Istio, shape: &Shape<'_>, namespace_labels: Result<&Map, Gap>, mut because: Vec<Evidence>) -> Fact<Intent> {
    let namespace = &shape.workload.reference.namespace;
    let pod_mode = shape.labels().get(DATAPLANE_MODE);
    let namespace_mode = namespace_labels.as_ref().ok().and_then(|labels| labels.get(DATAPLANE_MODE));
    let asked = match (pod_mode, namespace_mode) {
        (Some("ambient"), _) => shape.label(DATAPLANE_MODE, "asks for ambient"),
        (Some("none"), Some("ambient")) => {
            because.push(shape.label(DATAPLANE_MODE, "\"none\" keeps the pod out of its namespace's ambient mode"));
            return Fact::known(Intent::Out, because);
        }
        (_, Some("ambient")) => namespace_label(namespace, DATAPLANE_MODE, "asks for ambient"),
        (Some("none"), _) => return Fact::known(Intent::Out, because),
        _ => match namespace_labels {
            // What speaks against a sidecar stands on the pod; the namespace may still ask for ambient.
            Err(gap) if !shape.spec.host_network => return Fact::Unknown(gap),
            _ => return Fact::known(Intent::Out, because),
        },
    };
    because.push(asked);
    let refused = if shape.spec.host_network {
        Some(shape.evidence("spec.hostNetwork", "pods on the host's network are never taken into ambient"))
    } else if shape.annotations().has(STATUS) {
        Some(shape.annotation(STATUS, "the pod has a sidecar, which wins over ambient"))
    } else if istio.ambient.excluded.contains(namespace) {
        Some(Evidence::object(namespace_ref(namespace), "istio-cni excludes this namespace"))
    } else {
        None
    };
    if let Some(refused) = refused {
        because.push(refused);
        return Fact::known(Intent::Out, because);
    }
    Fact::known(Intent::In { mode: Mode::Ambient, revision: None }, because)
}

#[cfg(test)]
mod tests;
