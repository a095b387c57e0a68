//! Where Linkerd's trust anchors and its issuer's certificate stand.

use super::LinkerdConfig;
use crate::index::Index;
use crate::mesh::certificate::{self, Certificate, value};
use crate::model::{Kind, Object, key};

/// Certificates as they stand in an object.
pub struct Bundle<'w> {
    pub object: &'w Object,
    /// Its key.
    pub path: String,
    /// The certificates, or why they cannot be read.
    pub certificates: Result<Vec<Certificate>, String>,
}

const TLS: &str = "kubernetes.io/tls";

/// The trust anchors of a control plane: ConfigMap `linkerd-identity-trust-roots`, else what the chart was given.
pub fn anchors<'w>(index: &'w Index, config: &'w LinkerdConfig) -> Option<Bundle<'w>> {
    let roots = index.object(Kind::ConfigMap, &config.namespace, "linkerd-identity-trust-roots");
    if let Some(object) = roots {
        return at(object, "ca-bundle.crt");
    }
    let pem = config.trust_anchors.as_deref()?;
    let object = index.object(Kind::ConfigMap, &config.namespace, "linkerd-config")?;
    Some(Bundle { object, path: "data.values".to_owned(), certificates: certificate::read(pem.as_bytes()) })
}

/// The trust anchors that the chart was given (`identityTrustAnchorsPEM`), where they are not what proxies trust anyway, and the ConfigMap that says so.
pub fn of_values<'w>(index: &'w Index, config: &LinkerdConfig) -> Option<(Vec<Certificate>, &'w Object)> {
    index.object(Kind::ConfigMap, &config.namespace, "linkerd-identity-trust-roots")?;
    let object = index.object(Kind::ConfigMap, &config.namespace, "linkerd-config")?;
    let written = certificate::read(config.root().text("identityTrustAnchorsPEM").as_bytes()).ok()?;
    Some((written, object))
}

/// The Secret that the issuer's certificate is meant to stand in.
pub fn issuer_secret<'w>(index: &'w Index, config: &LinkerdConfig) -> Option<&'w Object> {
    index.object(Kind::Secret, &config.namespace, "linkerd-identity-issuer")
}

/// Under which key the issuer's certificate stands there.
pub fn issuer_key(config: &LinkerdConfig) -> &'static str {
    if config.issuer_scheme == TLS { "tls.crt" } else { "crt.pem" }
}

/// The issuer's certificate with its chain.
pub fn issuer<'w>(index: &'w Index, config: &LinkerdConfig) -> Option<Bundle<'w>> {
    at(issuer_secret(index, config)?, issuer_key(config))
}

/// What stands under a key of a ConfigMap or a Secret.
pub fn at<'w>(object: &'w Object, name: &str) -> Option<Bundle<'w>> {
    let pem = value(object, name)?;
    Some(Bundle { object, path: format!("data{}", key(name)), certificates: certificate::read(&pem) })
}
