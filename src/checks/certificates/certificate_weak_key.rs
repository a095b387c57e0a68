use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_certificates;
use crate::mesh::called;
use crate::mesh::certificate::{self, Certificate, value};
use crate::mesh::istio::{authority, credentials};
use crate::model::{Kind, Object, Subject as _, key};
use crate::report::{Category, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A certificate that a mesh rests on has an RSA key of fewer than 2048 bits, or is signed with SHA-1 or MD5: the authority of Istio, the roots
    /// that it hands out, those by which the API server verifies webhooks, and those that gateways show.
    ///
    /// # Why it matters
    ///
    /// Envoy, Go and browsers refuse such certificates today or with their next version, and whoever can make the key up speaks for everybody below
    /// it.
    ///
    /// # How to fix it
    ///
    /// Make a new one with an ECDSA P-256 key or RSA of 2048 bits or more, signed with SHA-256. An authority is brought in beside the old one first.
    ///
    /// Sources: istio `security/pkg/pki/util`, Go `crypto/x509` (SHA-1), Envoy's BoringSSL. What Linkerd takes is narrower, and has rules of its own.
    "certificate-weak-key",
    summary: "Certificate with a key or a signature that is too weak",
    severity: Severity::Warning,
    category: Category::Certificates,
    needs: &[Kind::ConfigMap, Kind::Secret, Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration],
    kindwise: true,
    run: run,
}

const HINT: &str = "Make a new one with an ECDSA P-256 key or RSA of 2048 bits or more, signed with SHA-256.";

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let mut seen = BTreeSet::new();
    let mut judge = |object: &Object, path: &str, certificates: &[Certificate]| {
        // All webhooks of a configuration get the same bundle.
        for certificate in certificates.iter().filter(|one| seen.insert((object.reference(), one.der.clone()))) {
            let Some(weakness) = certificate.weakness() else { continue };
            let what = format!("the certificate {:?} is too weak: {weakness}", certificate.subject);
            findings.add(object, path, what, HINT).detail(certificate.subject.as_str());
        }
    };
    for authority in authority::all(index) {
        authority.chains.iter().for_each(|(name, chain)| judge(authority.secret, &format!("data{}", key(name)), chain));
    }
    // The same stands in every namespace.
    if let Some(roots) = index.object(Kind::ConfigMap, world.istio.root_namespace(), authority::ROOTS) {
        let read = value(roots, authority::ROOTS_KEY).and_then(|pem| certificate::read(&pem).ok());
        judge(roots, "data[\"root-cert.pem\"]", &read.unwrap_or_default());
    }
    let planes: Vec<&str> = world.control_planes().map(|plane| plane.namespace.as_str()).collect();
    for called in called::all(index).into_iter().filter(|called| planes.contains(&called.namespace)) {
        judge(called.object, &called.path(), &called.trusted().and_then(Result::ok).unwrap_or_default());
    }
    let mut shown = BTreeMap::new();
    for (credential, namespaces) in gateway_certificates::all(world) {
        let secrets = namespaces.iter().filter_map(|namespace| credential.secret(index, namespace));
        shown.extend(secrets.filter_map(|secret| Some((secret.reference(), (secret, credentials::leaf(secret)?)))));
    }
    shown.into_values().for_each(|(secret, leaf)| judge(secret, "data", &[leaf]));
}
