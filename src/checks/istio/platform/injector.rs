//! The injector's configuration: ConfigMap `istio-sidecar-injector`, or `istio-sidecar-injector-<revision>`, key `values`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::index::Index;
use crate::mesh::istio::membership::{REVISION, TAG};
use crate::model::{Field, Kind};

/// Injector settings by revision; the default revision's name is empty.
pub(super) struct Injectors<'a> {
    by_revision: BTreeMap<&'a str, Value>,
    tags: BTreeMap<&'a str, &'a str>,
}

impl<'a> Injectors<'a> {
    /// Reads all of them.
    pub(super) fn read(index: &'a Index) -> Self {
        let mut by_revision = BTreeMap::new();
        for map in index.objects(Kind::ConfigMap) {
            let Some(rest) = map.meta.name.strip_prefix("istio-sidecar-injector") else { continue };
            let text = map.root().at(["data", "values"]).and_then(|v| v.str()).unwrap_or_default();
            if let Ok(values) = serde_json::from_str(text) {
                by_revision.insert(rest.trim_start_matches('-'), values);
            }
        }
        let webhooks = index.objects(Kind::MutatingWebhookConfiguration).iter();
        let tags = webhooks.filter_map(|w| Some((w.meta.labels.get(TAG)?, normal(w.meta.labels.get(REVISION)?)))).collect();
        Self { by_revision, tags }
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.by_revision.is_empty()
    }

    /// The settings of exactly this revision.
    pub(super) fn of(&self, revision: &str) -> Option<Field<'_>> {
        self.by_revision.get(normal(revision)).map(Field::root)
    }

    /// The settings of the revision that a tag stands for.
    pub(super) fn of_tag(&self, tag: &str) -> Option<Field<'_>> {
        self.by_revision.get(self.tags.get(tag)?).map(Field::root)
    }
}

fn normal(revision: &str) -> &str {
    if revision == "default" { "" } else { revision }
}

/// Whether namespaces without a label get sidecars too.
pub(super) fn injects_unlabelled(values: &Field<'_>) -> bool {
    values.at(["sidecarInjectorWebhook", "enableNamespacesByDefault"]).and_then(|v| v.bool()).unwrap_or(false)
}

/// The image that sidecars get.
pub(super) fn proxy_image(values: &Field<'_>) -> String {
    let text = |steps: &[&'static str]| {
        let mut at = values.value();
        for step in steps {
            at = at.get(step).unwrap_or(&Value::Null);
        }
        match at {
            Value::String(s) => s.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    };
    let image = text(&["global", "proxy", "image"]);
    if image.contains('/') { image } else { format!("{}/{image}:{}", text(&["global", "hub"]), text(&["global", "tag"])) }
}
