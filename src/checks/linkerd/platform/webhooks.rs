//! The webhooks of a control plane.

use crate::model::{Field, Kind, Object};
use crate::world::World;

/// One of Linkerd's webhooks.
#[derive(Clone, Copy)]
pub(super) struct Component {
    /// The component that answers.
    pub(super) name: &'static str,
    /// The kind of configuration.
    pub(super) kind: Kind,
    /// The codes of `linkerd check` for it: existence, certificate, the certificate's end.
    pub(super) codes: [&'static str; 3],
}

/// All of them; the last one came later than the others.
pub(super) const COMPONENTS: [Component; 3] = [
    Component {
        name: "linkerd-proxy-injector",
        kind: Kind::MutatingWebhookConfiguration,
        codes: ["l5d-existence-mwc", "l5d-proxy-injector-webhook-cert-valid", "l5d-proxy-injector-webhook-cert-not-expiring-soon"],
    },
    Component {
        name: "linkerd-sp-validator",
        kind: Kind::ValidatingWebhookConfiguration,
        codes: ["l5d-existence-vwc", "l5d-sp-validator-webhook-cert-valid", "l5d-sp-validator-webhook-cert-not-expiring-soon"],
    },
    Component {
        name: "linkerd-policy-validator",
        kind: Kind::ValidatingWebhookConfiguration,
        codes: ["", "l5d-policy-validator-webhook-cert-valid", "l5d-policy-validator-webhook-cert-not-expiring-soon"],
    },
];

/// Linkerd's webhooks, with their configuration and the component that answers.
pub(super) fn all(world: &World) -> impl Iterator<Item = (&'static Component, &Object, Field<'_>)> {
    COMPONENTS.iter().flat_map(move |component| {
        let configurations = world.index.objects(component.kind).iter();
        configurations.flat_map(move |object| {
            let ours = object.root().list("webhooks").filter(move |w| w.text("name").starts_with(component.name));
            ours.map(move |webhook| (component, object, webhook))
        })
    })
}
