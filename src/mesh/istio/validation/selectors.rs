//! Selectors, references to targets, labels, and to whom something is exported.

use std::collections::BTreeSet;

use crate::mesh::istio::validation::{Judge, Verdict, fault, has, is_dns_label};
use crate::model::Field;

/// Judges a `selector` with `matchLabels`.
pub(crate) fn selector(judge: &mut Judge<'_>, spec: &Field<'_>, name: &'static str) {
    let Some(selector) = spec.get(name) else { return };
    if !plain_labels(judge, &selector, "matchLabels") {
        let hint = "Write matchLabels, or remove the selector to mean everything in the namespace.";
        judge.warn(selector.path(), "the selector has no labels and selects every workload", hint);
    }
}

/// Judges a `workloadSelector` with `labels`; what stands there applies to the whole namespace when it selects nothing in particular.
/// Yields whether the rest is judged: Istio looks no further when the selector is refused.
pub(crate) fn workload_selector(judge: &mut Judge<'_>, spec: &Field<'_>) -> bool {
    let Some(selector) = spec.get("workloadSelector") else { return true };
    let before = judge.errors();
    if !plain_labels(judge, &selector, "labels") && judge.errors() == before {
        let hint = "Write labels, or remove workloadSelector to mean everything in the namespace.";
        judge.warn(selector.path(), "the workload selector has no labels: this applies to all workloads of the namespace", hint);
    }
    judge.errors() == before
}

/// Whether there are labels; empty keys and wildcards among them are errors.
fn plain_labels(judge: &mut Judge<'_>, selector: &Field<'_>, name: &'static str) -> bool {
    let Some(labels) = selector.get(name).filter(|l| !l.is_empty()) else { return false };
    for (key, value) in labels.entries() {
        if key.is_empty() {
            judge.error(labels.path(), "a label of the selector has no key", "Write key: value.");
        }
        if key.contains('*') || value.str().is_some_and(|v| v.contains('*')) {
            judge.error(value.path(), "selectors know no wildcards", "Write the label's exact value, or select by another label.");
        }
    }
    true
}

/// An error when more than one way to name the target is used.
pub(crate) fn one_target(judge: &mut Judge<'_>, spec: &Field<'_>) {
    let refs = has(spec, "targetRefs");
    let set = [(spec.get("selector").is_some(), "selector"), (spec.get("targetRef").is_some(), "targetRef"), (refs, "targetRefs")];
    let set: Vec<&'static str> = set.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
    if let [first, .., last] = set.as_slice() {
        let hint = format!("Keep {first} or {last}: targetRefs for Gateways, waypoints and Services, selector for workloads.");
        judge.error(spec.path_of(last), format!("{} are used together", set.join(" and ")), hint);
    }
}

/// Judges `targetRef` and `targetRefs`.
pub(crate) fn target_refs(judge: &mut Judge<'_>, spec: &Field<'_>) {
    for target in spec.get("targetRef").into_iter().chain(spec.list("targetRefs")) {
        if target.text("name").is_empty() {
            judge.error(target.path_of("name"), "the target has no name", "Write name.");
        }
        if has(&target, "namespace") {
            let message = "the target names a namespace, but can only be in the same one";
            judge.error(target.path_of("namespace"), message, "Remove namespace, and put this beside its target.");
        }
        judge.judge(&target, allowed_target(target.text("group"), target.text("kind")));
    }
}

fn allowed_target(group: &str, kind: &str) -> Verdict {
    const GATEWAY_API: &str = "gateway.networking.k8s.io";
    match (group, kind) {
        ("" | "core", "Service") | ("networking.istio.io", "ServiceEntry") | (GATEWAY_API, "Gateway" | "GatewayClass") => Ok(()),
        _ => fault(
            format!("the target is of kind {kind:?} in group {group:?}, which Istio does not attach this to"),
            "Write kind Gateway or GatewayClass with group gateway.networking.k8s.io, kind Service with group \"\", \
             or kind ServiceEntry with group networking.istio.io.",
        ),
    }
}

/// Judges a map of Kubernetes labels.
pub(crate) fn labels(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    for (key, value) in field.get(name).iter().flat_map(Field::entries) {
        if !is_label_key(key) {
            let hint = "Use at most 63 letters, digits, '-', '_' and '.', with an optional domain and '/' before them.";
            judge.about("key").error(value.path(), format!("{key:?} is not a valid label key"), hint);
        }
        if let Some(text) = value.str().filter(|v| !v.is_empty() && !is_qualified(v)) {
            let hint = "Use letters, digits, '-', '_' and '.', beginning and ending with a letter or digit.";
            judge.error(value.path(), format!("{text:?} is not a valid label value"), hint);
        }
    }
}

fn is_qualified(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next()) && edge(text.chars().last()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    name.len() <= 63 && is_qualified(name) && prefix.is_none_or(|p| p.len() <= 253 && p.split('.').all(is_dns_label))
}

/// Judges `exportTo`; `nobody` says whether `~` means something here. Yields the namespaces, with `.` written out.
pub(crate) fn export_to<'f>(judge: &mut Judge<'_>, spec: &Field<'f>, nobody: bool, namespace: &'f str) -> BTreeSet<&'f str> {
    let mut seen = BTreeSet::new();
    let entries: Vec<_> = spec.texts("exportTo").collect();
    for (text, field) in &entries {
        let key = if *text == "." { namespace } else { *text };
        if seen.contains(key) {
            judge.error(field.path(), format!("{text:?} is the same as an earlier entry"), "Remove one of the two.");
        } else if key == "~" && !nobody {
            judge.error(field.path(), "\"~\" (nobody) is for ServiceEntries alone", "Write \".\" to keep it to its own namespace.");
        } else if key == "*" || key == "~" || is_dns_label(key) {
            seen.insert(key);
        } else {
            let hint = "Write \".\" for its own namespace, \"*\" for all, or the name of one.";
            judge.error(field.path(), format!("{text:?} is not the name of a namespace"), hint);
        }
    }
    for (sign, meaning) in [("*", "everybody"), ("~", "nobody")] {
        if seen.contains(sign) && entries.len() > 1 {
            let message = format!("{sign:?} ({meaning}) stands beside other entries");
            judge.error(spec.path_of("exportTo"), message, format!("Write {sign:?} alone, or only the namespaces."));
        }
    }
    seen
}
