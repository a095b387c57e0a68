//! X.509 certificates as far as rules ask about them: how long they hold, for which names, with which key, from whom.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_SHA256WITHRSA, OID_SIG_ECDSA_WITH_SHA256};
use x509_parser::parse_x509_certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use crate::model::{Kind, Object};

/// What rules ask about a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its subject, as text.
    pub subject: String,
    /// The subject of who issued it, as text.
    pub issuer: String,
    /// Its serial number, in 32 hexadecimal digits at least.
    pub serial: String,
    /// From when it holds.
    pub not_before: Timestamp,
    /// Until when it holds.
    pub not_after: Timestamp,
    /// DNS names and addresses it is for.
    pub names: Vec<String>,
    /// Identities it is for, such as `spiffe://…`.
    pub uris: Vec<String>,
    /// Its public key in DER, to tell certificates of one authority apart from those of another.
    pub public_key: Vec<u8>,
    /// What kind of key that is.
    pub key: Key,
    /// Whether it is one of an authority, which may issue others.
    pub is_authority: bool,
    /// Whether it is signed with SHA-256, by ECDSA or RSA.
    pub signed_with_sha256: bool,
    /// Whether it is signed with SHA-1 or MD5, which clients refuse.
    pub signed_weakly: bool,
    /// Whether its key may sign certificates, where it says what its key is for.
    pub may_sign: bool,
    /// How many authorities may stand below it, where it limits them.
    pub path_length: Option<u32>,
    /// The whole certificate, DER-encoded: two certificates are the same when this is.
    pub der: Vec<u8>,
}

/// Kinds of public keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// ECDSA on the curve P-256.
    EcdsaP256,
    /// ECDSA on another curve.
    EcdsaOther,
    /// RSA, with its length in bits.
    Rsa(usize),
    /// Anything else.
    Other,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EcdsaP256 => f.write_str("ECDSA P-256"),
            Self::EcdsaOther => f.write_str("ECDSA on another curve than P-256"),
            Self::Rsa(bits) => write!(f, "RSA with {bits} bits"),
            Self::Other => f.write_str("neither ECDSA nor RSA"),
        }
    }
}

const DAY: i64 = 86_400;

/// RSA with MD5 and SHA-1, DSA and ECDSA with SHA-1.
const WEAK_SIGNATURES: [&str; 4] = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10040.4.3", "1.2.840.10045.4.1"];

/// Whether so many seconds are little of a lifetime: less than 60 days, or where it is made for less than 180 days, than a third of it, when whoever
/// renews it ought to have done so.
pub fn is_little(left: i64, lifetime: i64) -> bool {
    left < (60 * DAY).min(lifetime / 3)
}

/// The bytes under a key of a Secret or a ConfigMap.
pub fn value(object: &Object, key: &str) -> Option<Vec<u8>> {
    let text = object.root().at(["data", key])?.str()?;
    if object.kind == Kind::ConfigMap { Some(text.as_bytes().to_vec()) } else { STANDARD.decode(text).ok() }
}

/// The certificates of a `caBundle`: PEM in base64.
pub fn of_bundle(text: &str) -> Result<Vec<Certificate>, String> {
    STANDARD.decode(text).map_err(|error| format!("it is no base64: {error}")).and_then(|pem| read(&pem))
}

/// Whether the first certificate of a chain leads to one of `anchors`, through the others of the chain.
pub fn leads_to(chain: &[Certificate], anchors: &[Certificate]) -> bool {
    let Some(mut at) = chain.first() else { return false };
    // A chain cannot be longer than it is, so a circle ends too.
    for _ in chain {
        if anchors.iter().any(|anchor| at.is_issued_by(anchor)) {
            return true;
        }
        let Some(next) = chain.iter().find(|c| c.der != at.der && at.is_issued_by(c)) else { return false };
        at = next;
    }
    false
}

/// Reads the certificates of a PEM text; its first block must be a certificate, later blocks of other kinds are passed over.
pub fn read(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut found = Vec::new();
    for (i, block) in Pem::iter_from_buffer(pem).enumerate() {
        let block = block.map_err(|e| format!("block {} is not PEM: {e}", i + 1))?;
        if i > 0 && block.label != "CERTIFICATE" {
            continue;
        }
        let certificate = block.parse_x509().map_err(|e| format!("block {} is not a certificate: {e}", i + 1))?;
        found.push(of(&certificate)?);
    }
    if found.is_empty() { Err("it holds no PEM block".to_owned()) } else { Ok(found) }
}

