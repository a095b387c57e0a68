use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::istio::authority;
use crate::mesh::linkerd::anchors::anchors;
use crate::model::{Kind, key};
use crate::report::{Category, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A certificate that is to sign others may not: one of Istio's authority or a trust anchor of Linkerd is none of an authority, its key may not
    /// sign certificates, or its path length leaves no room for the authorities below it.
    ///
    /// # Why it matters
    ///
    /// What it signs is refused by whoever verifies the whole chain, with an error that names the chain and not the cause. istiod refuses to start with
    /// such an authority.
    ///
    /// # How to fix it
    ///
    /// Issue it anew as an authority (`CA:TRUE`, key usage `keyCertSign`), with a path length of at least the number of authorities below it, or none.
    ///
    /// Sources: istio `security/pkg/pki/util/verify_cert.go`, RFC 5280 4.2.1.9; linkerd `pkg/tls`. The issuer of Linkerd is looked at by
    /// `linkerd-issuer-certificate-invalid`.
    "certificate-not-an-authority",
    summary: "Certificate that signs others is not allowed to",
    severity: Severity::Error,
    category: Category::Certificates,
    needs: &[Kind::ConfigMap, Kind::Secret],
    kindwise: true,
    run: run,
}

const HINT: &str = "Issue it anew as an authority: CA:TRUE, key usage keyCertSign, and a path length that leaves room for those below it.";

fn run(world: &World, findings: &mut Findings<'_>) {
    for authority in authority::all(&world.index) {
        let path = authority.path();
        for (name, chain) in &authority.chains {
            for certificate in chain {
                // Not all of a bundle need be on the way from what signs to the root.
                let Some(below) = path.iter().position(|on_path| on_path.der == certificate.der) else { continue };
                let Some(why) = certificate.unfit_to_issue(u32::try_from(below).unwrap_or(u32::MAX)) else { continue };
                let what = format!("the certificate {:?} cannot sign: {why}", certificate.subject);
                findings.add(authority.secret, format!("data{}", key(name)), what, HINT).detail(certificate.subject.as_str());
            }
        }
    }
    for (config, _) in configs(world) {
        let Some(bundle) = anchors(&world.index, config) else { continue };
        for anchor in bundle.certificates.iter().flatten() {
            if let Some(why) = anchor.unfit_to_issue(0) {
                let what = format!("the trust anchor {:?} cannot sign: {why}", anchor.subject);
                findings.add(bundle.object, bundle.path.as_str(), what, HINT).detail(anchor.subject.as_str());
            }
        }
    }
}
