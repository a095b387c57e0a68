//! VirtualServices taken apart in one place: rules, destinations, hosts and gateways.

use crate::mesh::istio::visibility::Visibility;
use crate::model::{Field, Kind, Object};
use crate::world::{SourceKind, World};

/// The lists of rules a VirtualService has.
pub(in crate::checks) const PROTOCOLS: [&str; 3] = ["http", "tcp", "tls"];

/// Where a rule sends requests, or copies of them.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Destination<'a> {
    /// The host as written.
    pub host: &'a str,
    /// The subset; empty for none.
    pub subset: &'a str,
    /// The port's number, 0 when a port is given without one.
    pub port: Option<i64>,
    /// Where it stands.
    pub field: Field<'a>,
    /// Whether only copies go there.
    pub mirror: bool,
}

impl<'a> Destination<'a> {
    fn read(field: Field<'a>, mirror: bool) -> Self {
        let port = field.get("port").map(|p| p.get("number").and_then(|n| n.int()).unwrap_or(0));
        Self { host: field.text("host"), subset: field.text("subset"), port, field, mirror }
    }
}

/// All rules with the list they stand in.
pub(in crate::checks) fn rules(vs: &Object) -> impl Iterator<Item = (&'static str, Field<'_>)> {
    PROTOCOLS.into_iter().flat_map(|protocol| vs.spec().list(protocol).map(move |rule| (protocol, rule)))
}

/// All destinations that name a host, mirrors last.
pub(in crate::checks) fn destinations(vs: &Object) -> Vec<Destination<'_>> {
    let routes = rules(vs).flat_map(|(_, rule)| rule.list("route").filter_map(|r| r.get("destination")).collect::<Vec<_>>());
    let mut found: Vec<Destination<'_>> = routes.map(|d| Destination::read(d, false)).collect();
    for rule in vs.spec().list("http") {
        found.extend(rule.get("mirror").map(|d| Destination::read(d, true)));
        found.extend(rule.list("mirrors").filter_map(|m| m.get("destination")).map(|d| Destination::read(d, true)));
    }
    found.retain(|d| !d.host.is_empty());
    found
}

/// The hosts it is for; none for a delegate.
pub(in crate::checks) fn hosts(vs: &Object) -> Vec<&str> {
    vs.spec().texts("hosts").map(|(host, _)| host).collect()
}

/// Whether sidecars take it into account.
pub(in crate::checks) fn in_mesh(vs: &Object) -> bool {
    let spec = vs.spec();
    let mut gateways = spec.texts("gateways").peekable();
    gateways.peek().is_none() || gateways.any(|(name, _)| name == "mesh")
}

/// Namespace and name of a delegate; without a namespace it lives where the rule does.
pub(in crate::checks) fn delegate_target<'a>(vs: &'a Object, delegate: &Field<'a>) -> (&'a str, &'a str) {
    let namespace = Some(delegate.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&vs.meta.namespace);
    (namespace, delegate.text("name"))
}

/// `spec.exportTo` as written.
pub(in crate::checks) fn export_to(object: &Object) -> Vec<&str> {
    object.spec().texts("exportTo").map(|(ns, _)| ns).collect()
}

/// The namespaces in which a rule counts: those it is exported to; of a rule for everyone, those that see the hosts it is for.
pub(in crate::checks) fn users(world: &World, object: &Object) -> Visibility {
    let of_kind = if object.kind == Kind::DestinationRule { 2 } else { 1 };
    let exported = Visibility::of_object(object, &world.istio.config.default_export_to[of_kind]);
    if !exported.is_everyone() {
        return exported;
    }
    let registry = &world.istio.registry;
    let own = object.meta.namespace.as_str();
    if object.kind == Kind::DestinationRule {
        // Clients look in their own namespace, in the service's and in the root.
        let home = registry.resolve(object.spec().text("host"), own).map(|e| e.namespace.as_str());
        let near = own == world.istio.root_namespace() || home == Some(own);
        return if near { exported } else { Visibility::Namespaces(vec![object.meta.namespace.clone()]) };
    }
    let mut seeing = Vec::new();
    for host in hosts(object) {
        for entry in registry.named(&registry.fqdn(host, own)) {
            match &entry.visibility {
                Visibility::Everyone => return exported,
                Visibility::Namespaces(named) => seeing.extend(named.iter().cloned()),
            }
        }
    }
    if seeing.is_empty() { exported } else { Visibility::Namespaces(seeing) }
}