/// Reads one DER-encoded certificate.
pub fn read_der(der: &[u8]) -> Result<Certificate, String> {
    let (_, certificate) = parse_x509_certificate(der).map_err(|e| format!("it is not a certificate: {e}"))?;
    of(&certificate)
}

fn of(certificate: &X509Certificate<'_>) -> Result<Certificate, String> {
    let validity = certificate.validity();
    let time = |seconds| Timestamp::from_second(seconds).map_err(|e| format!("a date of it cannot be read: {e}"));
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.iter().flat_map(|extension| &extension.value.general_names);
    Ok(Certificate {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: format!("{:0>32}", certificate.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect::<String>().trim_start_matches('0')),
        not_before: time(validity.not_before.timestamp())?,
        not_after: time(validity.not_after.timestamp())?,
        names: names.clone().filter_map(name).collect(),
        uris: names.filter_map(|name| if let GeneralName::URI(uri) = name { Some((*uri).to_owned()) } else { None }).collect(),
        public_key: certificate.public_key().raw.to_vec(),
        key: key(certificate),
        is_authority: certificate.basic_constraints().ok().flatten().is_some_and(|extension| extension.value.ca),
        signed_with_sha256: [OID_SIG_ECDSA_WITH_SHA256, OID_PKCS1_SHA256WITHRSA].contains(&certificate.signature_algorithm.algorithm),
        signed_weakly: WEAK_SIGNATURES.contains(&certificate.signature_algorithm.algorithm.to_id_string().as_str()),
        may_sign: certificate.key_usage().ok().flatten().is_none_or(|usage| usage.value.key_cert_sign()),
        path_length: certificate.basic_constraints().ok().flatten().and_then(|extension| extension.value.path_len_constraint),
        der: certificate.as_raw().to_vec(),
    })
}

fn key(certificate: &X509Certificate<'_>) -> Key {
    let public = certificate.public_key();
    if public.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = public.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
        return if curve.is_some_and(|c| c == OID_EC_P256) { Key::EcdsaP256 } else { Key::EcdsaOther };
    }
    match public.parsed() {
        Ok(PublicKey::RSA(rsa)) => Key::Rsa(rsa.key_size()),
        _ => Key::Other,
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(std::net::IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(std::net::IpAddr::from)).ok().map(|ip| ip.to_string())
        }
        _ => None,
    }
}

impl Certificate {
    /// Whether it holds at a time.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// For how many seconds it holds in all.
    pub fn lifetime(&self) -> i64 {
        self.not_after.as_second() - self.not_before.as_second()
    }

