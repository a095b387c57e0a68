//! Which webhooks select a pod, and when none does, which label is to blame.

use crate::mesh::istio::{DEFAULT, INJECT, INJECTION, Injector, Istio, REV};
use crate::mesh::{AdmittedPod, namespace_label, namespace_ref};
use crate::model::{Evidence, LabelSelector, Map, Requirement};

/// The webhooks that would be shown the pod, one for each configuration and in the order in which they are asked, with what shows it.
pub(super) fn select<'a>(istio: &'a Istio, admitted: &AdmittedPod<'_>, namespace_labels: &Map) -> (Vec<&'a Injector>, Vec<Evidence>) {
    let selects = |i: &&Injector| i.namespaces.matches(namespace_labels) && i.pods.matches(admitted.labels());
    let mut matching: Vec<&Injector> = istio.injectors.iter().filter(selects).collect();
    matching.sort_by(|a, b| a.configuration.cmp(&b.configuration));
    // A second webhook of a configuration asks the same istiod again.
    matching.dedup_by(|a, b| a.configuration == b.configuration && a.revision == b.revision);
    let Some(last) = matching.last() else {
        return (matching, refusals(istio, admitted, namespace_labels));
    };
    let mut because = asking(admitted, namespace_labels);
    let assumed = if last.object.is_none() { "; the real webhooks are not visible, so the chart's are assumed" } else { "" };
    for earlier in &matching[..matching.len() - 1] {
        let text = format!(
            "{} selects the pod as well: configurations are asked in the order of their names, and the last one's proxy remains",
            earlier.describe()
        );
        because.push(earlier.evidence(text));
    }
    because.push(last.evidence(format!("{} selects the pod{assumed}", last.describe())));
    for dead in matching.iter().filter(|i| istio.revision(&i.revision).is_some_and(|plane| plane.ready == Some(0))) {
        let then = if dead.fail_closed { "pods cannot be created" } else { "pods start without a sidecar" };
        because.push(dead.evidence(format!("no istiod of revision {} is ready: {then}", dead.revision)));
    }
    (matching, because)
}

/// The labels that ask for injection or against it.
fn asking(admitted: &AdmittedPod<'_>, namespace_labels: &Map) -> Vec<Evidence> {
    let namespace = &admitted.workload.reference.namespace;
    let of_namespace = [INJECTION, REV].into_iter().filter_map(|key| Some((key, namespace_labels.get(key)?)));
    let of_pod = [INJECT, REV].into_iter().filter_map(|key| Some((key, admitted.labels().get(key)?)));
    of_namespace
        .map(|(key, value)| namespace_label(namespace, key, format!("is {value:?}")))
        .chain(of_pod.map(|(key, value)| admitted.label(key, format!("is {value:?}"))))
        .collect()
}

/// Why no webhook selects the pod: the labels that ask in vain, the deciding one last.
fn refusals(istio: &Istio, admitted: &AdmittedPod<'_>, namespace_labels: &Map) -> Vec<Evidence> {
    let namespace = &admitted.workload.reference.namespace;
    let mut because = asking(admitted, namespace_labels);
    if because.is_empty() {
        because.push(Evidence::object(namespace_ref(namespace), format!("has neither label {INJECTION} nor {REV}, and the pod asks for nothing")));
        return because;
    }
    if istio.injectors.is_empty() {
        because.push(Evidence::default("no injection webhook of Istio exists"));
        return because;
    }
    if let Some(word) = namespace_labels.get(INJECTION).filter(|w| *w != "enabled") {
        because.push(namespace_label(namespace, INJECTION, format!("{word:?} keeps every webhook away, whatever the pods ask for")));
        return because;
    }
    if let Some(nobody) = nobody_answers(istio, admitted, namespace_labels) {
        because.push(nobody);
        return because;
    }
    let wrong = |selector: &LabelSelector, labels: &Map| -> Vec<Requirement> {
        let pairs = selector.match_labels.iter().map(|(k, v)| Requirement { key: k.clone(), operator: "In".into(), values: vec![v.clone()] });
        pairs.chain(selector.match_expressions.iter().cloned()).filter(|r| !r.holds(labels)).collect()
    };
    let judged = istio.injectors.iter().map(|i| (i, wrong(&i.namespaces, namespace_labels), wrong(&i.pods, admitted.labels())));
    if let Some((nearest, in_namespace, in_pod)) = judged.min_by_key(|(_, a, b)| a.len() + b.len()) {
        let differs =
            |requirement: &Requirement, labels: &Map| format!("{}: {} {}", nearest.describe(), wants(requirement), has(requirement, labels));
        because.extend(in_namespace.iter().map(|r| namespace_label(namespace, &r.key, differs(r, namespace_labels))));
        because.extend(in_pod.iter().map(|r| admitted.label(&r.key, differs(r, admitted.labels()))));
    }
    because
}

/// The name that is asked for and that no revision or tag has.
fn nobody_answers(istio: &Istio, admitted: &AdmittedPod<'_>, namespace_labels: &Map) -> Option<Evidence> {
    let namespace = &admitted.workload.reference.namespace;
    let known = |name: &str| istio.injectors.iter().any(|i| i.tag.as_deref().unwrap_or(&i.revision) == name);
    let (default, pod_asks) = (known(DEFAULT), admitted.labels().is(INJECT, "true"));
    if namespace_labels.is(INJECTION, "enabled") && !default {
        return Some(namespace_label(
            namespace,
            INJECTION,
            "asks for the default revision, and there is neither such a revision nor a tag \"default\"",
        ));
    }
    if let Some(asked) = namespace_labels.get(REV).filter(|r| !known(r)) {
        return Some(namespace_label(namespace, REV, format!("no revision or tag is called {asked:?}")));
    }
    if namespace_labels.has(REV) || namespace_labels.has(INJECTION) {
        return None;
    }
    if let Some(asked) = admitted.labels().get(REV).filter(|r| !known(r)) {
        return Some(admitted.label(REV, format!("no revision or tag is called {asked:?}")));
    }
    let text = "asks for the default revision, and there is neither such a revision nor a tag \"default\"";
    (pod_asks && !default && !admitted.labels().has(REV)).then(|| admitted.label(INJECT, text))
}

fn wants(requirement: &Requirement) -> String {
    let values = requirement.values.iter().map(|v| format!("{:?}", v.as_str())).collect::<Vec<_>>().join(", ");
    match requirement.operator.as_str() {
        "In" => format!("wants {} to be {values}", requirement.key),
        "NotIn" => format!("wants {} not to be {values}", requirement.key),
        "Exists" => format!("wants {}", requirement.key),
        "DoesNotExist" => format!("wants no {}", requirement.key),
        other => format!("has an operator {other:?} that matches nothing, for {}", requirement.key),
    }
}

fn has(requirement: &Requirement, labels: &Map) -> String {
    labels.get(&requirement.key).map_or_else(|| "and it is absent".to_owned(), |value| format!("and it is {value:?}"))
}
