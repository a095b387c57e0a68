//! Certificates of the meshes: who trusts whom, until when, and in which stage the change of a root stands. Private keys are never looked at.

mod found;
mod rotation;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::mesh::certificate::Certificate;
use crate::model::{Evidence, Gap, Kind, MeshId, ObjectRef, Str};
use crate::report::MeshTag;
use crate::world::World;

pub use found::of_files;
pub use rotation::{RotationRow, Stage};

/// Kinds that hold public certificates or say something of them; Secrets, which hold private keys as well, aside.
pub const CERTIFICATE_KINDS: &[Kind] = &[
    Kind::ConfigMap,
    Kind::MutatingWebhookConfiguration,
    Kind::ValidatingWebhookConfiguration,
    Kind::ApiService,
    Kind::IstioGateway,
    Kind::Gateway,
    Kind::CertManagerCertificate,
];

/// A CertificateReport.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CertificateReport {
    /// Certificates, sorted by mesh and role.
    pub certificates: Vec<CertificateRow>,
    /// Which trust anchors are in force where: one row for each set, so that more than one of a mesh means that they differ.
    pub anchors: Vec<AnchorSet>,
    /// How far the change of a root has come, of each control plane.
    pub rotations: Vec<RotationRow>,
    /// What could not be read and would have told more.
    pub gaps: Vec<Gap>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "CertificateRole"))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Every proxy trusts what it signed.
    TrustAnchor,
    /// It signs the certificates of workloads.
    Issuer,
    /// It stands between an issuer and an anchor.
    Intermediate,
    /// The API server verifies a webhook by it, or a webhook shows it.
    Webhook,
    /// A gateway shows it to clients.
    Gateway,
    /// It stands in a file.
    File,
}

impl Role {
    /// The words in tables.
    pub const fn title(self) -> &'static str {
        match self {
            Self::TrustAnchor => "trust anchor",
            Self::Issuer => "issuer",
            Self::Intermediate => "intermediate",
            Self::Webhook => "webhook",
            Self::Gateway => "gateway",
            Self::File => "file",
        }
    }
}

/// Whether a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// It does, for long enough.
    Valid,
    /// It ends soon.
    Expiring,
    /// It has ended.
    Expired,
    /// It does not hold yet.
    NotYetValid,
    /// It was not read.
    Unknown,
}

/// Whether a certificate was issued by an authority that is trusted where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// It is what others are verified by.
    Anchor,
    /// Its chain leads to one of the anchors.
    Verified,
    /// It leads to none of them.
    Broken,
    /// The anchors are not known here.
    Unknown,
}

/// A certificate, and everywhere it stands.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CertificateRow {
    /// The mesh; `any` for what no mesh issued.
    pub mesh: MeshTag,
    /// What it is for.
    pub role: Role,
    /// Its subject, or the Secret that holds it where that was not read.
    pub subject: String,
    /// DNS names and addresses that it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Identities that it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<String>,
    /// SHA-256 of the whole certificate, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Kind of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// From when it holds, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Until when it holds, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// Seconds until it ends; negative when it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<i64>,
    /// How much of its time is left, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent_left: Option<i64>,
    /// Whether it holds.
    pub state: Validity,
    /// Whether it was issued by an authority that is trusted where it is used.
    pub chain: Chain,
    /// What else is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Who renews it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalRow>,
    /// Where it stands.
    pub places: Vec<Evidence>,
}

/// A Certificate of cert-manager's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RenewalRow {
    /// Which.
    pub certificate: ObjectRef,
    /// Whether cert-manager says that it is ready; absent where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// When it is to be renewed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal_time: Option<String>,
    /// Whether that time is over.
    pub overdue: bool,
}

/// A set of trust anchors and the places that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AnchorSet {
    /// The mesh.
    pub mesh: MeshId,
    /// SHA-256 of each certificate, sorted.
    pub sha256: Vec<String>,
    /// Objects that hold it.
    pub places: Vec<Evidence>,
    /// Pods that run with it.
    pub pods: usize,
}

/// How near its end a certificate may come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// So many seconds.
    Seconds(i64),
    /// So much of its time, in percent.
    Percent(i64),
}

