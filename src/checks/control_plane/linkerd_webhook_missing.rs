use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::checks::support::linkerd::platform::webhooks::{self, COMPONENTS};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A control plane without the webhook that injects proxies, or without the one that validates ServiceProfiles.
    ///
    /// # Why it matters
    ///
    /// Without the first no new pod gets a proxy, and nothing says so. Without the second, ServiceProfiles that Linkerd cannot use are accepted.
    ///
    /// # How to fix it
    ///
    /// Upgrade the control plane with its values; that creates the webhook configuration anew.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (control plane MutatingWebhookConfigurations, ValidatingWebhookConfigurations exist).
    "linkerd-webhook-missing",
    summary: "Control plane without its injection or validation webhook",
    aliases: &["l5d-existence-mwc", "l5d-existence-vwc"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world) {
        for component in COMPONENTS.iter().filter(|c| !c.codes[0].is_empty()) {
            let answers_here = |service: Option<crate::model::Field<'_>>| service.is_none_or(|s| config.namespace == s.text("namespace"));
            let mut webhooks = webhooks::all(world).filter(|(c, _, _)| c.name == component.name);
            if webhooks.any(|(_, _, webhook)| answers_here(webhook.at(["clientConfig", "service"]))) {
                continue;
            }
            let finding = findings.missing(
                object,
                "",
                &[(component.kind, "")],
                format!("no {} calls {} of this control plane", component.kind, component.name),
                "Upgrade the control plane with its values; delete this ConfigMap if the control plane is gone.",
            );
            if let Some(finding) = finding {
                finding.codes(&component.codes[..1]).detail(format!("{} {}", component.kind, component.name));
            }
        }
    }
}
