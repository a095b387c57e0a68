use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::certificate::{Certificate, Key};
use crate::mesh::linkerd::anchors::anchors;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A trust anchor of Linkerd has expired, is not yet valid, uses an algorithm that Linkerd does not support (it takes ECDSA P-256, RSA with 2048
    /// or 4096 bits, each signed with SHA-256), or cannot be read.
    ///
    /// # Why it matters
    ///
    /// When the anchor ends, no proxy trusts another one: every meshed connection fails. An old anchor that is left in the bundle beside a good one
    /// harms nobody by itself, but `linkerd check` fails, and restarts copy it on.
    ///
    /// # How to fix it
    ///
    /// Make a new anchor, put it into the bundle beside the old one, restart the meshed workloads, then replace the issuer's certificate. If another
    /// anchor of the bundle is good and issued the issuer's certificate, take the ended one out.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go`, `pkg/issuercerts/issuercerts.go`. Read from ConfigMap `linkerd-identity-trust-roots`, and
    /// only without it from `linkerd-config`.
    "linkerd-trust-anchor-invalid",
    summary: "Trust anchor has expired, is not valid yet or uses an unsupported algorithm",
    aliases: &[
        "l5d-identity-trustAnchors-are-time-valid",
        "l5d-identity-trustAnchors-use-supported-crypto",
        "l5d-identity-cert-config-valid",
    ],
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, _) in configs(world) {
        let Some(bundle) = anchors(&world.index, config) else { continue };
        let all = match bundle.certificates {
            Ok(all) => all,
            Err(why) => {
                let what = format!("the trust anchors cannot be read: {why}");
                findings.add(bundle.object, bundle.path, what, "Write them as PEM.").codes(&["l5d-identity-cert-config-valid"]);
                continue;
            }
        };
        let good = all.iter().any(|c| c.out_of_date(world.now).is_none());
        for anchor in &all {
            if let Some(how) = anchor.out_of_date(world.now) {
                let hint = if good {
                    "Take it out of the bundle, unless the issuer's certificate still depends on it."
                } else {
                    "Make a new anchor and a new issuer's certificate, then restart the control plane and all meshed workloads."
                };
                let what = format!("the trust anchor {:?} {how}", anchor.subject);
                findings.add(bundle.object, &*bundle.path, what, hint).codes(&["l5d-identity-trustAnchors-are-time-valid"]);
            }
            if !is_supported(anchor) {
                let hash = if anchor.signed_with_sha256 { "" } else { ", not signed with SHA-256" };
                let what = format!("the trust anchor {:?} uses an algorithm that Linkerd does not support: {}{hash}", anchor.subject, anchor.key);
                let hint = "Make one with an ECDSA P-256 key, signed with SHA-256.";
                findings.add(bundle.object, &*bundle.path, what, hint).codes(&["l5d-identity-trustAnchors-use-supported-crypto"]);
            }
        }
    }
}

fn is_supported(anchor: &Certificate) -> bool {
    anchor.signed_with_sha256 && matches!(anchor.key, Key::EcdsaP256 | Key::Rsa(2048 | 4096))
}