    /// Whether `issuer` signed it, or is it.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        if self.der == issuer.der {
            return true;
        }
        let (Ok((_, own)), Ok((_, other))) = (parse_x509_certificate(&self.der), parse_x509_certificate(&issuer.der)) else { return false };
        own.issuer().as_raw() == other.subject().as_raw() && own.verify_signature(Some(other.public_key())).is_ok()
    }

    /// Whether it issued itself.
    pub fn is_self_signed(&self) -> bool {
        let own = parse_x509_certificate(&self.der).ok().map(|(_, certificate)| certificate);
        own.is_some_and(|c| c.issuer().as_raw() == c.subject().as_raw() && c.verify_signature(None).is_ok())
    }

    /// Its issuer among `others`, when that ends before it does: from then on nobody verifies it. Of one that was renewed under its key, the last counts.
    pub fn outlives<'a>(&self, others: &'a [Certificate]) -> Option<&'a Certificate> {
        let issuers = others.iter().filter(|other| other.der != self.der && self.is_issued_by(other));
        issuers.max_by_key(|issuer| issuer.not_after).filter(|issuer| issuer.not_after < self.not_after)
    }

    /// What makes it too weak for anybody to rely on. Nobody looks at the signature of a root.
    pub fn weakness(&self) -> Option<String> {
        match self.key {
            Key::Rsa(bits) if bits < 2048 => Some(format!("its RSA key has only {bits} bits")),
            _ if self.signed_weakly && !self.is_self_signed() => Some("it is signed with SHA-1 or MD5".to_owned()),
            _ => None,
        }
    }

    /// What keeps it from being the issuer of others, of which `below` are authorities themselves.
    pub fn unfit_to_issue(&self, below: u32) -> Option<String> {
        if !self.is_authority {
            return Some("it is no certificate of an authority (CA: true is missing)".to_owned());
        }
        if !self.may_sign {
            return Some("its key may not sign certificates (key usage keyCertSign is missing)".to_owned());
        }
        let length = self.path_length.filter(|length| *length < below)?;
        Some(format!("its path length of {length} does not allow {below} more below it"))
    }

    /// What is wrong with its dates, if anything.
    pub fn out_of_date(&self, now: Timestamp) -> Option<String> {
        if self.not_after < now {
            Some(format!("expired at {}", self.not_after))
        } else if now < self.not_before {
            Some(format!("is not valid before {}", self.not_before))
        } else {
            None
        }
    }

    /// Whether it holds, and ends soon.
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        self.holds_at(now) && is_little(self.not_after.as_second() - now.as_second(), self.lifetime())
    }

    /// The time that is left, in days or hours.
    pub fn time_left(&self, now: Timestamp) -> String {
        match self.days_left(now) {
            0 | 1 => format!("{} hours", (self.not_after.as_second() - now.as_second()) / 3600),
            days => format!("{days} days"),
        }
    }

    /// Full days until it ends; negative when it has ended.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.as_second() - now.as_second()).div_euclid(DAY)
    }

    /// Whether it is for a host; `*.example.com` covers one more label, and covers itself.
    pub fn covers(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            _ if *name == host => true,
            Some(parent) => host.split_once('.').is_some_and(|(label, rest)| label != "*" && rest == parent),
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(names: &[&str]) -> Certificate {
        let key = rcgen::KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut parameters = rcgen::CertificateParams::new(names).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2026, 12, 1);
        let pem = parameters.self_signed(&key).unwrap().pem();
        read(pem.as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn dates_are_read_to_the_second() {
        let certificate = made(&["a.example.com"]);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(certificate.holds_at(at("2026-12-01T00:00:00Z")) && !certificate.holds_at(at("2026-12-01T00:00:01Z")));
        assert!(!certificate.holds_at(at("2025-12-31T23:59:59Z")));
        assert_eq!((certificate.days_left(at("2026-11-30T12:00:00Z")), certificate.days_left(at("2026-12-01T12:00:00Z"))), (0, -1));
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        let certificate = made(&["a.example.com", "*.shop.example.com", "10.0.0.1"]);
        assert!(["a.example.com", "A.example.com", "x.shop.example.com", "*.shop.example.com", "10.0.0.1"].iter().all(|h| certificate.covers(h)));
        assert!(["b.example.com", "shop.example.com", "x.y.shop.example.com", "*.example.com", "*"].iter().all(|h| !certificate.covers(h)));
    }

    #[test]
    fn a_chain_leads_to_the_authority_that_signed_it() {
        let authority = |name: &str| {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut parameters = rcgen::CertificateParams::new(vec![]).unwrap();
            parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
            (parameters, key)
        };
        let (of_root, root_key) = authority("root");
        let root_pem = of_root.self_signed(&root_key).unwrap().pem();
        let root = rcgen::Issuer::new(of_root, root_key);
        let (of_middle, middle_key) = authority("middle");
        let middle_pem = of_middle.signed_by(&middle_key, &root).unwrap().pem();
        let middle = rcgen::Issuer::new(of_middle, middle_key);
        let (of_leaf, leaf_key) = authority("leaf");
        let leaf_pem = of_leaf.signed_by(&leaf_key, &middle).unwrap().pem();
        let (namesake, namesake_key) = authority("root");
        let read = |pem: &str| read(pem.as_bytes()).unwrap();
        let (root, other) = (read(&root_pem), read(&namesake.self_signed(&namesake_key).unwrap().pem()));
        assert!(leads_to(&read(&(leaf_pem.clone() + &middle_pem)), &root) && leads_to(&root, &root));
        assert!(!leads_to(&read(&leaf_pem), &root), "the link between them is missing");
        assert!(!leads_to(&read(&middle_pem), &other), "same name, other key");
        assert_eq!((root[0].key, root[0].signed_with_sha256), (Key::EcdsaP256, true));
    }

    #[test]
    fn what_is_no_certificate_says_so() {
        assert!(read(b"").is_err() && read(b"hello").is_err());
        assert!(read(b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n").is_err());
        assert!(read(b"-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n").is_err());
    }
}
