//! What rules about injection webhooks share.

use crate::model::{Field, LabelSelector, Map};

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
