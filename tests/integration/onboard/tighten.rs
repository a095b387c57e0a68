//! Nobody but who is known to call, by policies and by the network: plans of their own, with proof or not at all.

use serde_json::{Value, json};

use super::{mesh, objects, shop};
use crate::apiserver::machinery::Injector;
use crate::apiserver::{Act, Fault};
use crate::cluster::{ADMIN, TestCluster};

/// A Service that looks like a Prometheus.
pub(super) const PROMETHEUS: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
apiVersion: v1
kind: Service
metadata: {name: prometheus, namespace: monitoring}
spec: {selector: {app: prometheus}, ports: [{name: http-web, port: 9090}]}
";

/// What it answers to every question: these calls, and that it has metrics of proxies for longer than a day.
pub(super) fn sees(cluster: &TestCluster, calls: &[Value]) {
    let rows: Vec<Value> = calls.iter().map(|metric| json!({"metric": metric, "value": [1.5, "90000"]})).collect();
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": rows}}).to_string().into_bytes();
    let path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/";
    cluster.server().fault(Fault::new(Act::Raw { status: 200, content_type: "application/json", body }).path(path).user(ADMIN));
}

/// The same, and nothing that it was told before.
fn saw(cluster: &TestCluster, calls: &[Value]) {
    cluster.server().clear_faults();
    sees(cluster, calls);
}

/// A call as a server's proxy counts it.
pub(super) fn istio(client: &str, server: &str, security: &str) -> Value {
    json!({"source_workload": client, "source_workload_namespace": "shop", "source_principal": format!("spiffe://cluster.local/ns/shop/sa/{client}"),
        "destination_workload": server, "destination_workload_namespace": "shop", "destination_service_name": server,
        "destination_service_namespace": "shop", "connection_security_policy": security})
}

fn linkerd(client: &str, server: &str, port: &str) -> Value {
    json!({"tls": "true", "client_id": format!("{client}.shop.serviceaccount.identity.linkerd.cluster.local"), "namespace": "shop",
        "deployment": server, "target_port": port})
}

const BOTH: [&str; 8] = ["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--yes"];

fn tightened(cluster: &TestCluster, flag: &[&str]) -> (i32, String, String) {
    mesh(cluster, &[&BOTH[..], flag].concat())
}

fn list(cluster: &TestCluster, path: &str) -> Vec<Value> {
    cluster.get(path).unwrap()["items"].as_array().cloned().unwrap_or_default()
}

const ISTIO_POLICIES: &str = "/apis/security.istio.io/v1/namespaces/shop/authorizationpolicies";
const NETWORK_POLICIES: &str = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies";

#[test]
fn strict_asks_a_prometheus_that_is_there() {
    let cluster = shop(Injector::Istio, PROMETHEUS);
    let strict = ["--mtls", "strict"];
    saw(&cluster, &[istio("other", "cart", "mutual_tls"), istio("cart", "other", "mutual_tls"), istio("other", "cart", "none")]);
    let (code, out, err) = tightened(&cluster, &strict);
    assert!(
        code == 1 && out.contains("✖ strict-refuses") && out.contains("other (namespace shop) → cart: sent plaintext 90000 times in the last 1d"),
        "{out}{err}"
    );
    saw(&cluster, &[istio("other", "cart", "mutual_tls")]);
    let (code, out, err) = tightened(&cluster, &strict);
    assert!(code == 1 && out.contains("counted no call of Deployment shop/other") && out.contains("without traffic nothing is proved"), "{out}{err}");
    saw(&cluster, &[]);
    let (code, out, err) = tightened(&cluster, &strict);
    assert!(code == 1 && out.contains("✖ strict-unproven") && out.contains("has no metrics of a mesh's proxies"), "{out}{err}");
    assert!(list(&cluster, "/apis/security.istio.io/v1/namespaces/shop/peerauthentications").is_empty());
    saw(&cluster, &[istio("other", "cart", "mutual_tls"), istio("cart", "other", "mutual_tls")]);
    let (code, out, err) = tightened(&cluster, &strict);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(list(&cluster, "/apis/security.istio.io/v1/namespaces/shop/peerauthentications").len(), 1);
}

#[test]
fn deny_without_proof_refuses_nobody() {
    let cluster = shop(Injector::Istio, "");
    let (code, out, err) = tightened(&cluster, &["--deny-by-default"]);
    assert!(code == 1 && out.contains("✖ deny-unproven") && out.contains("no Prometheus was found"), "{out}{err}");
    assert!(err.contains("nobody is refused"), "{err}");
    assert!(list(&cluster, ISTIO_POLICIES).is_empty());
    let cluster = shop(Injector::Istio, PROMETHEUS);
    saw(&cluster, &[istio("nobody", "cart", "none"), istio("cart", "other", "mutual_tls")]);
    let (code, out, err) = tightened(&cluster, &["--deny-by-default"]);
    assert!(code == 1 && out.contains("✖ deny-refuses") && out.contains("nobody called"), "{out}{err}");
    assert!(list(&cluster, ISTIO_POLICIES).is_empty());
}

