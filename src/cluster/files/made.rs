//! Secrets and ConfigMaps that other tools make of what the files hold.

use serde_json::Value;

use crate::model::{Kind, Str};

/// What some tool makes of a document: kind, namespace and name; an empty namespace or name stands for any.
///
/// cert-manager writes the Secret that a Certificate names, and those of a Gateway or Ingress annotated with an issuer; trust-manager a ConfigMap
/// or Secret named like its Bundle, in any namespace.
pub(super) fn of(api_version: &str, kind: &str, document: &Value, namespace: &str) -> Vec<(Kind, Str, Str)> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let written = text("/metadata/namespace");
    let home = if written.is_empty() { namespace } else { written };
    let made = |kind, namespace: &str, name: &str| (kind, Str::from(namespace), Str::from(name));
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("cert-manager.io", "Certificate") => vec![made(Kind::Secret, home, text("/spec/secretName"))],
        ("trust.cert-manager.io", "Bundle" | "ClusterBundle") => {
            [Kind::ConfigMap, Kind::Secret].map(|kind| made(kind, "", text("/metadata/name"))).into()
        }
        (_, "Gateway" | "ListenerSet" | "Ingress") => {
            let issuers = ["/metadata/annotations/cert-manager.io~1issuer", "/metadata/annotations/cert-manager.io~1cluster-issuer"];
            issuers.into_iter().filter(|pointer| !text(pointer).is_empty()).map(|_| made(Kind::Secret, home, "")).collect()
        }
        _ => Vec::new(),
    }
}
