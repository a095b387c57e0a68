use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_certificates::{self, Credential, chain, has};
use crate::mesh::certificate;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The Secret that a Gateway server presents cannot be used: it lacks certificate or private key (`tls.crt` and `tls.key`, or `cert` and `key`),
    /// the certificate does not parse, or one of the chain has expired or does not hold yet. With mutual TLS it also needs certificates to
    /// verify clients with. Private keys are neither read nor compared.
    ///
    /// # Why it matters
    ///
    /// Without usable certificate the listener stays in warming and refuses every connection; with an expired one, clients do.
    ///
    /// # How to fix it
    ///
    /// Renew the certificate, or write the keys that Istio reads.
    ///
    /// Sources: IST0161; istio `pkg/config/analysis/analyzers/gateway/secret.go`, `pilot/pkg/credentials/kube/secrets.go`, `pilot/pkg/xds/sds.go`.
    "istio-gateway-credential-invalid",
    summary: "TLS Secret of a Gateway cannot be used or has expired",
    aliases: &["IST0161"],
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for credential in gateway_certificates::all(world) {
        let faults = credential.namespaces.iter().filter_map(|namespace| {
            let secret = credential.secret(world, namespace)?;
            let (why, in_first) = fault(world, secret).or_else(|| Some((no_authority(world, &credential, namespace, secret)?, false)))?;
            Some((secret, why, in_first))
        });
        if let Some((secret, why, upstream_looks)) = faults.into_iter().next() {
            findings
                .add(
                    credential.gateway,
                    credential.path.as_str(),
                    format!("{} {why}", secret.reference()),
                    "Renew the certificate, or put certificate and key under tls.crt and tls.key.",
                )
                .codes(if upstream_looks && credential.single { &["IST0161"] } else { &[] })
                .related(secret.reference(), "the Secret");
        }
    }
}

/// What is wrong with a Secret, and whether istioctl, which reads the first certificate of the chain alone, sees it too.
fn fault(world: &World, secret: &Object) -> Option<(String, bool)> {
    let Some(pem) = chain(secret) else {
        return Some(("has neither tls.crt and tls.key nor cert and key".to_owned(), true));
    };
    let certificates = match certificate::read(&pem) {
        Ok(certificates) => certificates,
        Err(why) => {
            // A fault behind the first certificate is hidden from istioctl; telling it apart would take the same parsing again.
            return Some((format!("holds no certificate that can be read: {why}"), !why.starts_with("block ") || why.starts_with("block 1 ")));
        }
    };
    let (at, bad) = certificates.iter().enumerate().find(|(_, c)| !c.holds_at(world.now))?;
    let what = if bad.not_after < world.now { format!("expired at {}", bad.not_after) } else { format!("holds only from {}", bad.not_before) };
    Some((format!("holds a certificate for {:?} that {what}", bad.subject), at == 0))
}

/// Mutual TLS needs certificates to verify clients with: `ca.crt` or `cacert`, here or in a Secret `<name>-cacert`.
fn no_authority(world: &World, credential: &Credential<'_>, namespace: &str, secret: &Object) -> Option<String> {
    let mutual = matches!(credential.mode(), "MUTUAL" | "OPTIONAL_MUTUAL");
    let named =
        credential.server.get("tls").is_some_and(|tls| !tls.text("caCertCredentialName").is_empty() || !tls.text("caCertificates").is_empty());
    let (home, name) = credential.secret_name(namespace);
    let beside = world.index.object(Kind::Secret, home, &format!("{name}-cacert"));
    let found = [Some(secret), beside].into_iter().flatten().any(|s| has(s, "ca.crt") || has(s, "cacert"));
    (mutual && !named && !found)
        .then(|| format!("has no ca.crt to verify clients with, and there is no Secret {name}-cacert, but the TLS mode is {}", credential.mode()))
}
