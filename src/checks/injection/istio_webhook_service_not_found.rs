use crate::checks::support::istio::platform::webhooks::configurations;
use crate::checks::{Findings, Runs};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An injection webhook calls a Service that does not exist.
    ///
    /// # Why it matters
    ///
    /// Istio's webhooks fail closed: every pod they match cannot be created, which shows when a node is drained or a workload restarted. It is what
    /// an uninstalled revision leaves behind.
    ///
    /// # How to fix it
    ///
    /// Delete the webhook configuration if its control plane is gone, or restore the Service.
    ///
    /// Sources: IST0139; istio `pkg/config/analysis/analyzers/webhook/webhook.go`.
    "istio-webhook-service-not-found",
    summary: "Injection webhook calls a Service that does not exist",
    aliases: &["IST0139"],
    severity: Severity::Error,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::MutatingWebhookConfiguration, Kind::Service],
    runs: Runs::Both,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for configuration in configurations(world) {
        for webhook in configuration.root().list("webhooks") {
            let Some(service) = webhook.at(["clientConfig", "service"]) else { continue };
            let (namespace, name) = (service.text("namespace"), service.text("name"));
            if world.index.service(namespace, name).is_none() {
                findings.missing_named(
                    configuration,
                    service.path_of("name"),
                    (Kind::Service, namespace, name),
                    format!("webhook {:?} calls Service {namespace}/{name}, which does not exist", webhook.text("name")),
                    "Delete this configuration if its control plane is gone, or restore the Service.",
                );
            }
        }
    }
}
