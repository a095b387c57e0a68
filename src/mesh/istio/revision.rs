//! Revisions, their tags, and the webhooks that stand for both.

use std::collections::BTreeSet;

use super::labels::{INJECT, INJECTION, REV, SYSTEM_NAMESPACES, TAG};
use crate::index::Index;
use crate::model::{Evidence, Field, Kind, LabelSelector, Map, Object, ObjectRef, Requirement, Str, Subject};

/// The revision that is meant where none is named.
pub const DEFAULT: &str = "default";
/// Another name of a revision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    pub name: Str,
    /// The revision it stands for, whether or not that exists.
    pub revision: Str,
    /// The webhook configuration or Service that defines it.
    pub object: ObjectRef,
}

/// One injection webhook: which pods of which namespaces are shown to which istiod.
#[derive(Clone, Debug, PartialEq)]
pub struct Injector {
    /// Its configuration; nothing for those the chart would make, assumed where webhooks are not visible.
    pub object: Option<ObjectRef>,
    /// The configuration's name, also of one that is assumed: the API server asks them in the order of their names.
    pub configuration: Str,
    /// Its place in the configuration.
    pub path: String,
    pub name: Str,
    /// The revision that answers.
    pub revision: Str,
    /// The tag it stands for.
    pub tag: Option<Str>,
    /// The namespace of the istiod Service it calls; empty for a URL.
    pub service_namespace: Str,
    pub namespaces: LabelSelector,
    pub pods: LabelSelector,
    /// Whether pods cannot be created while istiod does not answer.
    pub fail_closed: bool,
}

impl Injector {
    /// Evidence that points at it.
    pub(super) fn evidence(&self, text: impl Into<String>) -> Evidence {
        match &self.object {
            Some(object) => Evidence::field(object.clone(), self.path.clone(), text),
            None => Evidence::default(text),
        }
    }

    /// What messages call it.
    pub(super) fn describe(&self) -> String {
        let by = match &self.tag {
            Some(tag) => format!("tag {tag} of revision {}", self.revision),
            None => format!("revision {}", self.revision),
        };
        if self.object.is_some() { format!("webhook {} ({by})", self.name) } else { format!("the chart's webhook {} ({by})", self.name) }
    }
}

/// Tags from webhook configurations and from Services, sorted, each name and revision once.
pub(super) fn tags(index: &Index) -> Vec<Tag> {
    let of = |labels: &Map, object: ObjectRef| {
        let name = labels.get(TAG)?.into();
        Some(Tag { name, revision: labels.get(REV).filter(|r| !r.is_empty()).unwrap_or(DEFAULT).into(), object })
    };
    let webhooks = index.objects(Kind::MutatingWebhookConfiguration).iter().filter_map(|o| of(&o.meta.labels, o.reference()));
    let services = index.services().iter().filter(|s| s.metadata.name.starts_with("istiod-revision-tag-"));
    let mut tags: Vec<Tag> = webhooks.chain(services.filter_map(|s| of(&s.metadata.labels, s.reference()))).collect();
    tags.sort();
    tags.dedup_by(|a, b| a.name == b.name && a.revision == b.revision);
    tags
}

/// The injection webhooks that are there.
pub(super) fn injectors(index: &Index) -> Vec<Injector> {
    index.objects(Kind::MutatingWebhookConfiguration).iter().flat_map(of_configuration).collect()
}

fn of_configuration(object: &Object) -> impl Iterator<Item = Injector> + '_ {
    let labels = &object.meta.labels;
    let revision = Str::from(labels.get(REV).filter(|r| !r.is_empty()).unwrap_or(DEFAULT));
    let tag = labels.get(TAG).map(Str::from);
    object.root().list("webhooks").filter(|w| w.text("name").ends_with("istio.io") && is_shown_pods(w)).map(move |webhook| {
        let selector = |name| webhook.get(name).map(|s| readable_selector(&s)).unwrap_or_default();
        Injector {
            object: Some(object.reference()),
            configuration: object.meta.name.clone(),
            path: webhook.path(),
            name: webhook.text("name").into(),
            revision: revision.clone(),
            tag: tag.clone(),
            service_namespace: webhook.at(["clientConfig", "service"]).map(|s| Str::from(s.text("namespace"))).unwrap_or_default(),
            namespaces: selector("namespaceSelector"),
            pods: selector("objectSelector"),
            fail_closed: webhook.text("failurePolicy") != "Ignore",
        }
    })
}

