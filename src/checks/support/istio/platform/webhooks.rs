//! What rules about injection webhooks share.

use std::collections::BTreeSet;

use crate::mesh::istio::REV;
use crate::model::{Field, Kind, LabelSelector, Map, Object};
use crate::world::World;

/// Whether a webhook is Istio's, by its name.
pub(in crate::checks) fn is_istio(webhook: &Field<'_>) -> bool {
    webhook.text("name").ends_with("istio.io")
}

/// Whether the selector `name` of a webhook matches; one that is absent matches everything.
pub(in crate::checks) fn selector_matches(webhook: &Field<'_>, name: &str, labels: &Map) -> bool {
    match webhook.get(name) {
        Some(selector) => LabelSelector::read(selector).is_some_and(|s| s.matches(labels)),
        None => true,
    }
}

/// Configurations of Istio's: those with a revision, and those with a webhook named as Istio names them.
pub(in crate::checks) fn configurations(world: &World) -> impl Iterator<Item = &Object> {
    world
        .index
        .objects(Kind::MutatingWebhookConfiguration)
        .iter()
        .filter(|c| !revisions(c).is_empty() || c.root().list("webhooks").any(|w| is_istio(&w)))
}

/// Revisions that a configuration mentions.
pub(in crate::checks) fn revisions(configuration: &Object) -> BTreeSet<&str> {
    let mut found: BTreeSet<&str> = configuration.meta.labels.get(REV).into_iter().collect();
    for webhook in configuration.root().list("webhooks") {
        for selector in ["namespaceSelector", "objectSelector"].into_iter().filter_map(|name| webhook.get(name)) {
            found.extend(selector.get("matchLabels").and_then(|m| m.get(REV)).and_then(|r| r.str()));
            let about_revisions = selector.list("matchExpressions").filter(|e| e.text("key") == REV);
            found.extend(about_revisions.flat_map(|e| e.texts("values").collect::<Vec<_>>()).map(|(value, _)| value));
        }
    }
    found
}