/// The codes that fit an absence: without istioctl's where the files hold none of `kinds`. It would report it, but files that hold nothing of a
/// kind are a part of a configuration, and the rest stands elsewhere.
pub(in crate::checks) fn codes_of_absence(world: &World, kinds: &[Kind], codes: &[&'static str]) -> Vec<&'static str> {
    let unseen = kinds.iter().all(|kind| none_in_files(world, *kind));
    without_istioctl(unseen, codes)
}

/// Whether these are files that hold nothing of a kind in any namespace.
pub(in crate::checks) fn none_in_files(world: &World, kind: Kind) -> bool {
    world.source.kind == SourceKind::Files && !world.index.holds(kind, "")
}

/// `codes`, without istioctl's when nothing of the kind was there to be seen.
pub(in crate::checks) fn without_istioctl(unseen: bool, codes: &[&'static str]) -> Vec<&'static str> {
    codes.iter().copied().filter(|code| !unseen || !code.starts_with("IST")).collect()
}

/// Whether manifests say nothing about the Services of a namespace: they hold none of it.
pub(in crate::checks) fn services_unseen(world: &World, namespace: &str) -> bool {
    world.source.kind == SourceKind::Files && world.index.services_in(namespace).is_empty()
}

/// Whether manifests say nothing about objects of `kinds` in a namespace other than `own`: they hold none of it.
pub(in crate::checks) fn elsewhere_unseen(world: &World, own: &str, kinds: &[Kind], namespace: &str) -> bool {
    world.source.kind == SourceKind::Files && own != namespace && kinds.iter().all(|kind| world.index.objects_in(*kind, namespace).is_empty())
}

/// A gateway as a VirtualService names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::checks) enum GatewayName<'a> {
    /// All sidecars.
    Mesh,
    /// The object istiod makes of a Gateway API Gateway's listener.
    Internal,
    Object {
        namespace: &'a str,
        name: &'a str,
        /// Whether it is written `name.namespace` or with a whole domain, the notation of before Istio 1.1.
        legacy: bool,
    },
}

impl<'a> GatewayName<'a> {
    /// Reads `text` of a VirtualService in `own` namespace, as istiod does.
    pub(in crate::checks) fn read(text: &'a str, own: &'a str) -> Self {
        let (written, name) = text.split_once('/').map_or((None, text), |(ns, name)| (Some(ns), name));
        if text == "mesh" {
            return Self::Mesh;
        }
        if name.contains("~istio-autogenerated-k8s-gateway~") {
            return Self::Internal;
        }
        match (written, name.split_once('.')) {
            (Some("."), _) | (None, None) => Self::Object { namespace: own, name, legacy: false },
            (Some(namespace), _) => Self::Object { namespace, name, legacy: false },
            (None, Some((name, rest))) => Self::Object { namespace: rest.split('.').next().unwrap_or(rest), name, legacy: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateways_are_named_in_four_ways() {
        let object = |namespace, name, legacy| GatewayName::Object { namespace, name, legacy };
        let read = |text| GatewayName::read(text, "shop");
        assert_eq!(read("mesh"), GatewayName::Mesh);
        assert_eq!(read("edge/a~istio-autogenerated-k8s-gateway~http"), GatewayName::Internal);
        assert_eq!(read("public"), object("shop", "public", false));
        assert_eq!(read("./public"), object("shop", "public", false));
        assert_eq!(read("edge/public"), object("edge", "public", false));
        assert_eq!(read("public.edge.svc.cluster.local"), object("edge", "public", true));
    }
}
