//! Certificates that the servers of gateways present: which Secret each is, and whether it can be used.
//!
//! Sources: istio `pilot/pkg/credentials/kube/secrets.go`, `pilot/pkg/xds/sds.go`; Gateway API `ListenerTLSConfig.certificateRefs`.

use jiff::Timestamp;

use crate::index::Index;
use crate::mesh::certificate::{self, Certificate, value};
use crate::model::{Field, Kind, Object, Subject};

/// One use of a certificate by a server of a Gateway.
#[derive(Clone, Debug)]
pub struct Credential<'a> {
    /// The Gateway.
    pub gateway: &'a Object,
    /// The server or listener.
    pub server: Field<'a>,
    /// The name as written.
    pub name: &'a str,
    /// Where it stands.
    pub path: String,
    /// Whether it stands in `credentialName`, the one place istioctl looks at.
    pub single: bool,
    /// The namespace that it names apart from the name, as the Gateway API does.
    namespace: Option<&'a str>,
}

/// What is wrong with a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In words that go on after the Secret's name.
    pub text: String,
    /// Whether it shows in the first certificate of the chain or before, which is as far as istioctl looks.
    pub in_first: bool,
}

impl<'a> Credential<'a> {
    /// Namespace and name of the Secret for pods of `namespace`.
    pub fn secret_name<'n>(&'n self, namespace: &'n str) -> (&'n str, &'n str) {
        if let Some(own) = self.namespace {
            return (own, self.name);
        }
        let name = self.name.strip_prefix("kubernetes://").unwrap_or(self.name);
        name.split_once('/').unwrap_or((namespace, name))
    }

    /// The Secret that pods of `namespace` get.
    pub fn secret<'i>(&self, index: &'i Index, namespace: &str) -> Option<&'i Object> {
        let (namespace, name) = self.secret_name(namespace);
        index.object(Kind::Secret, namespace, name)
    }

    /// The server's TLS mode.
    pub fn mode(&self) -> &'a str {
        self.server.get("tls").map(|tls| tls.text("mode")).unwrap_or_default()
    }

    /// What keeps the Secret that pods of `namespace` get from being used.
    pub fn fault(&self, index: &Index, namespace: &str, secret: &Object, now: Timestamp) -> Option<Fault> {
        of_chain(secret, now).or_else(|| Some(Fault { text: self.no_authority(index, namespace, secret)?, in_first: false }))
    }

    /// Mutual TLS needs certificates to verify clients with: `ca.crt` or `cacert`, here or in a Secret `<name>-cacert`.
    fn no_authority(&self, index: &Index, namespace: &str, secret: &Object) -> Option<String> {
        let mutual = matches!(self.mode(), "MUTUAL" | "OPTIONAL_MUTUAL");
        let named = self.server.get("tls").is_some_and(|tls| !tls.text("caCertCredentialName").is_empty() || !tls.text("caCertificates").is_empty());
        let (home, name) = self.secret_name(namespace);
        let beside = index.object(Kind::Secret, home, &format!("{name}-cacert"));
        let found = [Some(secret), beside].into_iter().flatten().any(|s| has(s, "ca.crt") || has(s, "cacert"));
        let mode = self.mode();
        (mutual && !named && !found)
            .then(|| format!("has no ca.crt to verify clients with, and there is no Secret {name}-cacert, but the TLS mode is {mode}"))
    }
}

/// The credentials of one server of an Istio Gateway, or of one listener of a Gateway.
pub fn of_server<'a>(gateway: &'a Object, server: Field<'a>) -> Vec<Credential<'a>> {
    let Some(tls) = server.get("tls") else { return Vec::new() };
    if gateway.kind != Kind::IstioGateway {
        let secrets = tls.list("certificateRefs").filter(|r| matches!(r.text("group"), "" | "core") && matches!(r.text("kind"), "" | "Secret"));
        let own = gateway.meta.namespace.as_str();
        let of = |reference: Field<'a>| {
            let namespace = Some(Some(reference.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(own));
            Credential { gateway, server, name: reference.text("name"), path: reference.path_of("name"), single: false, namespace }
        };
        return secrets.map(of).filter(|c| !c.name.is_empty()).collect();
    }
    let one = tls.get("credentialName").into_iter().map(|f| (f, true));
    let all = one.chain(tls.list("credentialNames").map(|f| (f, false)));
    all.filter_map(|(field, single)| {
        let name = field.str().filter(|n| !n.is_empty() && is_secret(n))?;
        Some(Credential { gateway, server, name, path: field.path(), single, namespace: None })
    })
    .collect()
}

/// Whether a credential is a Secret rather than a file, a ConfigMap or the proxy's own certificate.
fn is_secret(name: &str) -> bool {
    name.split_once("://").is_none_or(|(scheme, _)| scheme == "kubernetes")
}

/// Whether a Secret has something under a key; of private keys nothing more is known.
pub fn has(secret: &Object, key: &str) -> bool {
    secret.root().at(["data", key]).is_some()
}

/// The certificate chain that istiod would hand out, in PEM: of keys `cert` and `key`, or else of `tls.crt` and `tls.key`.
pub fn chain(secret: &Object) -> Option<Vec<u8>> {
    let pairs = [("cert", "key"), ("tls.crt", "tls.key")];
    let (certificate, _) = pairs.into_iter().find(|(certificate, key)| has(secret, certificate) && has(secret, key))?;
    value(secret, certificate)
}

/// The certificate that is presented first, where it can be read.
pub fn leaf(secret: &Object) -> Option<Certificate> {
    certificate::read(&chain(secret)?).ok()?.into_iter().next()
}

/// The name of a Secret in a sentence, and what is wrong with it.
pub fn sentence(secret: &Object, fault: &Fault) -> String {
    format!("{} {}", secret.reference(), fault.text)
}

/// What is wrong with a chain.
fn of_chain(secret: &Object, now: Timestamp) -> Option<Fault> {
    let Some(pem) = chain(secret) else {
        return Some(Fault { text: "has neither tls.crt and tls.key nor cert and key".to_owned(), in_first: true });
    };
    let certificates = match certificate::read(&pem) {
        Ok(certificates) => certificates,
        Err(why) => {
            // A fault behind the first certificate is hidden from istioctl; telling it apart would take the same parsing again.
            let in_first = !why.starts_with("block ") || why.starts_with("block 1 ");
            return Some(Fault { text: format!("holds no certificate that can be read: {why}"), in_first });
        }
    };
    let (at, bad) = certificates.iter().enumerate().find(|(_, c)| !c.holds_at(now))?;
    let what = if bad.not_after < now { format!("expired at {}", bad.not_after) } else { format!("holds only from {}", bad.not_before) };
    Some(Fault { text: format!("holds a certificate for {:?} that {what}", bad.subject), in_first: at == 0 })
}
