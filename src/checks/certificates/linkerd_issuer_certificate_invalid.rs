use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::certificate::{Key, leads_to};
use crate::mesh::linkerd::anchors::{anchors, issuer, issuer_key, issuer_secret};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// The certificate with which Linkerd signs those of the proxies (Secret `linkerd-identity-issuer`): it has expired, is not yet valid, does not
    /// lead to a trust anchor, is none of an authority, its key is not ECDSA P-256, or it cannot be read.
    ///
    /// # Why it matters
    ///
    /// The identity service signs nothing with it. Proxies' certificates live for a day: within a day meshed connections fail, and new pods do not
    /// become ready at once.
    ///
    /// # How to fix it
    ///
    /// Issue a new one from the current trust anchor and restart linkerd-identity if it does not take it up.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go`, `pkg/issuercerts/issuercerts.go`. The anchors are those of ConfigMap
    /// `linkerd-identity-trust-roots`; private keys are never read.
    "linkerd-issuer-certificate-invalid",
    summary: "Issuer's certificate has expired, is not trusted or cannot be used",
    aliases: &[
        "l5d-identity-cert-config-valid",
        "l5d-identity-issuer-cert-is-time-valid",
        "l5d-identity-issuer-cert-issued-by-trust-anchor",
        "l5d-identity-issuer-cert-uses-supported-crypto",
    ],
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world) {
        let Some(secret) = issuer_secret(&world.index, config) else {
            // A cluster's Secrets are read only if they are of type kubernetes.io/tls; files often leave them out.
            if !matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay) {
                findings.cannot_tell(&object.reference(), "Secret linkerd-identity-issuer was not read, or is not of type kubernetes.io/tls");
            }
            continue;
        };
        let hint = "Issue a new one from the current trust anchor.";
        let Some(bundle) = issuer(&world.index, config) else {
            let what = format!("it has no key {:?}, where the issuer's certificate belongs by identity.issuer.scheme", issuer_key(config));
            findings.add(secret, "data", what, hint).codes(&["l5d-identity-cert-config-valid"]);
            continue;
        };
        let chain = match bundle.certificates {
            Ok(chain) => chain,
            Err(why) => {
                let what = format!("the issuer's certificate cannot be read: {why}");
                findings.add(secret, bundle.path, what, hint).codes(&["l5d-identity-cert-config-valid"]);
                continue;
            }
        };
        let Some(first) = chain.first() else { continue };
        if let Some(how) = first.out_of_date(world.now) {
            let what = format!("the issuer's certificate {:?} {how}", first.subject);
            findings.add(secret, &*bundle.path, what, hint).codes(&["l5d-identity-issuer-cert-is-time-valid"]);
        }
        if !first.is_authority {
            let what = format!("the issuer's certificate {:?} is none of an authority: it cannot issue certificates to proxies", first.subject);
            let hint = "Issue one for an authority (CA: true; isCA: true of cert-manager) from the current trust anchor.";
            findings.add(secret, &*bundle.path, what, hint).codes(&["l5d-identity-cert-config-valid"]);
        }
        if first.key != Key::EcdsaP256 || !first.signed_with_sha256 {
            let hash = if first.signed_with_sha256 { "" } else { ", not signed with SHA-256" };
            let what = format!("the issuer's certificate {:?} uses an algorithm that Linkerd does not support: {}{hash}", first.subject, first.key);
            let hint = "Issue one with an ECDSA P-256 key, signed with SHA-256.";
            findings.add(secret, &*bundle.path, what, hint).codes(&["l5d-identity-issuer-cert-uses-supported-crypto"]);
        }
        if let Some(anchors) = anchors(&world.index, config)
            && let Ok(trusted) = &anchors.certificates
            && !leads_to(&chain, trusted)
        {
            let what = format!("the issuer's certificate {:?} was not issued by any trust anchor", first.subject);
            findings
                .add(secret, &*bundle.path, what, "Issue it from one of the trust anchors, or put the anchor that issued it into the bundle.")
                .codes(&["l5d-identity-issuer-cert-issued-by-trust-anchor"])
                .related(anchors.object.reference(), "has the trust anchors");
        }
    }
}
