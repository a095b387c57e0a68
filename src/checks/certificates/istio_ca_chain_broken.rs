use crate::checks::Findings;
use crate::mesh::certificate::leads_to;
use crate::mesh::istio::authority::{self, SIGNERS};
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The certificate with which istiod is to sign (`ca-cert.pem` or `tls.crt` of Secret `cacerts`) does not lead to a root of the same Secret
    /// (`root-cert.pem` or `ca.crt`) through `cert-chain.pem`, or there is no root.
    ///
    /// # Why it matters
    ///
    /// istiod does not start with it, or goes on with what it had. Workload certificates that end nowhere are refused by every other proxy.
    ///
    /// # How to fix it
    ///
    /// Put every certificate between what signs and the root into `cert-chain.pem`, what signs first, and the root itself into `root-cert.pem`.
    ///
    /// Sources: istio `security/pkg/pki/util/keycertbundle.go`, istio.io, plug in CA certificates.
    "istio-ca-chain-broken",
    summary: "Plugged-in authority does not lead to its root",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for authority in authority::all(&world.index).iter().filter(|a| a.secret.meta.name != authority::OWN) {
        let Some((name, first)) =
            authority.chains.iter().find_map(|(name, chain)| Some((*name, chain.first()?))).filter(|(n, _)| SIGNERS.contains(n))
        else {
            continue;
        };
        let path = format!("data{}", key(name));
        if authority.roots.is_empty() {
            let what = "it holds a certificate that signs and no root: nobody can verify what istiod signs with it";
            findings.add(authority.secret, path, what, "Add the root as root-cert.pem.");
        } else if !leads_to(&authority.chain_from(first), &authority.roots) {
            let what =
                format!("the certificate {:?} that signs was issued by {:?} and leads to none of the roots beside it", first.subject, first.issuer);
            let hint = "Put every certificate between it and the root into cert-chain.pem, and the root that issued them into root-cert.pem.";
            findings.add(authority.secret, path, what, hint);
        }
    }
}
