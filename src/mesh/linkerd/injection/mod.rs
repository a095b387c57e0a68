//! Whether Linkerd's injector takes a pod in: the webhook's selectors, the two annotations, then what blocks it.
//!
//! Sources: linkerd2 `pkg/inject/report.go`, `pkg/inject/inject.go`, `pkg/healthcheck/sidecar.go`, the chart's proxy-injector webhook.

mod drift;
mod settings;

use super::{INJECT, Injector, Linkerd, detect};
use crate::index::{Body, Index, Workload};
use crate::mesh::{AdmittedPod, namespace_annotation, namespace_ref, namespace_words};
use crate::model::{Container, Evidence, Fact, InjectionFact, Intent, Map, MeshId, Mode, Str};

/// Membership of a workload in Linkerd; `istio` is the first webhook configuration that adds a proxy of Istio's to its pods, if one does.
pub(super) fn fact(linkerd: &Linkerd, index: &Index, workload: &Workload, istio: Option<&Str>) -> InjectionFact {
    let Some(admitted) = AdmittedPod::of(index, workload) else {
        return InjectionFact::not_applicable(MeshId::Linkerd);
    };
    let mut added_by = None;
    let intended = intent(linkerd, &admitted, istio, &mut added_by);
    let (actual, drift) = drift::look(linkerd, &admitted, &intended);
    InjectionFact { mesh: MeshId::Linkerd, intended, actual, drift, added_by }
}

fn intent(linkerd: &Linkerd, admitted: &AdmittedPod<'_>, istio: Option<&Str>, added_by: &mut Option<Str>) -> Fact<Intent> {
    if is_component(linkerd, admitted) {
        return Fact::NotApplicable;
    }
    let by_hand = admitted.spec.all_containers().any(|c| c.name == "linkerd-proxy");
    if by_hand && !is_injected_pod(admitted) {
        let text = "the manifest itself carries linkerd-proxy, so the injector leaves it alone";
        return taken(vec![admitted.evidence("spec.containers", text).called("sidecar_already_exists")]);
    }
    let namespace = &admitted.workload.reference.namespace;
    let words = namespace_words(admitted.index, namespace);
    let blocked = blockers(linkerd, admitted);
    let pod = admitted.annotations().get(INJECT);
    let (labels, annotations) = match words {
        Ok(words) => words,
        Err(gap) => {
            // What speaks against it on the pod decides in whichever namespace.
            let mut because = blocked;
            match pod {
                Some(value) if !is_valid(value) => because.push(invalid_at_workload(admitted, value)),
                Some("disabled") => because.push(refused_at_workload(admitted)),
                _ => {}
            }
            return if because.is_empty() { Fact::Unknown(gap) } else { Fact::known(Intent::Out, because) };
        }
    };
    let Some(injector) = linkerd.injectors.iter().find(|i| i.namespaces.matches(&labels) && i.pods.matches(admitted.labels())) else {
        let (wanted, why) = annotated(admitted, annotations.get(INJECT));
        let unseen = unseen(linkerd, namespace, &labels).unwrap_or_else(|| Evidence::default("no injection webhook of Linkerd exists"));
        return Fact::known(Intent::Out, [unseen].into_iter().chain(Some(why).filter(|_| wanted)).collect());
    };
    let (wanted, why) = annotated(admitted, annotations.get(INJECT));
    if !wanted {
        return Fact::known(Intent::Out, blocked.into_iter().chain([why]).collect());
    }
    let mut because = vec![injector.evidence("", "the injector's webhook selects the pod"), why];
    if let Some(earlier) = istio.filter(|name| **name < injector.configuration) {
        let text = format!("Istio's webhook configuration {earlier} is asked first, and the injector leaves alone a pod that already holds a proxy");
        because.push(injector.evidence("", text));
        return Fact::known(Intent::Out, because);
    }
    if !blocked.is_empty() {
        because.extend(blocked);
        return Fact::known(Intent::Out, because);
    }
    let settings = settings::Settings::of(linkerd, injector, admitted, &annotations);
    if let Some(why) = settings.refusal(admitted) {
        because.push(why);
        return Fact::known(Intent::Refused, because);
    }
    because.extend(dead_injector(linkerd, injector));
    *added_by = Some(injector.configuration.clone());
    taken(because)
}

fn taken(because: Vec<Evidence>) -> Fact<Intent> {
    Fact::known(Intent::In { mode: Mode::Sidecar, revision: None }, because)
}

/// Linkerd's own parts, which no injection concerns.
fn is_component(linkerd: &Linkerd, admitted: &AdmittedPod<'_>) -> bool {
    let labels = admitted.labels();
    detect::is_component(labels, &admitted.workload.reference.namespace, &linkerd.namespaces) || labels.is("k8s-app", "linkerd-cni")
}

/// A bare pod that runs with a proxy got it from the injector; a template that has one was written so.
fn is_injected_pod(admitted: &AdmittedPod<'_>) -> bool {
    matches!(admitted.workload.body, Body::Pod(_)) && admitted.labels().has(super::PLANE)
}

fn is_valid(value: &str) -> bool {
    matches!(value, "" | "enabled" | "disabled" | "ingress")
}

fn invalid_at_workload(admitted: &AdmittedPod<'_>, value: &str) -> Evidence {
    admitted.annotation(INJECT, format!("{value:?} is none of enabled, disabled, ingress")).called("invalid_inject_annotation_at_workload")
}

fn refused_at_workload(admitted: &AdmittedPod<'_>) -> Evidence {
    admitted.annotation(INJECT, "is \"disabled\", which wins over the namespace").called("injection_disable_annotation_present")
}

