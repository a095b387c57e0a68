use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::anchors::{at, ends_soon, out_of_date, time_left};
use super::webhooks;
use crate::checks::Findings;
use crate::mesh::certificate::{self, Certificate};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The certificates between the API server and a webhook of Linkerd: one of the `caBundle` or of the component's Secret has expired, is not yet
    /// valid, cannot be read or ends soon; or the component's certificate was not issued by the `caBundle`.
    ///
    /// # Why it matters
    ///
    /// The API server does not talk to a component whose certificate it cannot verify. New pods then get no proxy, or cannot be created; policies
    /// are not validated.
    ///
    /// # How to mend it
    ///
    /// Renew both together: upgrade the control plane, which makes new ones, or have them renewed by a certificate manager that also injects the
    /// `caBundle`. Then restart the component.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (linkerd-webhooks-and-apisvc-tls). Certificates that live less than 180 days are reported
    /// in the last third of their time rather than 60 days ahead.
    "linkerd-webhook-certificate",
    summary: "Certificate of a webhook has expired, ends soon or is not trusted",
    aliases: &[
        "l5d-proxy-injector-webhook-cert-valid",
        "l5d-sp-validator-webhook-cert-valid",
        "l5d-policy-validator-webhook-cert-valid",
        "l5d-proxy-injector-webhook-cert-not-expiring-soon",
        "l5d-sp-validator-webhook-cert-not-expiring-soon",
        "l5d-policy-validator-webhook-cert-not-expiring-soon",
    ],
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration, Kind::Secret],
    run: run,
}

const HINT: &str = "Renew the component's certificate and the caBundle together, then restart the component.";

fn run(world: &World, findings: &mut Findings<'_>) {
    for (component, object, webhook) in webhooks::all(world) {
        let (valid, soon) = (&component.codes[1..2], &component.codes[2..3]);
        let mut trusted = Vec::new();
        if let Some(bundle) = webhook.at(["clientConfig", "caBundle"]) {
            let pem = STANDARD.decode(bundle.str().unwrap_or_default()).map_err(|e| e.to_string());
            match pem.and_then(|pem| certificate::read(&pem)) {
                Ok(read) => trusted = read,
                Err(why) => {
                    findings.add(object, bundle.path(), format!("the caBundle of {} cannot be read: {why}", component.name), HINT).codes(valid);
                }
            }
            dates(world, findings, object, &bundle.path(), &trusted, (valid, soon));
        }
        let namespace = webhook.at(["clientConfig", "service"]).map(|s| s.text("namespace")).unwrap_or_default();
        let secret = world.index.object(Kind::Secret, namespace, &format!("{}-k8s-tls", component.name));
        let Some(served) = secret.and_then(|s| at(s, "tls.crt")) else { continue };
        let chain = match served.certificates {
            Ok(chain) => chain,
            Err(why) => {
                findings.add(served.object, served.path, format!("the certificate of {} cannot be read: {why}", component.name), HINT).codes(valid);
                continue;
            }
        };
        dates(world, findings, served.object, &served.path, &chain, (valid, soon));
        if !trusted.is_empty() && !certificate::leads_to(&chain, &trusted) {
            let what = format!("the certificate of {} was not issued by the caBundle with which the API server verifies it", component.name);
            findings.add(served.object, served.path, what, HINT).codes(valid).related(object.reference(), "has the caBundle");
        }
    }
}

fn dates(
    world: &World,
    findings: &mut Findings<'_>,
    object: &crate::model::Object,
    path: &str,
    all: &[Certificate],
    (valid, soon): (&[&'static str], &[&'static str]),
) {
    for certificate in all {
        if let Some(how) = out_of_date(certificate, world.now) {
            findings.add(object, path, format!("the certificate {:?} {how}", certificate.subject), HINT).codes(valid);
        } else if ends_soon(certificate, world.now) {
            let left = time_left(certificate, world.now);
            let what = format!("the certificate {:?} ends in {left}, at {}", certificate.subject, certificate.not_after);
            findings.add(object, path, what, HINT).severity(Severity::Warning).codes(soon);
        }
    }
}
