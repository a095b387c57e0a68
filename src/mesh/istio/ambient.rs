//! Ambient: which waypoint serves whom, and what only a waypoint can enforce.
//!
//! Istio sources: `cni/pkg/util/enablement_selector.go`, `pilot/pkg/serviceregistry/ambient/waypoints.go`; for what counts as layer 7
//! also Kiali's `business/checkers/ambient`.

use super::authorization_policy::{AuthorizationPolicy, Clause};
use super::labels::{DATAPLANE_MODE, is_waypoint};
use super::policy;
use crate::index::Index;
use crate::mesh::gateway_api::listeners::{Admits, admits_namespace, listeners};
use crate::model::{Field, Kind, Map, Object, Service, Str};

/// The label that names the waypoint of a namespace, Service or pod.
pub const USE_WAYPOINT: &str = "istio.io/use-waypoint";
/// The label that says in which namespace that waypoint is.
pub const USE_WAYPOINT_NAMESPACE: &str = "istio.io/use-waypoint-namespace";
const USE_WAYPOINT_CANARY: &str = "istio.io/use-waypoint-canary";
const USE_WAYPOINT_CANARY_NAMESPACE: &str = "istio.io/use-waypoint-canary-namespace";
const USE_WAYPOINT_CANARY_WEIGHT: &str = "istio.io/use-waypoint-canary-weight";
/// The GatewayClass of waypoints.
pub const WAYPOINT_CLASS: &str = "istio-waypoint";

/// The label that says what a waypoint takes traffic for.
pub const WAYPOINT_FOR: &str = "istio.io/waypoint-for";

/// Whether the namespace asks for ambient.
pub fn is_ambient_namespace(index: &Index, namespace: &str) -> bool {
    index.namespace_label(namespace, DATAPLANE_MODE) == Some("ambient")
}

/// Whether something is to be served by a waypoint: its own label first, `none` included, then the namespace's.
pub fn is_enrolled(index: &Index, labels: &Map, namespace: &str) -> bool {
    reference(index, labels, namespace).is_some()
}

/// The namespace and name of the waypoint that labels ask for, whether or not it exists.
pub fn reference(index: &Index, labels: &Map, namespace: &str) -> Option<(Str, Str)> {
    let inherited = index.namespace(namespace).map(|ns| &ns.metadata.labels);
    let from = if labels.has(USE_WAYPOINT) { labels } else { inherited? };
    let name = from.get(USE_WAYPOINT).filter(|name| !name.is_empty() && *name != "none")?;
    Some((from.get(USE_WAYPOINT_NAMESPACE).unwrap_or(namespace).into(), name.into()))
}

/// What a waypoint takes traffic for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Calls to Services; the default.
    Service,
    /// Calls to pods.
    Workload,
    /// Both.
    All,
    /// None: it is switched off.
    None,
}

/// How the waypoint that something asks for turns out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Waypoint<'a> {
    /// None is asked for.
    NotAsked,
    /// Neither a Gateway nor a waypoint workload of that name is there.
    Missing,
    /// It is there and serves this.
    Serves(Traffic, Option<&'a Object>),
}

impl Waypoint<'_> {
    /// Whether a waypoint is there and takes some traffic.
    pub fn works(self) -> bool {
        matches!(self, Self::Serves(traffic, _) if traffic != Traffic::None)
    }
}

/// The waypoint that takes a share of a Service's traffic beside its own: namespace and name, and the share in percent. A share that is no percentage
/// is none.
pub fn canary(index: &Index, service: &Service) -> Option<(Str, Str, u32)> {
    let meta = &service.metadata;
    // What the namespace says counts where it names the waypoint itself.
    let asks = meta.labels.get(USE_WAYPOINT).is_some_and(|name| name != "none");
    let inherited = index.namespace(&meta.namespace).filter(|_| !asks).map(|ns| &ns.metadata);
    let from = if meta.labels.has(USE_WAYPOINT_CANARY) { &meta.labels } else { &inherited?.labels };
    let name = from.get(USE_WAYPOINT_CANARY).filter(|name| !name.is_empty() && *name != "none")?;
    let namespace = from.get(USE_WAYPOINT_CANARY_NAMESPACE).unwrap_or(&meta.namespace);
    let weight = meta.annotations.get(USE_WAYPOINT_CANARY_WEIGHT).or_else(|| inherited?.annotations.get(USE_WAYPOINT_CANARY_WEIGHT)).unwrap_or("0");
    let weight = weight.parse().ok().filter(|weight| *weight <= 100)?;
    Some((namespace.into(), name.into(), weight))
}

