//! DestinationRules and PeerAuthentications as Kiali reads them: by the hosts `*.local` and `*.<namespace>.<suffix>`, and in the order of names.

use std::collections::HashMap;

use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::mesh::istio::policy;
use crate::mesh::istio::visibility::Visibility;
use crate::mesh::mtls::{Mode, PeerAuthentication};
use crate::model::{Kind, Object};
use crate::world::World;

/// The host that stands for the whole mesh.
pub(in crate::checks) const MESH_HOST: &str = "*.local";

/// The TLS mode of a DestinationRule for all ports.
pub(in crate::checks) fn client_mode(rule: &Object) -> Option<TlsMode<'_>> {
    Some(DestinationRule::of(rule).policy()?.tls()?.mode)
}

/// Whether a DestinationRule makes callers of a Service in its own namespace use Istio's mutual TLS.
pub(in crate::checks) fn uses_istio_mutual(world: &World, namespace: &str, service: &str) -> bool {
    let fqdn = format!("{service}.{namespace}.{}", world.istio.config.service_suffix());
    let found = world.istio.registry.rules.for_any_client(&world.index, &world.istio.config, namespace, &fqdn, namespace);
    found.and_then(|(_, rules)| rules.into_iter().find_map(client_mode)) == Some(TlsMode::IstioMutual)
}

/// Whether a client mode means mutual TLS, with Istio's certificates or with others.
pub(in crate::checks) fn is_mutual(mode: Option<TlsMode<'_>>) -> bool {
    mode.is_some_and(TlsMode::is_mutual)
}

/// What a PeerAuthentication without a selector says of all ports: nothing, that it sets no mode, or which.
pub(in crate::checks) fn server_mode(peer: &Object) -> Option<Option<Mode>> {
    if peer.spec().get("selector").is_some() { None } else { own_mode(peer) }
}

/// The same, whomever it is for.
pub(in crate::checks) fn own_mode(peer: &Object) -> Option<Option<Mode>> {
    PeerAuthentication::of(peer).own().map(|own| own.mode)
}

/// Whether a server mode accepts mutual TLS.
pub(in crate::checks) fn accepts_mutual(mode: Option<Option<Mode>>) -> bool {
    matches!(mode, Some(Some(Mode::Strict | Mode::Permissive)))
}

/// DestinationRules by the host they are written for, with who may see them.
pub(in crate::checks) struct Rules<'a> {
    world: &'a World,
    by_host: HashMap<&'a str, Vec<(&'a Object, Visibility)>>,
}

impl<'a> Rules<'a> {
    pub(in crate::checks) fn new(world: &'a World) -> Self {
        let mut by_host: HashMap<&str, Vec<(&Object, Visibility)>> = HashMap::new();
        for rule in world.index.objects(Kind::DestinationRule) {
            let visibility = Visibility::of_object(rule, &world.istio.config.default_export_to[2]);
            by_host.entry(DestinationRule::of(rule).host()).or_default().push((rule, visibility));
        }
        Self { world, by_host }
    }

    /// Rules with exactly this host that `namespace` sees.
    pub(in crate::checks) fn of<'s>(&'s self, host: &str, namespace: &'s str) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
        let rules = self.by_host.get(host).map(Vec::as_slice).unwrap_or_default();
        rules.iter().filter(move |(_, seen)| seen.includes(namespace)).map(|(rule, _)| *rule)
    }

    /// Rules for the whole mesh.
    pub(in crate::checks) fn mesh_wide<'s>(&'s self, namespace: &'s str) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
        self.of(MESH_HOST, namespace)
    }

    /// Rules for all Services of `namespace`.
    pub(in crate::checks) fn namespace_wide<'s>(&'s self, namespace: &'s str) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
        self.of(&namespace_host(self.world, namespace), namespace)
    }

    /// Whether there are none at all.
    pub(in crate::checks) fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }
}

/// The host that stands for all Services of a namespace.
pub(in crate::checks) fn namespace_host(world: &World, namespace: &str) -> String {
    format!("*.{namespace}.{}", world.istio.config.service_suffix())
}

/// PeerAuthentications without a selector that stand in `namespace`.
pub(in crate::checks) fn peers<'a>(world: &'a World, namespace: &str) -> impl Iterator<Item = &'a Object> {
    world.index.objects_in(Kind::PeerAuthentication, namespace).iter().filter(|p| policy::selector(p).is_none())
}
