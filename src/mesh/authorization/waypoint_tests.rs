//! Waypoints: which of them a request passes, and who is asked there.

use super::tests::{FRONT, ambient, policy, world};
use super::{Call, Client, Credential, Http, Request, Server, Verdict};
use crate::mesh::calls::Calls;

/// The cart in ambient with a waypoint `infra/way` that it asks for, and a client.
fn behind(labels: &str, way: &str) -> String {
    let cart = ambient().replace(
        "{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: cart}",
        &format!("{{apiVersion: v1, kind: Service, metadata: {{namespace: shop, name: cart, {labels}}}"),
    );
    format!("{cart}\n---\n{}\n---\n{way}", waypoint("way", "all"))
}

const ASKS: &str = "labels: {istio.io/use-waypoint: way, istio.io/use-waypoint-namespace: infra}";

fn waypoint(name: &str, takes: &str) -> String {
    format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{namespace: infra, name: {name}, labels: {{istio.io/waypoint-for: {takes}}}}}, spec: {{
          gatewayClassName: istio-waypoint, listeners: [{{name: mesh, port: 15008, protocol: HBONE, allowedRoutes: {{namespaces: {{from: All}}}}}}]}}}}
---
{{apiVersion: apps/v1, kind: Deployment, metadata: {{namespace: infra, name: {name}}}, spec: {{template: {{metadata: {{labels: {{
  gateway.istio.io/managed: istio.io-mesh-controller, gateway.networking.k8s.io/gateway-name: {name}}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: istio-proxy}}]}}}}}}}}"
    )
}

/// A policy at a waypoint that refuses paths.
fn refuses(name: &str, path: &str) -> String {
    format!(
        "{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{namespace: infra, name: at-{name}}}, spec: {{action: DENY,
          targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: {name}}}], rules: [{{to: [{{operation: {{paths: ['{path}']}}}}]}}]}}}}"
    )
}

fn istiod(flag: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{namespace: istio-system, name: istiod}}, spec: {{template: {{metadata: {{labels: {{app: istiod}}}},
          spec: {{containers: [{{name: discovery, env: [{{name: {flag}, value: 'true'}}]}}]}}}}}}}}"
    )
}

/// What becomes of `GET path` of an identity to the Service's port 80, or to a port of the pods.
fn asked(objects: &str, pods: Option<u16>, path: &str) -> Verdict {
    let world = world(objects);
    let view = world.view();
    let cart = view.index.workload("shop", "cart", None).unwrap();
    let server = pods.map_or_else(|| Server::Service(view.index.service("shop", "cart").unwrap(), 80), |port| Server::Workload(cart, port));
    let http = Http { method: Some("GET".to_owned()), path: Some(path.to_owned()), ..Http::default() };
    let client = Client { credential: Credential::Identity(FRONT.to_owned()), ..Client::default() };
    Calls::new(view).decide(server, &Request { client, call: Call::Http(Box::new(http)), sni: None }).verdict
}

#[test]
fn a_service_without_an_address_is_called_past_its_waypoint() {
    let way = refuses("way", "/no");
    assert_eq!(asked(&behind(ASKS, &way), None, "/no"), Verdict::Deny);
    assert_eq!(asked(&behind(ASKS, &way), None, "/yes"), Verdict::Allow);
    let headless = behind(ASKS, &way).replace("clusterIP: 10.0.0.1", "clusterIP: None");
    assert_eq!(asked(&headless, None, "/no"), Verdict::Allow, "its pods are dialled one by one, and they ask for no waypoint");
}

#[test]
fn a_waypoint_before_pods_looks_at_the_first_bytes() {
    let pods = ambient().replace("labels: {app: cart}", "labels: {app: cart, istio.io/use-waypoint: way, istio.io/use-waypoint-namespace: infra}");
    let objects = format!("{pods}\n---\n{}\n---\n{}", waypoint("way", "workload"), refuses("way", "/no"));
    for port in [8080, 9090] {
        assert_eq!(asked(&objects, Some(port), "/no"), Verdict::Deny, "{port}: what Services declare does not count");
        assert_eq!(asked(&objects, Some(port), "/yes"), Verdict::Allow);
    }
    assert_eq!(asked(&objects, None, "/no"), Verdict::Allow, "the Service asks for none");
}

