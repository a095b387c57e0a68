//! Certificates of the meshes: who trusts whom, until when, and in which stage the change of a root stands. Private keys are never looked at.

mod found;
mod rotation;
mod showing;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::mesh::certificate::{Certificate, Key};
use crate::mesh::expiry::{self, Left, RenewedBy};
use crate::mesh::shown::Shown;
use crate::model::{Evidence, Gap, Kind, MeshId, ObjectRef};
use crate::report::MeshTag;
use crate::world::World;

pub use crate::mesh::rotation::Stage;
pub use found::of_files;
pub use rotation::{RefusedRow, RotationRow};

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
    /// A control plane shows it to proxies.
    ControlPlane,
    /// A workload's proxy shows it to others.
    Workload,
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
            Self::ControlPlane => "control plane",
            Self::Workload => "workload",
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
    /// It ends soon, or ought to have been renewed.
    Expiring,
    /// It ends before long, and has to be renewed now.
    Critical,
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
    /// The subject of who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
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
    /// Who renews it, which tells how much of its time may be left.
    pub renewed_by: RenewedBy,
    /// What cert-manager says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalRow>,
    /// Where it stands.
    pub places: Vec<Evidence>,
    /// From when until when it holds.
    #[serde(skip)]
    dates: Option<(Timestamp, Timestamp)>,
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
    /// Whether it has been over for more than a twentieth of the certificate's time.
    #[serde(skip)]
    late: bool,
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
        let renewed_by = match (role, mesh) {
            (Role::Workload | Role::ControlPlane, MeshTag::Istio) => RenewedBy::Istio,
            (Role::Workload | Role::ControlPlane, MeshTag::Linkerd) => RenewedBy::Linkerd,
            _ => RenewedBy::Hand,
        };
        let row = Self {
            issuer: Some(certificate.issuer.clone()),
            names: certificate.names.clone(),
            uris: certificate.uris.clone(),
            sha256: Some(sha256(&certificate.der)),
            algorithm: Some(certificate.key.to_string()),
            problems: problems(mesh, role, certificate),
            renewed_by,
            ..Self::unread(mesh, role, certificate.subject.clone())
        };
        row.dated(certificate.not_before, certificate.not_after, now)
    }

    /// A certificate of which only the place is known.
    fn unread(mesh: MeshTag, role: Role, subject: String) -> Self {
        Self {
            mesh,
            role,
            subject,
            issuer: None,
            names: Vec::new(),
            uris: Vec::new(),
            sha256: None,
            algorithm: None,
            not_before: None,
            not_after: None,
            seconds_left: None,
            percent_left: None,
            state: Validity::Unknown,
            chain: Chain::Unknown,
            problems: Vec::new(),
            renewed_by: RenewedBy::Hand,
            renewal: None,
            places: Vec::new(),
            dates: None,
        }
    }

    fn dated(mut self, from: Timestamp, until: Timestamp, now: Timestamp) -> Self {
        let left = until.as_second() - now.as_second();
        self.not_before = Some(from.to_string());
        self.not_after = Some(until.to_string());
        self.seconds_left = Some(left);
        self.percent_left = Some(left.saturating_mul(100).div_euclid((until.as_second() - from.as_second()).max(1)));
        self.dates = Some((from, until));
        self.judge(now);
        self
    }

    /// Judges its dates by who renews it.
    fn judge(&mut self, now: Timestamp) {
        let Some((from, until)) = self.dates else { return };
        let late = self.renewal.as_ref().is_some_and(|renewal| renewal.late || renewal.ready == Some(false));
        self.state = match expiry::left(self.renewed_by, from, until, now) {
            _ if until < now => Validity::Expired,
            _ if now < from => Validity::NotYetValid,
            Left::AlmostNone => Validity::Critical,
            Left::Little => Validity::Expiring,
            Left::Enough if late => Validity::Expiring,
            Left::Enough => Validity::Valid,
        };
    }

    /// Whether it is nearer its end than `limit`, or over. Who renews certificates by itself every few hours is not measured in days.
    pub fn is_below(&self, limit: Limit) -> bool {
        let by_itself = matches!(self.renewed_by, RenewedBy::Istio | RenewedBy::Linkerd | RenewedBy::CertManager);
        match limit {
            Limit::Seconds(_) if by_itself && !self.is_broken() => false,
            Limit::Seconds(seconds) => self.seconds_left.is_some_and(|left| left < seconds),
            Limit::Percent(percent) => self.percent_left.is_some_and(|left| left < percent),
        }
    }

    /// Whether connections that rest on it fail, or will before anybody gets round to it.
    pub fn is_broken(&self) -> bool {
        matches!(self.state, Validity::Expired | Validity::NotYetValid | Validity::Critical) || self.chain == Chain::Broken
    }
}

fn sha256(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What makes a certificate unfit for what it is for.
fn problems(mesh: MeshTag, role: Role, certificate: &Certificate) -> Vec<String> {
    let mut found = Vec::new();
    if matches!(role, Role::TrustAnchor | Role::Issuer | Role::Intermediate) {
        found.extend(certificate.unfit_to_issue(0));
    }
    match (mesh, role, certificate.key) {
        (MeshTag::Linkerd, Role::Issuer | Role::Workload, Key::EcdsaP256) => {}
        (MeshTag::Linkerd, Role::Issuer | Role::Workload, key) => found.push(format!("Linkerd takes ECDSA P-256 only; its key is {key}")),
        (MeshTag::Linkerd, Role::TrustAnchor, Key::EcdsaP256 | Key::Rsa(2048 | 4096)) => {}
        (MeshTag::Linkerd, Role::TrustAnchor, key) => {
            found.push(format!("Linkerd takes anchors with ECDSA P-256 or RSA of 2048 or 4096 bits; its key is {key}"))
        }
        _ => found.extend(certificate.weakness()),
    }
    found
}

/// All certificates in scope, with what running processes showed.
pub fn certificates(world: &World, with_secrets: bool, shown: &[Shown]) -> CertificateReport {
    let found = found::all(world, with_secrets, shown);
    let mut gaps = super::gaps(world, CERTIFICATE_KINDS);
    if with_secrets {
        gaps.extend(super::gaps(world, &[Kind::Secret]));
    }
    gaps.sort();
    gaps.dedup();
    let anchors = sets(&found.sets);
    let certificates = once_each(found.rows, world.now);
    CertificateReport { certificates, anchors, rotations: rotation::all(world, with_secrets, shown), gaps }
}

/// Puts the same certificate in the same role together, with all its places.
fn once_each(rows: Vec<CertificateRow>, now: Timestamp) -> Vec<CertificateRow> {
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
                if row.renewed_by != RenewedBy::Hand {
                    known.renewed_by = row.renewed_by;
                }
                known.renewal = known.renewal.take().or(row.renewal);
                known.problems.extend(row.problems);
                known.problems.sort();
                known.problems.dedup();
                known.places.extend(row.places);
                known.judge(now);
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
