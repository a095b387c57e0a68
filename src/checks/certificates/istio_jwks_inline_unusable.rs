use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::checks::Findings;
use crate::mesh::istio::request_authentication::rules;
use crate::model::{Field, Json, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The inline `jwks` of a RequestAuthentication holds no key at all, or only keys whose certificate (`x5c`) has expired.
    ///
    /// # Why it matters
    ///
    /// Without a usable key every token is refused.
    ///
    /// # How to fix it
    ///
    /// Replace the key pair, write only its public half (`kty`, `n`, `e`, or `crv`, `x`, `y`), or use `jwksUri`, which follows the issuer's
    /// rotation.
    ///
    /// Sources: RFC 7517, RFC 7518 section 6; istio `pkg/config/security/security.go`.
    "istio-jwks-inline-unusable",
    summary: "Inline JWKS holds no key, or only expired ones",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::RequestAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for ra in world.index.objects(Kind::RequestAuthentication) {
        for rule in rules(ra) {
            let Some(text) = rule.jwks() else { continue };
            // What is no key set, and keys that belong to the signer alone, are matters of istio-request-authentication-invalid.
            let Ok(document) = serde_json::from_str::<Json>(text) else { continue };
            let Some(list) = document.root().get("keys").filter(Field::is_list) else { continue };
            let keys: Vec<Field<'_>> = list.items().collect();
            let path = rule.field.path_of("jwks");
            if keys.is_empty() {
                findings.add(ra, path, "holds no key, so every token of the issuer is refused", "Write the issuer's public keys, or use jwksUri.");
            } else if keys.iter().all(|key| expired(key, world.now.as_second()).is_some()) {
                let until = keys.iter().filter_map(|key| expired(key, world.now.as_second())).max().unwrap_or_default();
                let day = jiff::Timestamp::from_second(until).map(|t| t.to_string()).unwrap_or_default();
                let message = format!("the certificates of all keys have expired, the last one at {day}");
                findings.add(ra, path, message, "Write the issuer's present keys, or use jwksUri.").severity(Severity::Warning);
            }
        }
    }
}

/// When the certificate of a key expired, if it has one and it did.
fn expired(key: &Field<'_>, now: i64) -> Option<i64> {
    let (text, _) = key.texts("x5c").next()?;
    let der = STANDARD.decode(text).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    Some(certificate.validity().not_after.timestamp()).filter(|until| *until < now)
}
