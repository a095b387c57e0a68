use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_certificates;
use crate::mesh::certificate;
use crate::mesh::istio::credentials::chain;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

/// How long before its end a certificate is reported.
const DAYS: i64 = 30;

crate::check! {
    /// # What it checks
    ///
    /// A certificate that a Gateway server presents, or one of its chain, ends within 30 days.
    ///
    /// # Why it matters
    ///
    /// From that moment on clients refuse the connection. Automation usually renews earlier than this, so it is worth finding out why it has not.
    ///
    /// # How to fix it
    ///
    /// Renew the certificate. istiod hands a changed Secret to the gateway at once.
    ///
    /// Sources: istio `pilot/pkg/xds/sds.go`; no other tool reports it before the end.
    "istio-gateway-certificate-expiring",
    summary: "Certificate of a Gateway ends within 30 days",
    severity: Severity::Warning,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (credential, namespaces) in gateway_certificates::all(world) {
        let secrets = namespaces.iter().filter_map(|namespace| credential.secret(&world.index, namespace));
        let ending = secrets.filter_map(|secret| {
            let chain = certificate::read(&chain(secret)?).ok()?;
            let first = chain.into_iter().min_by_key(|c| c.not_after)?;
            (first.holds_at(world.now) && first.days_left(world.now) < DAYS).then_some((secret, first))
        });
        if let Some((secret, ending)) = ending.into_iter().next() {
            findings
                .add(
                    credential.gateway,
                    credential.path.as_str(),
                    format!("{} holds a certificate for {:?} that ends at {}", secret.reference(), ending.subject, ending.not_after),
                    "Renew it, and look at why it was not renewed by itself.",
                )
                .related(secret.reference(), "the Secret");
        }
    }
}
