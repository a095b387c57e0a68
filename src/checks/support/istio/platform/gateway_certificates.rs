//! Secrets that Gateway servers present, found where istiod looks for them: in the namespace of the gateway's pods.

use std::collections::BTreeSet;

use crate::checks::support::istio::platform::gateway_workloads::{GatewayWorkloads, selector};
use crate::mesh::certificate::value;
use crate::model::{Field, Kind, Object};
use crate::world::World;

/// One use of a credential.
pub(in crate::checks) struct Credential<'a> {
    /// The Gateway.
    pub(in crate::checks) gateway: &'a Object,
    /// The server.
    pub(in crate::checks) server: Field<'a>,
    /// The name as written.
    pub(in crate::checks) name: &'a str,
    /// Where it stands.
    pub(in crate::checks) path: String,
    /// Whether it stands in `credentialName`, the one place istioctl looks at.
    pub(in crate::checks) single: bool,
    /// Namespaces of the gateway's pods.
    pub(in crate::checks) namespaces: BTreeSet<String>,
}

impl<'a> Credential<'a> {
    /// Namespace and name of the Secret for pods of `namespace`.
    pub(in crate::checks) fn secret_name<'n>(&'n self, namespace: &'n str) -> (&'n str, &'n str) {
        let name = self.name.strip_prefix("kubernetes://").unwrap_or(self.name);
        name.split_once('/').unwrap_or((namespace, name))
    }

    /// The Secret that pods of `namespace` get.
    pub(in crate::checks) fn secret<'w>(&self, world: &'w World, namespace: &str) -> Option<&'w Object> {
        let (namespace, name) = self.secret_name(namespace);
        world.index.object(Kind::Secret, namespace, name)
    }

    /// The server's TLS mode.
    pub(in crate::checks) fn mode(&self) -> &'a str {
        self.server.get("tls").map(|tls| tls.text("mode")).unwrap_or_default()
    }
}

/// All credentials of all Gateways whose selector picks something.
pub(in crate::checks) fn all(world: &World) -> Vec<Credential<'_>> {
    let workloads = GatewayWorkloads::read(world);
    let mut found = Vec::new();
    for gateway in world.index.objects(Kind::IstioGateway) {
        let selector = selector(gateway);
        let namespaces: BTreeSet<String> = workloads.of(gateway, &selector).map(|(namespace, _)| namespace.to_owned()).collect();
        for server in gateway.spec().list("servers").filter(|_| !namespaces.is_empty()) {
            let Some(tls) = server.get("tls") else { continue };
            let one = tls.get("credentialName").into_iter().map(|f| (f, true));
            for (field, single) in one.chain(tls.list("credentialNames").map(|f| (f, false))) {
                let Some(name) = field.str().filter(|n| !n.is_empty() && is_secret(n)) else { continue };
                found.push(Credential { gateway, server, name, path: field.path(), single, namespaces: namespaces.clone() });
            }
        }
    }
    found
}

/// Whether a credential is a Secret rather than a file, a ConfigMap or the proxy's own certificate.
fn is_secret(name: &str) -> bool {
    name.split_once("://").is_none_or(|(scheme, _)| scheme == "kubernetes")
}

/// Whether a Secret has something under a key; of private keys nothing more is known.
pub(in crate::checks) fn has(secret: &Object, key: &str) -> bool {
    secret.root().at(["data", key]).is_some()
}

/// The certificate chain that istiod would hand out, in PEM: of keys `cert` and `key`, or else of `tls.crt` and `tls.key`.
pub(in crate::checks) fn chain(secret: &Object) -> Option<Vec<u8>> {
    let pairs = [("cert", "key"), ("tls.crt", "tls.key")];
    let (certificate, _) = pairs.into_iter().find(|(certificate, key)| has(secret, certificate) && has(secret, key))?;
    value(secret, certificate)
}
