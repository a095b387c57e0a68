//! Listeners of a Gateway, and whom they take: by namespace, kind and hostname.

use crate::index::Index;
use crate::model::{Field, Kind, LabelSelector, Object};

/// A listener of a Gateway or of a ListenerSet.
#[derive(Clone, Debug)]
pub struct Listener<'a> {
    pub name: &'a str,
    pub port: Option<i64>,
    pub protocol: &'a str,
    /// Its hostname; empty for any.
    pub hostname: &'a str,
    /// The listener.
    pub field: Field<'a>,
}

/// The listeners of a Gateway or of a ListenerSet.
pub fn listeners(gateway: &Object) -> Vec<Listener<'_>> {
    let list = gateway.spec().list("listeners");
    list.map(|field| Listener {
        name: field.text("name"),
        port: field.get("port").and_then(|p| p.int()),
        protocol: field.text("protocol"),
        hostname: field.text("hostname"),
        field,
    })
    .collect()
}

/// Whether a listener admits routes of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admits {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It asks for labels of a Namespace that was not read.
    Unknown,
}

/// Whether a listener of `gateway` admits routes of `namespace`.
pub fn admits_namespace(index: &Index, gateway: &Object, listener: &Listener<'_>, namespace: &str) -> Admits {
    let rule = listener.field.at(["allowedRoutes", "namespaces"]);
    let yes_if = |admitted: bool| if admitted { Admits::Yes } else { Admits::No };
    match rule.as_ref().map(|r| r.text("from")).unwrap_or_default() {
        "All" => Admits::Yes,
        "None" => Admits::No,
        "Selector" => match (rule.and_then(|r| r.get("selector")), index.namespace(namespace)) {
            (None, _) => Admits::No,
            (Some(_), None) => Admits::Unknown,
            (Some(selector), Some(ns)) => {
                yes_if(LabelSelector::read(selector).is_some_and(|s| s.matches(&labels_of(&ns.metadata.name, &ns.metadata.labels))))
            }
        },
        _ => yes_if(gateway.meta.namespace == namespace),
    }
}

/// The API server puts a namespace's name among its labels; manifests rarely do.
fn labels_of(name: &str, labels: &crate::model::Map) -> crate::model::Map {
    let written = labels.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    [("kubernetes.io/metadata.name", name)].into_iter().chain(written).collect()
}

/// Kinds of routes that a protocol can carry; nothing is known of protocols outside the Gateway API.
pub fn kinds_of(listener: &Listener<'_>) -> Option<&'static [Kind]> {
    Some(match listener.protocol {
        "HTTP" | "HTTPS" => &[Kind::HttpRoute, Kind::GrpcRoute],
        "TLS" if listener.field.at(["tls", "mode"]).is_some_and(|m| m.str() == Some("Passthrough")) => &[Kind::TlsRoute],
        "TLS" => &[Kind::TlsRoute, Kind::TcpRoute],
        "TCP" => &[Kind::TcpRoute],
        "UDP" => &[Kind::UdpRoute],
        _ => return None,
    })
}

/// Whether a listener takes routes of a kind: its protocol carries them and its own list, if it has one, names them.
pub fn takes_kind(listener: &Listener<'_>, kind: Kind) -> bool {
    let listed = listener.field.at(["allowedRoutes", "kinds"]).filter(|list| !list.is_empty());
    kinds_of(listener).is_none_or(|kinds| kinds.contains(&kind)) && listed.is_none_or(|list| list.items().any(|k| k.text("kind") == kind.name()))
}

/// Whether some name is matched by both hostnames; an empty one stands for all names.
pub fn intersects(a: &str, b: &str) -> bool {
    let within = |wildcard: &str, name: &str| wildcard.strip_prefix('*').is_some_and(|suffix| name.len() > suffix.len() && name.ends_with(suffix));
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    a.is_empty() || b.is_empty() || a == b || within(&a, &b) || within(&b, &a)
}

#[cfg(test)]
mod tests {
    use super::intersects;

    #[test]
    fn hostnames_intersect_when_some_name_fits_both() {
        assert!(intersects("", "shop.example") && intersects("*.example", "shop.example") && intersects("*.example", "*.shop.example"));
        assert!(intersects("Shop.example", "shop.example"));
        assert!(!intersects("*.example", "example") && !intersects("*.shop", "*.blog") && !intersects("a.example", "b.example"));
    }
}
