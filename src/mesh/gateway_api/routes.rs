//! Routes of the Gateway API with their parents and backends, as all implementations read them.

use crate::index::Index;
use crate::model::{Field, Kind, Object};

/// All kinds of routes, the strongest first: where kinds meet on one port of a Service, only the strongest counts.
pub const KINDS: [Kind; 5] = [Kind::GrpcRoute, Kind::HttpRoute, Kind::TlsRoute, Kind::TcpRoute, Kind::UdpRoute];

const GROUP: &str = "gateway.networking.k8s.io";

/// All routes.
pub fn all(index: &Index) -> impl Iterator<Item = &Object> {
    KINDS.into_iter().flat_map(|kind| index.objects(kind))
}

/// What a route is attached to: a Gateway, a ListenerSet or a Service.
#[derive(Clone, Debug)]
pub struct Parent<'a> {
    /// Gateway, ListenerSet or Service.
    pub kind: Kind,
    /// Its namespace: the route's own unless it says otherwise.
    pub namespace: &'a str,
    pub name: &'a str,
    /// The listener, when it names one.
    pub section: Option<&'a str>,
    /// The port, when it names one.
    pub port: Option<i64>,
    /// The reference.
    pub field: Field<'a>,
}

/// The parents of a route that are of a kind the Gateway API itself defines.
pub fn parents(route: &Object) -> Vec<Parent<'_>> {
    let refs = route.spec().list("parentRefs");
    refs.filter_map(|field| {
        // A Service without a group is a slip (the default is the Gateway API's); what is meant is clear.
        let default = if field.text("kind") == "Service" { "" } else { GROUP };
        let group = field.get("group").and_then(|g| g.str()).unwrap_or(default);
        let kind = match (group, field.text("kind")) {
            (GROUP, "" | "Gateway") => Kind::Gateway,
            (GROUP, "ListenerSet") => Kind::ListenerSet,
            ("" | "core", "Service") => Kind::Service,
            _ => return None,
        };
        Some(Parent {
            kind,
            namespace: own_or(field.text("namespace"), route),
            name: field.text("name"),
            section: Some(field.text("sectionName")).filter(|s| !s.is_empty()),
            port: field.get("port").and_then(|p| p.int()),
            field,
        })
    })
    .filter(|parent| !parent.name.is_empty())
    .collect()
}

/// A Service that a route sends requests to.
#[derive(Clone, Debug)]
pub struct Backend<'a> {
    /// Its namespace: the route's own unless it says otherwise.
    pub namespace: &'a str,
    pub name: &'a str,
    /// The port, when it names one.
    pub port: Option<i64>,
    /// Whether it only gets copies of requests.
    pub mirror: bool,
    /// The reference.
    pub field: Field<'a>,
}

/// The Services that the rules of a route send requests or copies of them to.
pub fn backends(route: &Object) -> Vec<Backend<'_>> {
    let mut found = Vec::new();
    for rule in route.spec().list("rules") {
        found.extend(rule.list("backendRefs").map(|field| (field, false)));
        let on_backends = rule.list("backendRefs").flat_map(|backend| backend.list("filters").collect::<Vec<_>>());
        let mirrors = rule.list("filters").chain(on_backends).filter_map(|filter| filter.at(["requestMirror", "backendRef"]));
        found.extend(mirrors.map(|field| (field, true)).collect::<Vec<_>>());
    }
    let services = found.into_iter().filter(|(field, _)| is_service(field));
    services
        .map(|(field, mirror)| Backend {
            namespace: own_or(field.text("namespace"), route),
            name: field.text("name"),
            port: field.get("port").and_then(|p| p.int()),
            mirror,
            field,
        })
        .collect()
}

/// Whether a reference, whose group and kind default to those of a Service, names one.
fn is_service(reference: &Field<'_>) -> bool {
    matches!(reference.text("group"), "" | "core") && matches!(reference.text("kind"), "" | "Service") && !reference.text("name").is_empty()
}

fn own_or<'a>(namespace: &'a str, object: &'a Object) -> &'a str {
    if namespace.is_empty() { &object.meta.namespace } else { namespace }
}
