//! Certificates in a proxy's secrets: one row for each, where istioctl shows the first of a secret.

use jiff::Timestamp;
use serde::Serialize;

use crate::mesh::certificate::Certificate;
use crate::mesh::envoy::secret::Read;
use crate::mesh::envoy::{Content, Secret, Stage};
use crate::model::Str;

/// A certificate in a secret, or a secret without one.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxySecretRow"))]
#[serde(rename_all = "camelCase")]
pub struct SecretRow {
    /// Name of the secret.
    pub name: Str,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: SecretKind,
    /// How far it is.
    pub state: Stage,
    /// Whether it has come at all.
    pub initialized: bool,
    /// Which of its certificates, from 1; absent where none is readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Whether the certificate holds now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
    /// Serial number, 32 hexadecimal digits.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub serial: String,
    /// Until when it holds, RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_after: String,
    /// From when it holds, RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_before: String,
    /// The trust domain that it is believed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_domain: Option<Str>,
    /// Identities and names that it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub issuer: String,
    /// Kind of its key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxySecretKind"))]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// The proxy believes what these have issued.
    Ca,
    /// The proxy shows them.
    CertChain,
    /// Something without certificates, or nothing yet.
    Other,
}

impl SecretKind {
    /// The words in tables.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ca => "CA",
            Self::CertChain => "Cert Chain",
            Self::Other => "-",
        }
    }
}

pub(super) fn rows(all: Vec<Secret>, now: Timestamp) -> Vec<SecretRow> {
    let mut rows: Vec<SecretRow> = all.into_iter().flat_map(|secret| of(secret, now)).collect();
    // Those that wait are the first, as they are with istioctl.
    rows.sort_by(|a, b| (a.state != Stage::Warming, &a.name).cmp(&(b.state != Stage::Warming, &b.name)));
    rows
}

fn of(secret: Secret, now: Timestamp) -> Vec<SecretRow> {
    let empty = |kind| SecretRow {
        name: secret.name.clone(),
        kind,
        state: secret.stage,
        initialized: secret.version != "uninitialized",
        position: None,
        valid: None,
        serial: String::new(),
        not_after: String::new(),
        not_before: String::new(),
        trust_domain: None,
        names: Vec::new(),
        issuer: String::new(),
        key: String::new(),
        problem: String::new(),
    };
    let row = |kind, nth: usize, certificate: Certificate| SecretRow {
        position: Some(nth + 1),
        valid: Some(certificate.holds_at(now)),
        serial: certificate.serial.clone(),
        not_after: certificate.not_after.to_string(),
        not_before: certificate.not_before.to_string(),
        names: certificate.uris.iter().chain(&certificate.names).cloned().collect(),
        issuer: certificate.issuer.clone(),
        key: certificate.key.to_string(),
        ..empty(kind)
    };
    let read = |kind, read: Read| match read {
        Ok(all) => all.into_iter().enumerate().map(|(nth, one)| row(kind, nth, one)).collect(),
        Err(problem) => vec![SecretRow { problem, ..empty(kind) }],
    };
    match secret.content.clone() {
        Content::Chain(chain) => read(SecretKind::CertChain, chain),
        Content::Roots(roots) => read(SecretKind::Ca, roots),
        Content::Domains(domains) => {
            let of_domain = |(domain, roots): (Str, Read)| {
                read(SecretKind::Ca, roots).into_iter().map(move |row| SecretRow { trust_domain: Some(domain.clone()), ..row }).collect::<Vec<_>>()
            };
            domains.into_iter().flat_map(of_domain).collect()
        }
        Content::Nothing => vec![empty(SecretKind::Other)],
    }
}
