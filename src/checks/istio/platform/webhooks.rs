//! What rules about injection webhooks share.

use crate::model::{Field, LabelSelector, Map};

/// Whether a webhook is Istio's, by its name.
pub(super) fn is_istio(webhook: &Field<'_>) -> bool {
    webhook.text("name").ends_with("istio.io")
}

/// Whether the selector `name` of a webhook matches; one that is absent matches everything.
pub(super) fn selector_matches(webhook: &Field<'_>, name: &'static str, labels: &Map) -> bool {
    match webhook.value().get(name).filter(|v| !v.is_null()) {
        Some(selector) => LabelSelector::from_value(selector).is_some_and(|s| s.matches(labels)),
        None => true,
    }
}
