use crate::checks::Findings;
use crate::checks::support::linkerd::platform::serving::Served;
use crate::checks::support::linkerd::platform::webhooks;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The certificates between the API server and a webhook of Linkerd: one of the `caBundle` or of the component's Secret has expired, is not yet
    /// valid, cannot be read or ends soon; or the component's certificate was not issued by the `caBundle`, or is for another name.
    ///
    /// # Why it matters
    ///
    /// The API server does not talk to a component whose certificate it cannot verify. New pods then get no proxy, or cannot be created; policies
    /// are not validated.
    ///
    /// # How to fix it
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

fn run(world: &World, findings: &mut Findings<'_>) {
    for (component, object, webhook) in webhooks::all(world) {
        let Some(holder) = webhook.get("clientConfig") else { continue };
        let service = holder.get("service");
        let [_, valid, soon] = component.codes;
        Served { name: component.name, object, holder, service, codes: [valid, soon] }.judge(world, findings);
    }
}