/// The waypoint that an object with `labels` in `namespace` asks for.
pub fn waypoint<'a>(index: &'a Index, labels: &Map, namespace: &str) -> Waypoint<'a> {
    reference(index, labels, namespace).map_or(Waypoint::NotAsked, |(ns, name)| named(index, &ns, &name))
}

/// The waypoint of that name.
pub fn named<'a>(index: &'a Index, ns: &str, name: &str) -> Waypoint<'a> {
    if let Some(gateway) = index.object(Kind::Gateway, ns, name) {
        return Waypoint::Serves(traffic(index, gateway), Some(gateway));
    }
    let deployed = index.workload(ns, name, None).filter(|w| is_waypoint(&w.labels));
    deployed.map_or(Waypoint::Missing, |w| Waypoint::Serves(w.labels.get(WAYPOINT_FOR).map_or(Traffic::Service, traffic_of), None))
}

/// Whether istiod sends what an object of `namespace` gets through a waypoint: it is ready, and its listener admits the namespace.
///
/// A manifest has no status and is believed; where the labels that a listener asks for were not read, the namespace may have them.
pub fn takes(index: &Index, waypoint: Waypoint<'_>, namespace: &str) -> bool {
    let Waypoint::Serves(_, gateway) = waypoint else { return false };
    let Some(gateway) = gateway else { return true };
    let unready = gateway.root().get("status").is_some_and(|status| status.list("addresses").next().is_none());
    let tunnel = listeners(gateway).into_iter().find(|l| l.protocol == "HBONE" && l.port == Some(15008));
    let admitted = match tunnel {
        Some(listener) => admits_namespace(index, gateway, &listener, namespace) != Admits::No,
        None => gateway.meta.namespace == namespace,
    };
    // A word that does not exist is none of those that istiod compares with.
    let word = gateway.meta.labels.get(WAYPOINT_FOR);
    let known = word.is_none_or(|word| matches!(word, "service" | "workload" | "all"));
    !unready && admitted && known
}

fn traffic(index: &Index, gateway: &Object) -> Traffic {
    let class = index.object(Kind::GatewayClass, "", gateway.spec().text("gatewayClassName"));
    let label = gateway.meta.labels.get(WAYPOINT_FOR).or_else(|| class?.meta.labels.get(WAYPOINT_FOR));
    label.map_or(Traffic::Service, traffic_of)
}

fn traffic_of(label: &str) -> Traffic {
    match label {
        "workload" => Traffic::Workload,
        "all" => Traffic::All,
        "none" => Traffic::None,
        _ => Traffic::Service,
    }
}

/// The first field of an AuthorizationPolicy that needs a parsed HTTP request, which ztunnel does not have: of each rule a condition before others.
pub fn http_field(policy: &Object) -> Option<Field<'_>> {
    AuthorizationPolicy::of(policy).rules().find_map(|rule| rule.conditions().find_map(Clause::http_field).or_else(|| rule.http_field()))
}