#[test]
fn istio_lets_in_whoever_was_seen_and_nobody_else() {
    let cluster = shop(Injector::Istio, PROMETHEUS);
    saw(&cluster, &[istio("other", "cart", "mutual_tls"), istio("cart", "other", "mutual_tls")]);
    let (code, out, err) = tightened(&cluster, &["--deny-by-default"]);
    assert_eq!(code, 0, "{out}{err}");
    let made = list(&cluster, ISTIO_POLICIES);
    let of = |name: &str| made.iter().find(|p| p["metadata"]["name"] == name).unwrap_or_else(|| panic!("{name}: {made:?}"));
    let rules =
        json!([{"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/other"]}}], "to": [{"operation": {"ports": ["6379", "8080"]}}]}]);
    assert_eq!(of("cart-callers")["spec"], json!({"selector": {"matchLabels": {"app": "cart"}}, "action": "ALLOW", "rules": rules}));
    assert_eq!(of("cart-callers")["metadata"]["labels"]["app.kubernetes.io/managed-by"], "kubectl-mesh");
    let (code, shown, err) = mesh(&cluster, &["policy", "can", "-n", "shop", "--from", "deploy/other", "--to", "svc/cart:80"]);
    assert_eq!(code, 0, "{shown}{err}");
    let (code, out, err) = tightened(&cluster, &["--deny-by-default"]);
    assert!(code == 0 && out.contains("restricts Deployment shop/cart already"), "{out}{err}");
    let (code, out, err) = mesh(&cluster, &["offboard", "-s", "cart", "-n", "shop", "--yes", "--force-conflicts", "--force", "calls"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(list(&cluster, ISTIO_POLICIES).iter().all(|p| p["metadata"]["name"] != "cart-callers"), "{out}");
}

#[test]
fn linkerd_gets_the_server_last_and_loses_it_first() {
    let cluster = shop(Injector::Linkerd, PROMETHEUS);
    saw(&cluster, &[linkerd("other", "cart", "8080"), linkerd("other", "cart", "6379"), linkerd("cart", "other", "8080")]);
    let (code, out, err) = tightened(&cluster, &["--deny-by-default", "-o", "json"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = tightened(&cluster, &["--deny-by-default"]);
    assert_eq!(code, 0, "{out}{err}");
    let created: Vec<String> = cluster
        .server()
        .requests()
        .iter()
        .filter(|r| r.verb == "create" && r.path.contains("policy.linkerd.io") && r.param("dryRun").is_none())
        .map(|r| r.path.rsplit('/').next().unwrap().to_owned())
        .collect();
    let first = created.iter().position(|plural| plural == "servers").unwrap_or_else(|| panic!("{created:?} {out}"));
    assert!(created[first..].iter().all(|plural| plural == "servers"), "whoever is let in is named before the Server refuses all: {created:?}");
    let servers = list(&cluster, "/apis/policy.linkerd.io/v1beta3/namespaces/shop/servers");
    let ports: Vec<&Value> = servers.iter().map(|server| &server["spec"]["port"]).collect();
    assert!(ports.contains(&&json!(8080)) && ports.contains(&&json!(6379)), "{ports:?}");
    let grants = list(&cluster, "/apis/policy.linkerd.io/v1alpha1/namespaces/shop/meshtlsauthentications");
    assert!(
        grants.iter().any(|g| g["spec"]["identityRefs"] == json!([{"kind": "ServiceAccount", "name": "other", "namespace": "shop"}])),
        "{grants:?}"
    );
}

#[test]
fn the_network_is_opened_for_known_callers_and_what_the_mesh_needs() {
    let cluster = shop(Injector::Istio, PROMETHEUS);
    let before = objects(&cluster);
    saw(&cluster, &[istio("other", "cart", "mutual_tls"), istio("cart", "other", "mutual_tls")]);
    let (code, out, err) = tightened(&cluster, &["--network-policies"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("what Deployment shop/cart calls is not limited"), "{out}");
    let made = list(&cluster, NETWORK_POLICIES);
    let cart = made.iter().find(|p| p["metadata"]["name"] == "cart-callers").unwrap();
    let peer =
        json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}, "podSelector": {"matchLabels": {"app": "other"}}});
    let tcp = |ports: &[u16]| ports.iter().map(|port| json!({"port": port, "protocol": "TCP"})).collect::<Vec<_>>();
    let scrape = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}});
    let ingress = json!([{"from": [peer], "ports": tcp(&[6379, 8080])}, {"from": [scrape], "ports": tcp(&[15020, 15090])}]);
    assert_eq!(cart["spec"], json!({"podSelector": {"matchLabels": {"app": "cart"}}, "policyTypes": ["Ingress"], "ingress": ingress}));
    assert_ne!(objects(&cluster), before);
    let (code, _, err) = mesh(&cluster, &["check", "-n", "shop", "-q"]);
    assert!(code <= 1, "{err}");
}

#[test]
fn with_linkerd_the_network_sees_the_proxies_port_and_servers_see_the_rest() {
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {matchLabels: {app: cart}}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}, {port: 4143}, {port: 8080}, {port: 8086}, {port: 8090}]}]}}";
    let cluster = shop(Injector::Linkerd, &format!("{PROMETHEUS}---\n{closed}"));
    saw(&cluster, &[linkerd("other", "cart", "8080"), linkerd("cart", "other", "8080")]);
    let (code, out, err) = tightened(&cluster, &["--network-policies"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(!list(&cluster, "/apis/policy.linkerd.io/v1beta3/namespaces/shop/servers").is_empty(), "{out}");
    let made = list(&cluster, NETWORK_POLICIES);
    let of = |name: &str| made.iter().find(|p| p["metadata"]["name"] == name).unwrap_or_else(|| panic!("{name}: {made:?}"))["spec"].clone();
    assert_eq!(of("cart-callers")["ingress"][0]["ports"], json!([{"port": 4143, "protocol": "TCP"}]));
    assert_eq!(of("cart-callers")["ingress"][1]["ports"], json!([{"port": 4191, "protocol": "TCP"}]));
    let egress = of("cart-proxy")["egress"].clone();
    assert_eq!(egress[0]["ports"][0], json!({"port": 53, "protocol": "UDP"}), "{egress}");
    assert!(egress.to_string().contains("8086") && egress.to_string().contains("\"linkerd\""), "{egress}");
    assert!(!made.iter().any(|p| p["metadata"]["name"] == "other-proxy"), "what other calls is not limited by anything");
}
