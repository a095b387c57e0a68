//! What in an object needs a waypoint, and which ambient Services its hosts name.

use std::collections::HashSet;

use crate::mesh::istio::destination_rule::DestinationRule;
use crate::mesh::istio::labels::{GATEWAY_NAME, is_gateway};
use crate::mesh::istio::{ambient, policy};
use crate::model::{Field, Kind, Object, Service};
use crate::world::World;

/// The part of a policy that only a waypoint handles.
pub(in crate::checks) struct Need {
    /// Where it stands.
    pub(in crate::checks) path: String,
    /// What happens to it, up to "only at a waypoint".
    pub(in crate::checks) what: String,
}

/// What of a policy needs a waypoint; nothing when ztunnel can enforce all of it, or when it is for a gateway, which reads HTTP itself.
pub(in crate::checks) fn need(world: &World, policy: &Object) -> Option<Need> {
    if is_for_gateways(world, policy) {
        return None;
    }
    let spec = policy.spec();
    let needed = |path: String, what: String| Some(Need { path, what });
    match policy.kind {
        Kind::AuthorizationPolicy => {
            let field = ambient::http_field(policy)?;
            let path = field.path();
            let name = if field.get("key").is_some() { field.text("key") } else { path.rsplit('.').next().unwrap_or_default() };
            let what = format!("the HTTP condition {name:?} is understood");
            needed(path, what)
        }
        Kind::RequestAuthentication => needed(String::new(), "tokens are checked".into()),
        Kind::WasmPlugin => needed(String::new(), "the plugin runs".into()),
        _ => {
            let filled = ["tracing", "accessLogging"].into_iter().filter_map(|name| spec.get(name)).find(|f| !f.is_empty());
            let field = filled.or_else(|| spec.list("metrics").filter_map(|m| m.get("overrides")).find(|f| !f.is_empty()))?;
            needed(field.path(), "this telemetry is produced".into())
        }
    }
}

/// Whether all that a policy attaches to are gateways, by their Gateway or by labels that only gateways have.
fn is_for_gateways(world: &World, policy: &Object) -> bool {
    let index = &world.index;
    let namespace = policy.meta.namespace.as_str();
    let is_waypoint = |name: &str| match index.object(Kind::Gateway, namespace, name) {
        Some(gateway) => gateway.spec().text("gatewayClassName").contains("waypoint"),
        None => name.contains("waypoint"),
    };
    let targets = policy::targets(policy);
    if !targets.is_empty() {
        return targets.iter().all(|t| t.known_kind() == Some(Kind::Gateway) && !is_waypoint(t.name));
    }
    let selector = policy::selector(policy).unwrap_or_default();
    if let Some(name) = selector.get(GATEWAY_NAME) {
        return !is_waypoint(name);
    }
    let mut picked = index.select(Some(namespace), &selector).peekable();
    !selector.is_empty() && picked.peek().is_some() && picked.all(is_gateway)
}

/// A host of a VirtualService or DestinationRule.
pub(in crate::checks) struct Host<'a> {
    /// As written.
    pub(in crate::checks) text: &'a str,
    /// Where it stands.
    pub(in crate::checks) path: String,
}

/// Hosts whose routing or load balancing needs a parsed HTTP request, so that in ambient a waypoint must serve them; nothing when it needs none.
pub(in crate::checks) fn http_hosts(object: &Object) -> Option<Vec<Host<'_>>> {
    let spec = object.spec();
    let host = |(text, at): (_, Field<'_>)| Host { text, path: at.path() };
    match object.kind {
        Kind::VirtualService => {
            let routed = ["http", "tls"].iter().any(|name| spec.get(name).is_some_and(|f| !f.is_empty()));
            let gateways: Vec<&str> = spec.texts("gateways").map(|(g, _)| g).collect();
            let in_mesh = gateways.is_empty() || gateways.contains(&"mesh");
            (routed && in_mesh).then(|| spec.texts("hosts").map(host).collect())
        }
        _ => {
            let rule = DestinationRule::of(object);
            let mut policies = rule.policy().into_iter().chain(rule.subsets().filter_map(|subset| subset.policy()));
            policies.any(|policy| is_http(&policy.field)).then(|| spec.get("host").and_then(|h| Some(host((h.str()?, h)))).into_iter().collect())
        }
    }
}

fn is_http(traffic_policy: &Field<'_>) -> bool {
    let hash = traffic_policy.at(["loadBalancer", "consistentHash"]);
    hash.is_some_and(|h| !h.text("httpHeaderName").is_empty() || h.get("httpCookie").is_some())
        || traffic_policy.at(["connectionPool", "http"]).is_some()
        || traffic_policy.get("outlierDetection").is_some()
}

/// The Services in ambient namespaces that hosts of `object` name, each once.
pub(in crate::checks) fn ambient_services<'a>(world: &'a World, object: &'a Object, hosts: &[Host<'a>]) -> Vec<(&'a Service, String)> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for host in hosts.iter().filter(|h| !h.text.is_empty() && h.text != "*") {
        let parsed = world.istio.registry.kiali_host(host.text, &object.meta.namespace);
        if !parsed.is_service() || !ambient::is_ambient_namespace(&world.index, &parsed.namespace) {
            continue;
        }
        let service = world.index.service(&parsed.namespace, &parsed.service);
        if let Some(service) = service.filter(|s| seen.insert((s.metadata.namespace.clone(), s.metadata.name.clone()))) {
            found.push((service, host.path.clone()));
        }
    }
    found
}
