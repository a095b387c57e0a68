//! What istiod answers when a webhook shows it a pod: nothing to do, a refusal, or the containers of its templates.

use super::written::{Written, is_router};
use crate::mesh::istio::labels::{INJECT, SYSTEM_NAMESPACES, TEMPLATES};
use crate::mesh::istio::validation::annotation_values;
use crate::mesh::istio::{InjectorConfig, Istio, Template};
use crate::mesh::{AdmittedPod, namespace_ref};
use crate::model::{Evidence, Gap, Kind, LabelSelector, Mode, Str, quantity};

/// Its answer, with what decided it.
pub(super) enum InjectorAnswer {
    /// The pod stays as it is.
    Passes(Evidence),
    /// The pod is not created.
    Refuses(Evidence),
    /// The templates are laid over the pod.
    Injects {
        /// What their proxy is; nothing where they hold none.
        proxy: Option<Mode>,
        because: Evidence,
    },
    /// The templates are the user's own and cannot be seen.
    Unknown(Gap),
}

/// The answer of a revision's istiod about a pod.
pub(super) fn ask(istio: &Istio, admitted: &AdmittedPod<'_>, revision: &str, written: Option<&Written>) -> InjectorAnswer {
    let config = istio.injector_config(revision);
    let (wanted, because) = wants(admitted, revision, config);
    if !wanted {
        return InjectorAnswer::Passes(because);
    }
    if let Some(why) = refusal(admitted) {
        return InjectorAnswer::Refuses(why);
    }
    let templates = match templates(admitted, revision, config) {
        Ok(templates) => templates,
        Err(answer) => return *answer,
    };
    if !templates.iter().any(|template| template.holds_proxy) {
        return InjectorAnswer::Injects { proxy: None, because };
    }
    // The last template writes over those before it, and what the user wrote by hand over all of them.
    let mode = templates.iter().rev().find_map(|template| template.mode).unwrap_or(Mode::Sidecar);
    let by_hand = written.filter(|w| !w.generated).and_then(|_| admitted.spec.container("istio-proxy")).is_some_and(is_router);
    InjectorAnswer::Injects { proxy: Some(if by_hand { Mode::Gateway } else { mode }), because }
}

/// Whether istiod wants to inject the pod, and what decided.
fn wants(admitted: &AdmittedPod<'_>, revision: &str, config: Option<&InjectorConfig>) -> (bool, Evidence) {
    let namespace = &admitted.workload.reference.namespace;
    if admitted.spec.host_network {
        return (false, admitted.evidence("spec.hostNetwork", "pods on the host's network are never injected"));
    }
    if SYSTEM_NAMESPACES.contains(&namespace.as_str()) {
        return (false, Evidence::object(namespace_ref(namespace), "istiod never injects this namespace"));
    }
    let at = |config: &InjectorConfig, text: String| Evidence::field(config.object.clone(), "data.config", text);
    if let Some(config) = config.filter(|c| !matches!(c.policy.as_str(), "enabled" | "disabled")) {
        let text = format!("the injector's policy {:?} is neither enabled nor disabled: nothing is injected, whatever pods ask for", config.policy);
        return (false, at(config, text));
    }
    let label = admitted.labels().get(INJECT).map(|v| (v, true));
    let asked = label.or_else(|| admitted.annotations().get(INJECT).map(|v| (v, false)));
    if let Some((value @ ("true" | "false"), from_label)) = asked {
        let text = format!("{value:?} decides for this pod");
        let why = if from_label { admitted.label(INJECT, text) } else { admitted.annotation(INJECT, text) };
        return (value == "true", why);
    }
    let Some(config) = config else {
        let text = format!("the injector's settings of revision {revision} are not visible: its default policy, enabled, is assumed");
        return (true, Evidence::default(text));
    };
    let chosen = |selectors: &[LabelSelector]| selectors.iter().position(|s| !s.is_empty() && s.matches(admitted.labels()));
    if let Some(i) = chosen(&config.never) {
        return (false, at(config, format!("neverInjectSelector[{i}] selects the pod")));
    }
    if let Some(i) = chosen(&config.always) {
        return (true, at(config, format!("alwaysInjectSelector[{i}] selects the pod")));
    }
    let invalid = asked
        .filter(|(value, _)| !value.is_empty())
        .map(|(value, _)| format!("{value:?} of {INJECT} is neither \"true\" nor \"false\", so "))
        .unwrap_or_default();
    (config.policy == "enabled", at(config, format!("{invalid}the injector's policy decides: {}", config.policy)))
}

/// The annotation for which istiod, or the API server after it, refuses the pod.
fn refusal(admitted: &AdmittedPod<'_>) -> Option<Evidence> {
    let annotations = admitted.annotations();
    if let Some((name, why)) = annotations.iter().find_map(|(name, value)| Some((name, annotation_values::fault(name, value)?))) {
        return Some(admitted.annotation(name, format!("istiod refuses the pod: {why}")));
    }
    for what in ["proxyCPU", "proxyMemory"] {
        let [request, limit] = ["", "Limit"].map(|end| format!("sidecar.istio.io/{what}{end}"));
        let amount = |name: &str| annotations.get(name).and_then(quantity);
        if let Some(name) = [&request, &limit].into_iter().find(|name| amount(name).is_some_and(|n| n < 0.0)) {
            return Some(admitted.annotation(name, "the API server refuses the pod: an amount cannot be negative"));
        }
        if let (Some(wanted), Some(most)) = (amount(&request), amount(&limit))
            && wanted > most
        {
            let text = format!("the API server refuses the pod: its proxy would ask for more than its limit {:?}", annotations.get(&limit)?);
            return Some(admitted.annotation(&request, text));
        }
    }
    None
}

/// The templates that are laid over the pod.
fn templates<'a>(admitted: &AdmittedPod<'a>, revision: &str, config: Option<&'a InjectorConfig>) -> Result<Vec<Template>, Box<InjectorAnswer>> {
    let asked = admitted.annotations().get(TEMPLATES);
    let named: Vec<&str> = match (asked, config) {
        (Some(names), _) => names.split(',').map(str::trim).collect(),
        (None, Some(config)) => config.default_templates.iter().map(Str::as_str).collect(),
        (None, None) => vec!["sidecar"],
    };
    let shown = config.filter(|config| config.shows_templates());
    let mut found = Vec::new();
    for name in named {
        let resolved = match shown {
            Some(config) => config.resolve(name),
            None => Template::of_chart(name).map(|template| vec![template]),
        };
        match (resolved, shown) {
            (Some(templates), _) => found.extend(templates),
            (None, Some(config)) => {
                let text = format!("istiod refuses the pod: revision {revision} has no template {name:?}");
                let of_default = || Evidence::field(config.object.clone(), "data.config", text.clone());
                let because = if asked.is_some() { admitted.annotation(TEMPLATES, text.clone()) } else { of_default() };
                return Err(Box::new(InjectorAnswer::Refuses(because)));
            }
            (None, None) => {
                let detail = format!("the injector's settings are not known, and template {name:?} is none of Istio's own").into();
                return Err(Box::new(InjectorAnswer::Unknown(Gap::Incomplete { kind: Kind::ConfigMap, namespace: Str::default(), detail })));
            }
        }
    }
    Ok(found)
}
