//! X.509 certificates as far as rules ask about them: how long they hold, for which names, with which key.

use jiff::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

/// What rules ask about a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its subject, as text.
    pub subject: String,
    /// From when it holds.
    pub not_before: Timestamp,
    /// Until when it holds.
    pub not_after: Timestamp,
    /// DNS names and addresses it is for.
    pub names: Vec<String>,
    /// Its public key in DER, to tell certificates of one authority apart from those of another.
    pub public_key: Vec<u8>,
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

fn of(certificate: &X509Certificate<'_>) -> Result<Certificate, String> {
    let validity = certificate.validity();
    let time = |seconds| Timestamp::from_second(seconds).map_err(|e| format!("a date of it cannot be read: {e}"));
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.iter().flat_map(|extension| &extension.value.general_names);
    Ok(Certificate {
        subject: certificate.subject().to_string(),
        not_before: time(validity.not_before.timestamp())?,
        not_after: time(validity.not_after.timestamp())?,
        names: names.filter_map(name).collect(),
        public_key: certificate.public_key().raw.to_vec(),
    })
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

    /// Full days until it ends; negative when it has ended.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.as_second() - now.as_second()).div_euclid(86_400)
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
    fn what_is_no_certificate_says_so() {
        assert!(read(b"").is_err() && read(b"hello").is_err());
        assert!(read(b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n").is_err());
        assert!(read(b"-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n").is_err());
    }
}
