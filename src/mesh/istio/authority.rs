//! Where an Istio control plane keeps its authority: Secret `cacerts` that somebody plugged in, or `istio-ca-secret` of its own making; and the roots
//! that it hands out to every namespace.

use super::{REV, istiod};
use crate::index::{Index, Workload};
use crate::mesh::certificate::{self, Certificate, value};
use crate::model::{Kind, Map, Object};

/// The ConfigMap with a namespace's roots.
pub const ROOTS: &str = "istio-ca-root-cert";
/// Its key.
pub const ROOTS_KEY: &str = "root-cert.pem";
/// The Secret of an authority of istiod's own making.
pub const OWN: &str = "istio-ca-secret";
/// Keys of the certificate that signs, in the two forms that a plugged-in authority may have.
pub const SIGNERS: [&str; 2] = ["ca-cert.pem", "tls.crt"];

/// Secrets of authorities, with the keys that hold certificates; `cacerts` replaces istiod's own.
pub fn secrets(index: &Index) -> impl Iterator<Item = (&Object, &'static [&'static str])> {
    let plugged = |namespace: &str| index.object(Kind::Secret, namespace, "cacerts").is_some();
    index.objects(Kind::Secret).iter().filter_map(move |secret| {
        let keys: &[&'static str] = match secret.meta.name.as_str() {
            "cacerts" => &["ca-cert.pem", "root-cert.pem", "cert-chain.pem", "ca.crt", "tls.crt"],
            OWN if !plugged(&secret.meta.namespace) => &["ca-cert.pem"],
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

    /// The way from the certificate that signs up to a root, as far as it goes.
    pub fn path(&self) -> Vec<Certificate> {
        let Some(around) = self.signer() else { return Vec::new() };
        let mut path: Vec<Certificate> = around.first().cloned().into_iter().collect();
        while let Some(at) = path.last()
            && let Some(issuer) = around.iter().find(|other| !path.contains(other) && at.is_issued_by(other))
        {
            path.push(issuer.clone());
        }
        path
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

/// istio-csr, and an istiod that is an authority beside it.
pub fn rivals(index: &Index) -> Option<(&Workload, &Workload)> {
    let of = |app: &str| -> Map { [("app", app)].into_iter().collect() };
    let csr = index.select(None, &of("cert-manager-istio-csr")).next()?;
    let signs = |istiod: &&Workload| {
        let setting = istiod::setting(index, Some(&istiod.reference.namespace), istiod.labels.get(REV), "ENABLE_CA_SERVER");
        // A value from elsewhere is empty here.
        setting.is_none_or(|(value, _)| !matches!(value, "" | "false" | "0" | "f" | "F" | "FALSE" | "False"))
    };
    Some((csr, index.select(None, &of("istiod")).find(signs)?))
}
