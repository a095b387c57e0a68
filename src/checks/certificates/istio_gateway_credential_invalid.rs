use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_certificates;
use crate::mesh::istio::credentials;
use crate::model::{Kind, Subject};
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
    for (credential, namespaces) in gateway_certificates::all(world) {
        let faults = namespaces.iter().filter_map(|namespace| {
            let secret = credential.secret(&world.index, namespace)?;
            Some((secret, credential.fault(&world.index, namespace, secret, world.now)?))
        });
        if let Some((secret, fault)) = faults.into_iter().next() {
            findings
                .add(
                    credential.gateway,
                    credential.path.as_str(),
                    credentials::sentence(secret, &fault),
                    "Renew the certificate, or put certificate and key under tls.crt and tls.key.",
                )
                .codes(if fault.in_first && credential.single { &["IST0161"] } else { &[] })
                .related(secret.reference(), "the Secret");
        }
    }
}
