use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::linkerd::anchors::issuer;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The certificate with which Linkerd signs those of the proxies ends within 60 days; one that is made for less than 180 days, as a certificate
    /// manager does, within the last third of its time, when it should have been renewed.
    ///
    /// # Why it matters
    ///
    /// Once it has ended, proxies get no new certificates; within a day meshed connections fail.
    ///
    /// # How to fix it
    ///
    /// Issue a new one from the current trust anchor. If a certificate manager renews it, find out why it has not.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (issuer cert is valid for at least 60 days).
    "linkerd-issuer-certificate-expiring",
    summary: "Issuer's certificate ends soon",
    aliases: &["l5d-identity-issuer-cert-not-expiring-soon"],
    severity: Severity::Warning,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, _) in configs(world) {
        let Some(bundle) = issuer(&world.index, config) else { continue };
        let Some(first) = bundle.certificates.iter().flatten().next().filter(|c| c.ends_soon(world.now)) else { continue };
        let what = format!("the issuer's certificate {:?} ends in {}, at {}", first.subject, first.time_left(world.now), first.not_after);
        findings.add(bundle.object, &*bundle.path, what, "Issue a new one from the current trust anchor, or find out why it was not renewed.");
    }
}
