use crate::checks::Findings;
use crate::checks::support::istio::platform::webhooks::is_istio;
use crate::checks::support::linkerd::platform::webhooks::COMPONENTS;
use crate::model::{Field, Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A webhook of Istio or Linkerd, be it one that injects or one that validates, calls a Service whose selector matches no pod.
    ///
    /// # Why it matters
    ///
    /// The API server gets no answer. With `failurePolicy: Fail` nothing that the webhook matches can be created or changed: no pods, or no
    /// configuration of the mesh. With `Ignore` pods start without a proxy, and mistakes are accepted.
    ///
    /// # How to fix it
    ///
    /// Delete the webhook configuration if its revision or control plane is gone, or correct the Service's selector.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates`, linkerd `charts/linkerd-control-plane/templates`; no other tool
    /// looks.
    "webhook-service-selects-nothing",
    summary: "Webhook of a mesh calls a Service without pods",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Any,
    needs: &[Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

const KINDS: [Kind; 2] = [Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration];

fn run(world: &World, findings: &mut Findings<'_>) {
    // Manifests show what will run; what they lack may be in others.
    if matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay) {
        return;
    }
    for object in KINDS.into_iter().flat_map(|kind| world.index.objects(kind)) {
        for webhook in object.root().list("webhooks").filter(is_of_mesh) {
            let Some(called) = webhook.at(["clientConfig", "service"]) else { continue };
            let (namespace, name) = (called.text("namespace"), called.text("name"));
            let seen = world.sight(Kind::Pod, namespace) == Sight::Clear;
            let service = world.index.service(namespace, name).filter(|service| seen && !service.spec.selector.is_empty());
            let Some(service) = service else { continue };
            if world.index.select(Some(namespace), &service.spec.selector).next().is_some() {
                continue;
            }
            let then = match webhook.text("failurePolicy") {
                "Ignore" => "it is passed over",
                _ => "what it matches is refused",
            };
            let what = format!("webhook {:?} calls {}, whose selector matches no pod, so {then}", webhook.text("name"), service.reference());
            let hint = "Delete this configuration if its control plane is gone, or correct the Service's selector.";
            findings.add(object, called.path_of("name"), what, hint).related(service.reference(), "selects no pod");
        }
    }
}

fn is_of_mesh(webhook: &Field<'_>) -> bool {
    let name = webhook.text("name");
    is_istio(webhook) || (name.ends_with("linkerd.io") && COMPONENTS.iter().any(|component| name.starts_with(component.name)))
}
