use crate::checks::Findings;
use crate::checks::support::istio::platform::webhook_urls::{self, Target};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A webhook of Istio's validation or injection calls a URL that cannot be read, or has neither a URL nor a Service.
    ///
    /// # Why it matters
    ///
    /// The API server cannot call the control plane: pods are not injected or not created, and Istio's configuration is not validated.
    ///
    /// # How to fix it
    ///
    /// Write the full URL of the external istiod, `https://<host>:15017/inject`, or the Service of a local one.
    ///
    /// Sources: IST0163; istio `pkg/config/analysis/analyzers/externalcontrolplane/externalcontrolplane.go`.
    "istio-webhook-url-invalid",
    summary: "Istio webhook has no readable URL and no Service to call",
    aliases: &["IST0163"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (configuration, webhook) in webhook_urls::all(world) {
        let name = webhook.text("name");
        let message = match webhook_urls::target(&webhook) {
            Target::Nothing => format!("webhook {name:?} has neither a URL nor a Service to call"),
            Target::Broken(url) => format!("webhook {name:?} calls {url:?}, which is no URL"),
            Target::Address(_) | Target::Sound => continue,
        };
        findings.add(configuration, webhook.path_of("clientConfig"), message, "Write the full https:// URL of istiod, or its Service.");
    }
}
