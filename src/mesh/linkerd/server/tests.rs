//! Which Server governs a port.

use super::*;
use crate::mesh::linkerd::testing::world;

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: a, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}]
      initContainers: [{name: b, ports: [{name: http, containerPort: 9090}]}]
";

fn server(name: &str, created: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {{namespace: shop, name: {name}, creationTimestamp: '{created}'}}\nspec: {spec}\n"
    )
}

#[test]
fn the_oldest_server_governs_a_port() {
    let world = world(&[
        WEB,
        &server("new", "2025-01-01T00:00:00Z", "{podSelector: {}, port: 8080}"),
        &server("old", "2024-01-01T00:00:00Z", "{podSelector: {matchLabels: {app: web}}, port: http}"),
    ]);
    let (index, servers) = (world.view().index, world.view().linkerd_servers());
    let claims = servers.claims();
    let named: Vec<_> = claims.iter().map(|c| (c.port, c.servers.iter().map(|s| s.name()).collect::<Vec<_>>())).collect();
    assert_eq!(named, [(8080, vec!["old", "new"]), (9090, vec!["old"])]);
    let web = index.workload("shop", "web", None).unwrap();
    assert_eq!(servers.governing(web, 8080).unwrap().name(), "old");
    assert!(servers.governing(web, 8081).is_none());
}

#[test]
fn a_number_needs_no_declaration_but_a_name_does() {
    let world = world(&[
        WEB,
        &server("a", "2025-01-01T00:00:00Z", "{podSelector: {}, port: 7000}"),
        &server("b", "2025-01-01T00:00:00Z", "{podSelector: {}, port: dns}"),
    ]);
    let servers = world.view().linkerd_servers();
    let claims = servers.claims();
    assert_eq!(claims.iter().map(|c| c.port).collect::<Vec<_>>(), [7000], "UDP ports have no names here");
}

#[test]
fn the_injector_adds_the_proxys_own_ports() {
    let world = world(&[WEB, &server("admin", "2025-01-01T00:00:00Z", "{podSelector: {}, port: linkerd-admin}")]);
    let servers = world.view().linkerd_servers();
    assert_eq!(servers.claims().iter().map(|c| c.port).collect::<Vec<_>>(), [4191]);
}

#[test]
fn selectors_follow_linkerd() {
    let pick = |text: &str, labels: &[(&str, &str)]| {
        let selector: crate::model::Json = serde_json::from_str(text).unwrap();
        Selector::of(selector.root(), false).unwrap().matches(Kind::Deployment, &labels.iter().copied().collect())
    };
    assert!(pick("{}", &[]));
    assert!(pick(r#"{"matchExpressions":[{"key":"a","operator":"NotIn","values":["x"]}]}"#, &[]));
    assert!(pick(r#"{"matchExpressions":[{"key":"a","operator":"Exists"}]}"#, &[("a", "x")]));
    assert!(!pick(r#"{"matchExpressions":[{"key":"a","operator":"Exists","values":[]}]}"#, &[("a", "x")]));
}

#[test]
fn servers_that_linkerd_passes_over_say_why() {
    let fault = |spec: serde_json::Value| {
        let object = Object { kind: Kind::Server, meta: Default::default(), body: serde_json::json!({ "spec": spec }).into() };
        ServerSpec::of(&object).map(|_| ()).unwrap_err()
    };
    use serde_json::json;
    assert_eq!(fault(json!({"port": 1})), ServerFault::NoSelector);
    assert_eq!(fault(json!({"port": 1, "podSelector": {}, "externalWorkloadSelector": {}})), ServerFault::TwoSelectors);
    assert_eq!(fault(json!({"port": 0, "podSelector": {}})), ServerFault::BadPort);
    assert_eq!(fault(json!({"podSelector": {}})), ServerFault::BadPort);
    assert_eq!(fault(json!({"port": 1, "podSelector": {}, "proxyProtocol": "http"})), ServerFault::BadProtocol("http".into()));
}
