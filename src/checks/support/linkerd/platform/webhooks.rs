//! The webhooks of a control plane.

use crate::model::{Field, Kind, Object};
use crate::world::World;

/// One of Linkerd's webhooks.
#[derive(Clone, Copy)]
pub(in crate::checks) struct Component {
    /// The component that answers.
    pub(in crate::checks) name: &'static str,
    /// The kind of configuration.
    pub(in crate::checks) kind: Kind,
    /// The codes of `linkerd check` for it: existence, certificate, the certificate's end.
    pub(in crate::checks) codes: [&'static str; 3],
}

/// All of them. Only the first two are in every control plane; the last one is an extension's.
pub(in crate::checks) const COMPONENTS: [Component; 4] = [
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
    Component { name: "tap-injector", kind: Kind::MutatingWebhookConfiguration, codes: ["", "", ""] },
];

/// Linkerd's webhooks, with their configuration and the component that answers.
pub(in crate::checks) fn all(world: &World) -> impl Iterator<Item = (&'static Component, &Object, Field<'_>)> {
    COMPONENTS.iter().flat_map(move |component| {
        let configurations = world.index.objects(component.kind).iter();
        configurations.flat_map(move |object| {
            let ours = object.root().list("webhooks").filter(move |w| {
                let suffix = w.text("name").strip_prefix(component.name);
                suffix.is_some_and(|suffix| suffix.starts_with(['.', '-']) && suffix.ends_with("linkerd.io"))
            });
            ours.map(move |webhook| (component, object, webhook))
        })
    })
}
