use crate::checks::Findings;
use crate::checks::support::istio::platform::webhook_urls::{self, Target};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A webhook of Istio's validation or injection calls an external control plane by its address instead of a name.
    ///
    /// # Why it matters
    ///
    /// The address must stand in istiod's certificate, which it usually does not, and it changes when the control plane moves.
    ///
    /// # How to fix it
    ///
    /// Use a DNS name that is in the certificate of the external istiod.
    ///
    /// Sources: IST0164; istio `pkg/config/analysis/analyzers/externalcontrolplane/externalcontrolplane.go`.
    "istio-webhook-url-address",
    summary: "Istio webhook calls an external control plane by address",
    aliases: &["IST0164"],
    severity: Severity::Info,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (configuration, webhook) in webhook_urls::all(world) {
        if let Target::Address(url) = webhook_urls::target(&webhook) {
            findings.add(
                configuration,
                format!("{}.url", webhook.path_of("clientConfig")),
                format!("webhook {:?} calls {url:?} by address", webhook.text("name")),
                "Use a DNS name of the control plane.",
            );
        }
    }
}
