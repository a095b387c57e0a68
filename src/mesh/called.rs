//! What the API server calls over TLS, webhooks and aggregated APIs, and the certificates by which it verifies who answers.

use super::certificate::{self, Certificate};
use crate::index::Index;
use crate::model::{Field, Kind, Object};

/// A Service that the API server calls.
#[derive(Clone, Copy, Debug)]
pub struct Called<'a> {
    /// The object that says so.
    pub object: &'a Object,
    /// Where its `caBundle` stands: the webhook's `clientConfig`, or an APIService's spec.
    pub holder: Field<'a>,
    /// Namespace of the Service; empty where a URL is called.
    pub namespace: &'a str,
    /// Its name.
    pub service: &'a str,
}

/// Everything that it calls.
pub fn all(index: &Index) -> Vec<Called<'_>> {
    let mut found = Vec::new();
    for kind in [Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration] {
        for object in index.objects(kind) {
            let holders = object.root().list("webhooks").filter_map(|webhook| webhook.get("clientConfig"));
            found.extend(holders.map(|holder| of(object, holder)));
        }
    }
    found.extend(index.objects(Kind::ApiService).iter().map(|object| of(object, object.spec())));
    found
}

fn of<'a>(object: &'a Object, holder: Field<'a>) -> Called<'a> {
    let part = |name| holder.get("service").map(|service| service.text(name)).unwrap_or_default();
    Called { object, holder, namespace: part("namespace"), service: part("name") }
}

impl Called<'_> {
    /// The certificates by which it verifies, or why they cannot be read; nothing where it is told of none.
    pub fn trusted(&self) -> Option<Result<Vec<Certificate>, String>> {
        let text = self.holder.get("caBundle")?.str().filter(|text| !text.is_empty())?;
        Some(certificate::of_bundle(text))
    }

    /// Where they stand.
    pub fn path(&self) -> String {
        self.holder.path_of("caBundle")
    }
}