/// Whether the API server asks a webhook about new pods at all.
fn is_shown_pods(webhook: &Field<'_>) -> bool {
    let names = |rule: &Field<'_>, list, wanted: &[&str]| rule.texts(list).any(|(word, _)| wanted.contains(&word));
    let creates_pods = |rule: Field<'_>| names(&rule, "operations", &["CREATE", "*"]) && names(&rule, "resources", &["pods", "*", "*/*"]);
    webhook.get("rules").is_none() || webhook.list("rules").any(creates_pods)
}

/// A selector that cannot be read must not read as "everything".
fn readable_selector(field: &Field<'_>) -> LabelSelector {
    LabelSelector::read(*field).unwrap_or_else(|| selector([requirement("", "In", &[])]))
}

/// The webhooks that Istio's charts make for revisions and tags: what is assumed where the real ones are not visible.
pub(super) fn chart_injectors(revisions: &BTreeSet<Str>, tags: &[Tag], namespaces_by_default: bool) -> Vec<Injector> {
    let named = revisions.iter().map(|r| (r, None)).chain(tags.iter().map(|t| (&t.revision, Some(&t.name))));
    named.flat_map(|(revision, tag)| chart_webhooks(revision, tag, namespaces_by_default)).collect()
}

fn chart_webhooks(revision: &Str, tag: Option<&Str>, namespaces_by_default: bool) -> Vec<Injector> {
    let word = tag.unwrap_or(revision).as_str();
    let absent = |key| requirement(key, "DoesNotExist", &[]);
    let not_refused = || requirement(INJECT, "NotIn", &["false"]);
    let is = |key, value| requirement(key, "In", &[value]);
    let configuration = match tag {
        Some(tag) => format!("istio-revision-tag-{tag}"),
        None if revision == DEFAULT => "istio-sidecar-injector".to_owned(),
        None => format!("istio-sidecar-injector-{revision}"),
    };
    let webhook = |prefix: &str, namespaces: LabelSelector, pods: LabelSelector| Injector {
        object: None,
        configuration: configuration.as_str().into(),
        path: String::new(),
        name: format!("{prefix}.sidecar-injector.istio.io").into(),
        revision: revision.clone(),
        tag: tag.cloned(),
        service_namespace: Str::default(),
        namespaces,
        pods,
        fail_closed: true,
    };
    let mut webhooks = vec![
        webhook("rev.namespace", selector([is(REV, word), absent(INJECTION)]), selector([not_refused()])),
        webhook("rev.object", selector([absent(REV), absent(INJECTION)]), selector([not_refused(), is(REV, word)])),
    ];
    if word == DEFAULT {
        webhooks.push(webhook("namespace", selector([is(INJECTION, "enabled")]), selector([not_refused()])));
        webhooks.push(webhook("object", selector([absent(INJECTION), absent(REV)]), selector([is(INJECT, "true"), absent(REV)])));
        if namespaces_by_default {
            let elsewhere = requirement("kubernetes.io/metadata.name", "NotIn", &SYSTEM_NAMESPACES);
            webhooks.push(webhook("auto", selector([absent(INJECTION), absent(REV), elsewhere]), selector([absent(INJECT), absent(REV)])));
        }
    }
    webhooks
}

fn selector<const N: usize>(expressions: [Requirement; N]) -> LabelSelector {
    LabelSelector { match_labels: Map::default(), match_expressions: expressions.into() }
}

fn requirement(key: &str, operator: &str, values: &[&str]) -> Requirement {
    Requirement { key: key.into(), operator: operator.into(), values: values.iter().map(|v| Str::from(*v)).collect() }
}
