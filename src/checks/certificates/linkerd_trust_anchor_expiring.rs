use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::linkerd::anchors::anchors;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A trust anchor of Linkerd ends within 60 days; one that is made for less than 180 days, within the last third of its time.
    ///
    /// # Why it matters
    ///
    /// When it ends, meshed connections fail. A new anchor has to reach every proxy first, and that takes a restart of every meshed workload.
    ///
    /// # How to fix it
    ///
    /// Put a new anchor into the bundle beside the old one, restart the meshed workloads, replace the issuer's certificate, then take the old anchor
    /// out and restart them again.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (trust anchors are valid for at least 60 days).
    "linkerd-trust-anchor-expiring",
    summary: "Trust anchor ends soon",
    aliases: &["l5d-identity-trustAnchors-not-expiring-soon"],
    severity: Severity::Warning,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, _) in configs(world) {
        let Some(bundle) = anchors(&world.index, config) else { continue };
        for anchor in bundle.certificates.iter().flatten().filter(|c| c.ends_soon(world.now)) {
            let left = anchor.time_left(world.now);
            findings.add(
                bundle.object,
                &*bundle.path,
                format!("the trust anchor {:?} ends in {left}, at {}", anchor.subject, anchor.not_after),
                "Put a new anchor beside it now, and restart the meshed workloads before the issuer's certificate changes.",
            );
        }
    }
}