/// Where a policy that only a waypoint can enforce attaches although no waypoint is asked for: the Service it targets, a workload it
/// selects, or the namespace as a whole. Nothing when each of them is enrolled.
pub fn unenrolled(index: &Index, policy: &Object) -> Option<String> {
    let namespace = policy.meta.namespace.as_str();
    let targets = policy::targets(policy);
    let services: Vec<_> =
        targets.iter().filter(|t| t.known_kind() == Some(Kind::Service)).filter_map(|t| index.service(namespace, t.name)).collect();
    if !services.is_empty() {
        let missed = services.iter().find(|service| !is_enrolled(index, &service.metadata.labels, namespace))?;
        return Some(format!("Service {:?}", missed.metadata.name));
    }
    if targets.iter().any(|t| t.known_kind() == Some(Kind::Gateway) && is_used(index, namespace, t.name)) {
        return None;
    }
    let wanted = policy::selector(policy).unwrap_or_default();
    let mut picked = 0;
    if !wanted.is_empty() {
        for workload in index.select(Some(namespace), &wanted).filter(|w| !is_waypoint(&w.labels)) {
            picked += 1;
            if !workload.labels.is(DATAPLANE_MODE, "none") && !is_enrolled(index, &workload.labels, namespace) {
                return Some(workload.reference.to_string());
            }
        }
    }
    (picked == 0 && !is_enrolled(index, &Map::default(), namespace)).then(|| format!("namespace {namespace:?}"))
}

/// Whether anything of the namespace is enrolled with its waypoint `name`.
fn is_used(index: &Index, namespace: &str, name: &str) -> bool {
    let this = |labels: &Map| reference(index, labels, namespace).is_some_and(|(ns, n)| ns == namespace && n == name);
    this(&Map::default())
        || index.services_in(namespace).iter().any(|s| this(&s.metadata.labels))
        || index.workloads_in(namespace).iter().any(|w| this(&w.labels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::istio::test::index;

    const NAMESPACE: &str = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop",
        "labels":{"istio.io/dataplane-mode":"ambient","istio.io/use-waypoint":"way"}}}"#;

    #[test]
    fn the_objects_own_label_beats_the_namespaces_and_does_not_fall_back() {
        let gateway = |name: &str, labels: &str| {
            format!(
                r#"{{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{{"namespace":"shop","name":"{name}","labels":{labels}}},
                "spec":{{"gatewayClassName":"istio-waypoint"}}}}"#
            )
        };
        let index = index(&[NAMESPACE, &gateway("way", "{}"), &gateway("off", r#"{"istio.io/waypoint-for":"none"}"#)]);
        let asks = |labels: &[(&str, &str)]| waypoint(&index, &labels.iter().copied().collect(), "shop");
        assert!(matches!(asks(&[]), Waypoint::Serves(Traffic::Service, Some(_))) && asks(&[]).works());
        assert!(!asks(&[(USE_WAYPOINT, "off")]).works());
        assert_eq!(asks(&[(USE_WAYPOINT, "none")]), Waypoint::NotAsked);
        assert_eq!(asks(&[(USE_WAYPOINT, "gone")]), Waypoint::Missing);
        assert_eq!(asks(&[(USE_WAYPOINT, "way"), (USE_WAYPOINT_NAMESPACE, "other")]), Waypoint::Missing);
    }

    #[test]
    fn http_fields_are_found_wherever_they_hide() {
        let http = |spec: &str| {
            let text = format!(r#"{{"apiVersion":"security.istio.io/v1","kind":"AuthorizationPolicy","metadata":{{"name":"p"}},"spec":{spec}}}"#);
            let index = index(&[&text]);
            http_field(&index.objects(Kind::AuthorizationPolicy)[0]).map(|f| f.path())
        };
        assert_eq!(
            http(r#"{"rules":[{"to":[{"operation":{"ports":["80"]}}]},{"to":[{"operation":{"methods":[],"notPaths":["/a"]}}]}]}"#).as_deref(),
            Some("spec.rules[1].to[0].operation.notPaths")
        );
        assert_eq!(http(r#"{"rules":[{"when":[{"key":"request.headers[x]"}]}]}"#).as_deref(), Some("spec.rules[0].when[0]"));
        assert_eq!(http(r#"{"rules":[{"from":[{"source":{"principals":["*"],"remoteIpBlocks":["1.1.1.1"]}}]}]}"#), None);
    }
}
