use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::called;
use crate::mesh::certificate::Certificate;
use crate::mesh::istio::authority;
use crate::mesh::linkerd::anchors::{anchors, at, issuer};
use crate::model::{Kind, Object, key};
use crate::report::{Category, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A certificate holds longer than the one that issued it: in the authority of Istio, an issuer of Linkerd and its trust anchors, a webhook's
    /// certificate and the `caBundle` it is verified by.
    ///
    /// # Why it matters
    ///
    /// It looks good for longer than it is: when the issuer ends nobody verifies it any more, and alarms that watch its own date stay silent.
    ///
    /// # How to fix it
    ///
    /// Renew the issuer first, then what it issued, with an end before its own.
    ///
    /// Sources: RFC 5280 6.1; Linkerd clamps what it signs to the end of its chain (`pkg/tls/ca.go`), Istio to the signer's.
    "certificate-outlives-issuer",
    summary: "Certificate holds longer than the one that issued it",
    severity: Severity::Warning,
    category: Category::Certificates,
    needs: &[Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let mut judge = |object: &Object, path: &str, certificate: &Certificate, above: &[Certificate]| {
        let Some(issuer) = certificate.outlives(above) else { return };
        let what = format!(
            "the certificate {:?} holds until {}, and {:?} that issued it only until {}",
            certificate.subject, certificate.not_after, issuer.subject, issuer.not_after
        );
        findings.add(object, path, what, "Renew the issuer first, then this one with an end before it.").detail(certificate.subject.as_str());
    };
    for authority in authority::all(index) {
        for (name, chain) in &authority.chains {
            chain.iter().for_each(|one| judge(authority.secret, &format!("data{}", key(name)), one, &authority.chain_from(one)));
        }
    }
    for (config, _) in configs(world) {
        let (Some(trusted), Some(bundle)) = (anchors(index, config), issuer(index, config)) else { continue };
        let (Ok(trusted), Ok(chain)) = (trusted.certificates, bundle.certificates) else { continue };
        let above = [chain.as_slice(), &trusted].concat();
        chain.iter().for_each(|one| judge(bundle.object, &bundle.path, one, &above));
    }
    let mut seen = Vec::new();
    for called in called::all(index) {
        let Some(served) = index.object(Kind::Secret, called.namespace, &format!("{}-k8s-tls", called.service)) else { continue };
        let (Some(Ok(trusted)), Some(bundle)) = (called.trusted(), at(served, "tls.crt")) else { continue };
        let first = bundle.certificates.ok().and_then(|chain| chain.into_iter().next());
        if let Some(first) = first.filter(|first| !seen.contains(&first.der)) {
            judge(served, &bundle.path, &first, &trusted);
            seen.push(first.der);
        }
    }
}
