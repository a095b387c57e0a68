use crate::checks::support::linkerd::platform::webhooks;
use crate::checks::{Findings, Runs};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A webhook of Linkerd calls a Service that does not exist.
    ///
    /// # Why it matters
    ///
    /// With `failurePolicy: Fail` nothing that the webhook matches can be created. With `Ignore` pods start without a proxy, and nothing records it.
    /// It is what an incomplete uninstallation leaves behind.
    ///
    /// # How to fix it
    ///
    /// Delete the webhook configuration if the control plane is gone, or upgrade the control plane to bring the Service back.
    ///
    /// Sources: linkerd `charts/linkerd-control-plane/templates`; `linkerd check` does not look.
    "linkerd-webhook-service-not-found",
    summary: "Webhook of Linkerd calls a Service that does not exist",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration, Kind::Service],
    runs: Runs::Both,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (_, object, webhook) in webhooks::all(world) {
        let Some(service) = webhook.at(["clientConfig", "service"]) else { continue };
        let (namespace, name) = (service.text("namespace"), service.text("name"));
        if world.index.service(namespace, name).is_none() {
            let then = if webhook.text("failurePolicy") == "Ignore" { "is passed over" } else { "refuses what it matches" };
            findings.missing_named(
                object,
                service.path_of("name"),
                (Kind::Service, namespace, name),
                format!("webhook {:?} calls Service {namespace}/{name}, which does not exist, and so {then}", webhook.text("name")),
                "Delete this configuration if its control plane is gone, or upgrade the control plane to bring the Service back.",
            );
        }
    }
}