impl CertificateRow {
    fn new(mesh: MeshTag, role: Role, certificate: &Certificate, now: Timestamp) -> Self {
        let left = certificate.not_after.as_second() - now.as_second();
        let state = match () {
            () if left < 0 => Validity::Expired,
            () if now < certificate.not_before => Validity::NotYetValid,
            () if certificate.ends_soon(now) => Validity::Expiring,
            () => Validity::Valid,
        };
        Self {
            mesh,
            role,
            subject: certificate.subject.clone(),
            names: certificate.names.clone(),
            uris: certificate.uris.clone(),
            sha256: Some(sha256(&certificate.der)),
            algorithm: Some(certificate.key.to_string()),
            not_before: Some(certificate.not_before.to_string()),
            not_after: Some(certificate.not_after.to_string()),
            seconds_left: Some(left),
            percent_left: Some(left.saturating_mul(100).div_euclid(certificate.lifetime().max(1))),
            state,
            chain: Chain::Unknown,
            problems: problems(mesh, role, certificate),
            renewal: None,
            places: Vec::new(),
        }
    }

    /// Whether it is nearer its end than `limit`, or over.
    pub fn is_below(&self, limit: Limit) -> bool {
        match limit {
            Limit::Seconds(seconds) => self.seconds_left.is_some_and(|left| left < seconds),
            Limit::Percent(percent) => self.percent_left.is_some_and(|left| left < percent),
        }
    }

    /// Whether connections that rest on it fail.
    pub fn is_broken(&self) -> bool {
        matches!(self.state, Validity::Expired | Validity::NotYetValid) || self.chain == Chain::Broken
    }
}

fn sha256(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What makes a certificate unfit for what it is for.
fn problems(mesh: MeshTag, role: Role, certificate: &Certificate) -> Vec<String> {
    use crate::mesh::certificate::Key;
    let mut found = Vec::new();
    let signs = matches!(role, Role::TrustAnchor | Role::Issuer | Role::Intermediate);
    if signs && !certificate.is_authority {
        found.push("it is no certificate of an authority, and may issue none".to_owned());
    }
    match (mesh, role, certificate.key) {
        (MeshTag::Linkerd, Role::Issuer, key) if key != Key::EcdsaP256 => {
            found.push(format!("Linkerd takes issuers with ECDSA P-256 only; its key is {key}"))
        }
        (MeshTag::Linkerd, Role::TrustAnchor, Key::EcdsaP256 | Key::Rsa(2048 | 4096)) => {}
        (MeshTag::Linkerd, Role::TrustAnchor, key) => {
            found.push(format!("Linkerd takes anchors with ECDSA P-256 or RSA of 2048 or 4096 bits; its key is {key}"))
        }
        (_, _, Key::Rsa(bits)) if bits < 2048 => found.push(format!("an RSA key of {bits} bits is too short")),
        _ => {}
    }
    found
}

/// All certificates in scope.
pub fn certificates(world: &World, with_secrets: bool) -> CertificateReport {
    let found = found::all(world, with_secrets);
    let mut gaps = super::gaps(world, CERTIFICATE_KINDS);
    if with_secrets {
        gaps.extend(super::gaps(world, &[Kind::Secret]));
    }
    gaps.sort();
    gaps.dedup();
    let anchors = sets(&found.sets);
    CertificateReport { certificates: once_each(found.rows), anchors, rotations: rotation::all(world, &found.sets, with_secrets), gaps }
}

/// Puts the same certificate in the same role together, with all its places.
fn once_each(rows: Vec<CertificateRow>) -> Vec<CertificateRow> {
    let mut by_certificate: BTreeMap<(MeshTag, Role, String, Option<String>), CertificateRow> = BTreeMap::new();
    for row in rows {
        match by_certificate.entry((row.mesh, row.role, row.subject.clone(), row.sha256.clone())) {
            std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(row)),
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                // One place where it is broken breaks what rests on that place.
                if row.chain == Chain::Broken || known.chain == Chain::Unknown {
                    known.chain = row.chain;
                }
                known.renewal = known.renewal.take().or(row.renewal);
                known.places.extend(row.places);
            }
        }
    }
    by_certificate.into_values().collect()
}

/// Trust anchors of one mesh in one place, or of so many pods.
struct Held {
    mesh: MeshId,
    certificates: Vec<Certificate>,
    place: Option<Evidence>,
    namespace: Str,
    pods: usize,
}

fn sets(held: &[Held]) -> Vec<AnchorSet> {
    let mut found: BTreeMap<(MeshId, BTreeSet<String>), AnchorSet> = BTreeMap::new();
    for held in held {
        let set: BTreeSet<String> = held.certificates.iter().map(|c| sha256(&c.der)).collect();
        let row = found.entry((held.mesh, set.clone())).or_insert_with(|| AnchorSet {
            mesh: held.mesh,
            sha256: set.into_iter().collect(),
            places: Vec::new(),
            pods: 0,
        });
        row.places.extend(held.place.clone());
        row.pods += held.pods;
    }
    found.into_values().collect()
}
