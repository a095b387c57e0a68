//! Where an Istio control plane keeps its authority: Secret `cacerts` that somebody plugged in, or `istio-ca-secret` of its own making; and the roots
//! that it hands out to every namespace.

use crate::index::Index;
use crate::mesh::certificate::{self, Certificate, value};
use crate::model::{Kind, Object};

/// The ConfigMap with a namespace's roots.
pub const ROOTS: &str = "istio-ca-root-cert";
/// Its key.
pub const ROOTS_KEY: &str = "root-cert.pem";
/// Keys of the certificate that signs, in the two forms that a plugged-in authority may have.
pub const SIGNERS: [&str; 2] = ["ca-cert.pem", "tls.crt"];

/// Secrets of authorities, with the keys that hold certificates; `cacerts` replaces istiod's own.
pub fn secrets(index: &Index) -> impl Iterator<Item = (&Object, &'static [&'static str])> {
    let plugged = |namespace: &str| index.object(Kind::Secret, namespace, "cacerts").is_some();
    index.objects(Kind::Secret).iter().filter_map(move |secret| {
        let keys: &[&'static str] = match secret.meta.name.as_str() {
            "cacerts" => &["ca-cert.pem", "root-cert.pem", "cert-chain.pem", "ca.crt", "tls.crt"],
            "istio-ca-secret" if !plugged(&secret.meta.namespace) => &["ca-cert.pem"],
            _ => return None,
        };
        Some((secret, keys))
    })
}

/// An authority.
pub struct Authority<'a> {
    /// Where it is kept.
    pub secret: &'a Object,
    /// Its certificates by key.
    pub chains: Vec<(&'static str, Vec<Certificate>)>,
    /// Those that others are verified by.
    pub roots: Vec<Certificate>,
}

impl Authority<'_> {
    /// A certificate, and all others that may stand between it and a root.
    pub fn chain_from(&self, certificate: &Certificate) -> Vec<Certificate> {
        let others = self.chains.iter().flat_map(|(_, chain)| chain).filter(|other| other.der != certificate.der);
        std::iter::once(certificate).chain(others).cloned().collect()
    }

    /// The certificate that signs, with all that may stand between it and a root.
    pub fn signer(&self) -> Option<Vec<Certificate>> {
        let (_, chain) = self.chains.iter().find(|(key, _)| SIGNERS.contains(key))?;
        Some(self.chain_from(chain.first()?))
    }
}

/// All authorities whose Secrets were read.
pub fn all(index: &Index) -> Vec<Authority<'_>> {
    secrets(index)
        .map(|(secret, keys)| {
            let read = |key: &str| value(secret, key).and_then(|pem| certificate::read(&pem).ok());
            let chains: Vec<_> = keys.iter().filter_map(|key| Some((*key, read(key)?))).collect();
            // istiod's own authority is its own root.
            let of_roots: &[&str] = if secret.meta.name == "cacerts" { &[ROOTS_KEY, "ca.crt"] } else { &["ca-cert.pem"] };
            let roots = of_roots.iter().find_map(|key| read(key)).unwrap_or_default();
            Authority { secret, chains, roots }
        })
        .collect()
}