/// What the injector reports where nothing asks for a proxy.
const ABSENT: &str = "injection_enable_annotation_absent";

/// What the two annotations decide, and which of them.
fn annotated(admitted: &AdmittedPod<'_>, of_namespace: Option<&str>) -> (bool, Evidence) {
    let namespace = &admitted.workload.reference.namespace;
    let pod = admitted.annotations().get(INJECT);
    if let Some(value) = of_namespace.filter(|v| !is_valid(v)) {
        let text = format!("{value:?} is none of enabled, disabled, ingress, which also stops pods that ask for a proxy");
        return (false, namespace_annotation(namespace, INJECT, text).called("invalid_inject_annotation_at_ns"));
    }
    if let Some(value) = pod.filter(|v| !is_valid(v)) {
        return (false, invalid_at_workload(admitted, value));
    }
    match (of_namespace, pod) {
        (Some("enabled" | "ingress"), Some("disabled")) => (false, refused_at_workload(admitted)),
        (Some(value @ ("enabled" | "ingress")), _) => (true, namespace_annotation(namespace, INJECT, format!("is {value:?}"))),
        (_, Some(value @ ("enabled" | "ingress"))) => (true, admitted.annotation(INJECT, format!("is {value:?}"))),
        (_, Some("disabled")) => (false, admitted.annotation(INJECT, "is \"disabled\"").called(ABSENT)),
        (Some("disabled"), _) => {
            let text = "is \"disabled\", and the pod does not ask for a proxy";
            (false, namespace_annotation(namespace, INJECT, text).called(ABSENT))
        }
        _ => {
            let text = format!("neither namespace nor pod has the annotation {INJECT}");
            (false, Evidence::object(namespace_ref(namespace), text).called(ABSENT))
        }
    }
}

/// Everything that keeps the injector from a pod that asks for it.
fn blockers(linkerd: &Linkerd, admitted: &AdmittedPod<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    if admitted.spec.host_network {
        let text = "a pod in its node's network gets no proxy, since its traffic cannot be told from the node's";
        found.push(admitted.evidence("spec.hostNetwork", text).called("host_network_enabled"));
    }
    let proxies = admitted.spec.containers.iter().enumerate().map(|(i, c)| (c, format!("spec.containers[{i}]"), is_proxy(c)));
    let inits =
        admitted.spec.init_containers.iter().enumerate().map(|(i, c)| (c, format!("spec.initContainers[{i}]"), is_proxy(c) || is_proxy_init(c)));
    if !is_injected_pod(admitted)
        && let Some((container, at, _)) = proxies.chain(inits).find(|(_, _, foreign)| *foreign)
    {
        let text = format!("container {} is a mesh's proxy already", container.name);
        found.push(admitted.evidence(&at, text).called("sidecar_already_exists"));
    }
    let projected = linkerd.configs.iter().all(|c| c.token_projection);
    if !projected && admitted.spec.automount_service_account_token == Some(false) {
        let text = "the proxy needs the service account's token, which the control plane does not project";
        let evidence = admitted.evidence("spec.automountServiceAccountToken", text);
        found.push(evidence.called("disabled_automount_service_account_token_account"));
    }
    found
}

fn is_proxy(container: &Container) -> bool {
    matches!(container.name.as_str(), "linkerd-proxy" | "istio-proxy")
        || ["cr.l5d.io/linkerd/proxy:", "gcr.io/istio-release/proxyv2:"].iter().any(|prefix| container.image.starts_with(prefix))
}

fn is_proxy_init(container: &Container) -> bool {
    matches!(container.name.as_str(), "linkerd-init" | "istio-init")
        || ["cr.l5d.io/linkerd/proxy-init:", "gcr.io/istio-release/proxy_init:"].iter().any(|prefix| container.image.starts_with(prefix))
}

impl Linkerd {
    /// Why no webhook is shown any pod of a namespace, where that is so.
    pub fn passes_over(&self, index: &Index, namespace: &str) -> Option<Evidence> {
        let (labels, _) = namespace_words(index, namespace).ok()?;
        let looked_at = self.injectors.iter().any(|i| i.namespaces.matches(&labels));
        if looked_at { None } else { unseen(self, namespace, &labels) }
    }
}

/// Why no webhook is shown the pod; nothing where there is no webhook.
fn unseen(linkerd: &Linkerd, namespace: &str, namespace_labels: &Map) -> Option<Evidence> {
    let injector = linkerd.injectors.first()?;
    if injector.namespaces.matches(namespace_labels) {
        return Some(injector.evidence(".objectSelector", "the webhook does not select pods with these labels"));
    }
    let against = injector.namespaces.match_expressions.iter().find(|r| !r.holds(namespace_labels));
    let text = against.map_or_else(
        || format!("the webhook does not select namespace {namespace}"),
        |r| format!("the webhook passes over namespace {namespace} for its label {}", r.key),
    );
    Some(injector.evidence(".namespaceSelector", text))
}

fn dead_injector(linkerd: &Linkerd, injector: &Injector) -> Option<Evidence> {
    let plane = linkerd.control_planes.iter().find(|p| p.namespace == injector.namespace && p.ready == Some(0))?;
    let then = if injector.fail_closed { "pods cannot be created" } else { "pods start without a proxy, and nothing records it" };
    Some(injector.evidence(".failurePolicy", format!("no pod of the control plane in {} is ready: {then}", plane.namespace)))
}

#[cfg(test)]
mod tests;
