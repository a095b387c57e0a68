//! Where Linkerd's trust anchors and its issuer's certificate stand, and how long before their end they are reported.

use jiff::Timestamp;

use crate::mesh::certificate::{self, Certificate, value};
use crate::mesh::linkerd::LinkerdConfig;
use crate::model::{Kind, Object, key};
use crate::world::World;

/// Certificates as they stand in an object.
pub(in crate::checks) struct Bundle<'w> {
    pub(in crate::checks) object: &'w Object,
    /// Its key.
    pub(in crate::checks) path: String,
    /// The certificates, or why they cannot be read.
    pub(in crate::checks) certificates: Result<Vec<Certificate>, String>,
}

const DAY: i64 = 86_400;
const TLS: &str = "kubernetes.io/tls";

/// The trust anchors of a control plane: ConfigMap `linkerd-identity-trust-roots`, else what the chart was given.
pub(in crate::checks) fn anchors<'w>(world: &'w World, config: &'w LinkerdConfig) -> Option<Bundle<'w>> {
    let roots = world.index.object(Kind::ConfigMap, &config.namespace, "linkerd-identity-trust-roots");
    if let Some(object) = roots {
        return at(object, "ca-bundle.crt");
    }
    let pem = config.trust_anchors.as_deref()?;
    let object = world.index.object(Kind::ConfigMap, &config.namespace, "linkerd-config")?;
    Some(Bundle { object, path: "data.values".to_owned(), certificates: certificate::read(pem.as_bytes()) })
}

/// The Secret that the issuer's certificate is meant to stand in.
pub(in crate::checks) fn issuer_secret<'w>(world: &'w World, config: &LinkerdConfig) -> Option<&'w Object> {
    world.index.object(Kind::Secret, &config.namespace, "linkerd-identity-issuer")
}

/// Under which key the issuer's certificate stands there.
pub(in crate::checks) fn issuer_key(config: &LinkerdConfig) -> &'static str {
    if config.issuer_scheme == TLS { "tls.crt" } else { "crt.pem" }
}

/// The issuer's certificate with its chain.
pub(in crate::checks) fn issuer<'w>(world: &'w World, config: &LinkerdConfig) -> Option<Bundle<'w>> {
    at(issuer_secret(world, config)?, issuer_key(config))
}

/// What stands under a key of a ConfigMap or a Secret.
pub(in crate::checks) fn at<'w>(object: &'w Object, name: &str) -> Option<Bundle<'w>> {
    let pem = value(object, name)?;
    Some(Bundle { object, path: format!("data{}", key(name)), certificates: certificate::read(&pem) })
}

/// What is wrong with a certificate's dates, if anything.
pub(in crate::checks) fn out_of_date(certificate: &Certificate, now: Timestamp) -> Option<String> {
    if certificate.not_after < now {
        Some(format!("expired at {}", certificate.not_after))
    } else if now < certificate.not_before {
        Some(format!("is not valid before {}", certificate.not_before))
    } else {
        None
    }
}

/// Whether a certificate ends soon: within 60 days, or for one that is made for less than 180 days, within the last third of its time, when
/// whoever renews it ought to have done so.
pub(in crate::checks) fn ends_soon(certificate: &Certificate, now: Timestamp) -> bool {
    let left = certificate.not_after.as_second() - now.as_second();
    certificate.holds_at(now) && left < (60 * DAY).min(certificate.lifetime() / 3)
}

/// The time that is left, in days or hours.
pub(in crate::checks) fn time_left(certificate: &Certificate, now: Timestamp) -> String {
    match certificate.days_left(now) {
        0 | 1 => format!("{} hours", (certificate.not_after.as_second() - now.as_second()) / 3600),
        days => format!("{days} days"),
    }
}
