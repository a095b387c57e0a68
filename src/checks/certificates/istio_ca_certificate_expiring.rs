use crate::checks::Findings;
use crate::mesh::certificate;
use crate::mesh::certificate::value;
use crate::mesh::istio::authority;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

/// How long before its end a certificate authority is reported.
const DAYS: i64 = 30;

crate::check! {
    /// # What it checks
    ///
    /// A certificate of the mesh's own authority has expired or ends within 30 days: in Secret `cacerts` or `istio-ca-secret`, or the root that
    /// istiod hands out in ConfigMap `istio-ca-root-cert`.
    ///
    /// # Why it matters
    ///
    /// When the authority ends, so does every workload certificate: mutual TLS fails in the whole mesh at one moment.
    ///
    /// # How to fix it
    ///
    /// Renew it under the same key, or bring in the new root beside the old one (multi-root) before any workload uses it.
    ///
    /// Sources: istio `security/pkg/pki/ca`, istio.io, plug in CA certificates; no other tool reports it.
    "istio-ca-certificate-expiring",
    summary: "Certificate of the mesh's authority has expired or ends within 30 days",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::Secret, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let roots = world.index.object(Kind::ConfigMap, world.istio.root_namespace(), authority::ROOTS);
    let roots = roots.into_iter().map(|map| (map, &[authority::ROOTS_KEY] as &[&'static str]));
    for (object, keys) in authority::secrets(&world.index).chain(roots) {
        for name in keys {
            let chain = value(object, name).and_then(|pem| certificate::read(&pem).ok()).unwrap_or_default();
            let Some(first) = chain.iter().min_by_key(|c| c.not_after).filter(|c| c.days_left(world.now) < DAYS) else { continue };
            let over = !first.holds_at(world.now);
            let what = if over { "expired at" } else { "ends at" };
            let finding = findings.add(
                object,
                format!("data{}", crate::model::key(name)),
                format!("the certificate {:?} of the mesh's authority {what} {}", first.subject, first.not_after),
                "Renew it, or bring in a new root beside it, before it ends.",
            );
            if !over {
                finding.severity(Severity::Warning);
            }
        }
    }
}