#[test]
fn of_two_waypoints_either_may_be_passed() {
    let canary = |weight: &str| {
        let labels = "istio.io/use-waypoint-canary: next, istio.io/use-waypoint-canary-namespace: infra}";
        let labels = format!("{}, {labels}, annotations: {{istio.io/use-waypoint-canary-weight: '{weight}'}}", ASKS.trim_end_matches('}'));
        let more = format!("{}\n---\n{}\n---\n{}", waypoint("next", "service"), refuses("way", "/old"), refuses("next", "/new"));
        let objects = behind(&labels, &more);
        ["/old", "/new", "/other"].map(|path| asked(&objects, None, path))
    };
    use Verdict::{Allow, Deny, Unknown};
    assert_eq!(canary("0"), [Deny, Allow, Allow]);
    assert_eq!(canary("20"), [Unknown, Unknown, Allow]);
    assert_eq!(canary("100"), [Allow, Deny, Allow]);
    assert_eq!(canary("200"), [Deny, Allow, Allow], "no percentage: the canary is ignored");
}

#[test]
fn istiod_may_admit_waypoints_and_nobody_else() {
    let open = behind(ASKS, "");
    let closed = format!("{open}\n---\n{}", istiod("PILOT_AUTO_ALLOW_WAYPOINT_POLICY"));
    assert_eq!([asked(&open, None, "/"), asked(&open, Some(8080), "/")], [Verdict::Allow, Verdict::Allow]);
    assert_eq!([asked(&closed, None, "/"), asked(&closed, Some(8080), "/")], [Verdict::Allow, Verdict::Deny]);
    let allowed = format!("{closed}\n---\n{}", policy("ALLOW", "[{from: [{source: {namespaces: [web]}}]}]"));
    assert_eq!([asked(&allowed, None, "/"), asked(&allowed, Some(8080), "/")], [Verdict::Allow, Verdict::Allow]);
    let denied = format!("{closed}\n---\n{}", policy("DENY", "[{from: [{source: {namespaces: [infra]}}]}]"));
    assert_eq!(asked(&denied, None, "/"), Verdict::Deny, "a DENY policy comes first");
}

#[test]
fn policies_without_a_target_may_stand_before_a_waypoint() {
    let at_home = policy("DENY", "[{from: [{source: {namespaces: [web]}}]}]").replace("namespace: shop", "namespace: infra");
    let objects = behind(ASKS, &at_home);
    assert_eq!(asked(&objects, None, "/"), Verdict::Allow);
    assert_eq!(asked(&format!("{objects}\n---\n{}", istiod("ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES")), None, "/"), Verdict::Deny);
}

/// The waypoint of the Service that was called sends the request on: its policies are met, and not those of the Service that answers.
#[test]
fn a_waypoint_that_sends_requests_on_asks_for_the_service_that_was_called() {
    let targets = |name: &str| {
        format!(
            "{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{namespace: shop, name: for-{name}}}, spec: {{action: DENY,
              targetRefs: [{{group: '', kind: Service, name: {name}}}], rules: [{{to: [{{operation: {{paths: ['/{name}']}}}}]}}]}}}}"
        )
    };
    let more = format!(
        "{{apiVersion: v1, kind: Service, metadata: {{namespace: shop, name: other, {ASKS}}}, spec: {{clusterIP: 10.0.0.2, selector: {{app: other}}, ports: [{{name: http, port: 80}}]}}}}
---
{{apiVersion: apps/v1, kind: Deployment, metadata: {{namespace: shop, name: other}}, spec: {{template: {{metadata: {{labels: {{app: other}}}}, spec: {{containers: [{{name: app}}]}}}}}}}}
---
{{apiVersion: apps/v1, kind: Deployment, metadata: {{namespace: shop, name: front}}, spec: {{template: {{metadata: {{labels: {{app: front}}}}, spec: {{containers: [{{name: app}}]}}}}}}}}
---
{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{namespace: shop, name: on}}, spec: {{parentRefs: [{{group: '', kind: Service, name: cart}}],
  rules: [{{backendRefs: [{{name: other, port: 80}}]}}]}}}}
---
{}
---
{}",
        targets("cart"),
        targets("other")
    );
    let world = world(&behind(ASKS, &more));
    let view = world.view();
    let front = view.index.workload("shop", "front", None).unwrap();
    let ask = |path: &str| {
        let http = Http { method: Some("GET".to_owned()), path: Some(path.to_owned()), ..Http::default() };
        let request = Request { client: Client { workload: Some(front), ..Client::default() }, call: Call::Http(Box::new(http)), sni: None };
        Calls::new(view).decide(Server::Service(view.index.service("shop", "cart").unwrap(), 80), &request)
    };
    assert_eq!([ask("/cart").verdict, ask("/other").verdict], [Verdict::Deny, Verdict::Allow]);
    assert!(ask("/other").led.is_some_and(|led| led.elsewhere));
}
