//! `proxy ztunnel`.

use super::{answers, holding};
use crate::cluster::TestCluster;
use crate::mesh::{run, said};
use serde_json::{Value, json};

fn pod(namespace: &str, name: &str, node: &str, app: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name, "labels": {"app": app}},
        "spec": {"nodeName": node, "serviceAccountName": app, "containers": [{"name": "istio-proxy", "image": "i"}]}, "status": {"phase": "Running"},
    })
}

/// A dump in which shop/cart is captured and shop/web is known and not captured.
fn dump() -> Value {
    let workload = |name: &str, waypoint: Value| {
        json!({"uid": format!("c//Pod/shop/{name}"), "name": name, "namespace": "shop", "workloadIps": ["10.0.0.1"], "node": "n1", "protocol": "HBONE",
            "serviceAccount": name, "status": "Healthy", "waypoint": waypoint})
    };
    json!({
        "workloads": [workload("cart", json!({"destination": "shop/waypoint.shop.svc.cluster.local"})), workload("web", Value::Null)],
        "services": [{"name": "cart", "namespace": "shop", "hostname": "cart.shop", "vips": ["net/10.1.0.1"], "ports": {"80": 8080},
            "endpoints": {"c//Pod/shop/cart": {"workloadUid": "c//Pod/shop/cart"}, "x": {"workloadUid": "x"}}}],
        "policies": [{"name": "deny", "namespace": "shop", "scope": "Namespace", "action": "Deny", "rules": []},
            {"name": "all", "namespace": "istio-system", "scope": "Global", "action": "Allow", "rules": []}],
        "certificates": [
            {"identity": "spiffe://td/ns/shop/sa/cart", "state": "Available", "rootCerts": [{"serialNumber": "16", "validFrom": "2026-01-01T00:00:00Z", "expirationTime": "2999-01-01T00:00:00Z"}],
                "certChain": [{"serialNumber": "255", "validFrom": "2026-01-01T00:00:00Z", "expirationTime": "2026-01-02T00:00:00Z"}]},
            {"identity": "spiffe://td/ns/shop/sa/web", "state": "Unavailable: CA refused", "certChain": []}],
        "workloadState": {"u": {"state": "Up", "info": {"name": "cart", "namespace": "shop"}, "connections": {"outbound": [],
            "inbound": [{"src": "10.0.0.9:1", "originalDst": "10.1.0.1:80", "actualDst": "10.0.0.1:8080", "protocol": "HBONE"}]}}},
        "config": {"planted": "secret"},
    })
}

fn cluster() -> TestCluster {
    let pods = [
        pod("istio-system", "ztunnel-a", "n1", "ztunnel"),
        pod("istio-system", "ztunnel-b", "n2", "ztunnel"),
        pod("shop", "cart", "n1", "cart"),
        pod("shop", "web", "n1", "web"),
    ];
    let cluster = holding(pods);
    answers(&cluster, "istio-system", "ztunnel-a", 15000, &[("/config_dump", 200, dump().to_string())]);
    cluster
}

fn ask(cluster: &TestCluster, args: &[&str]) -> (i32, String, String) {
    said(&cluster.mesh([&["proxy", "ztunnel"], args].concat()).output().unwrap())
}

#[test]
fn each_part_has_a_table() {
    let cluster = cluster();
    for (part, expected) in [
        ("workloads", "shop        cart       10.0.0.1   n1     shop/waypoint.shop.svc.cluster.local   HBONE"),
        ("services", "10.1.0.1      None       1/2"),
        ("policies", "deny          Deny     Namespace"),
    ] {
        let (code, out, err) = ask(&cluster, &[part]);
        assert!(code == 0 && out.contains(expected) && !out.contains("planted"), "{part}: {out}{err}");
    }
    let (code, out, _) = ask(&cluster, &["certificates", "n1"]);
    assert!(code == 0 && out.contains("spiffe://td/ns/shop/sa/cart") && out.contains("Unavailable: CA refused"), "{out}");
    let row = out.lines().find(|line| line.contains("leaf")).unwrap();
    assert!(row.contains("false") && row.contains(" ff "), "{row}");
    let (_, out, _) = ask(&cluster, &["connections", "ztunnel-a"]);
    assert!(out.contains("cart.shop   inbound     10.0.0.9:1   10.0.0.1:8080   10.1.0.1:80   HBONE"), "{out}");
}

#[test]
fn of_a_pod_it_is_told_whether_it_is_captured() {
    let cluster = cluster();
    let (code, out, _) = ask(&cluster, &["connections", "cart", "-n", "shop"]);
    assert!(code == 0 && out.starts_with("✔ Pod shop/cart is captured by ztunnel-a.\n"), "{out}");
    let (code, out, _) = ask(&cluster, &["certificates", "web", "-n", "shop"]);
    assert!(code == 1 && out.starts_with("✖ Pod shop/web is not captured by ztunnel-a"), "{out}");
    assert!(out.contains("CA refused") && !out.contains("sa/cart"), "{out}");
}

#[test]
fn a_node_that_does_not_answer_is_a_gap_beside_the_others() {
    let (code, out, _) = ask(&cluster(), &["certificates"]);
    assert!(code == 0 && out.contains("sa/cart") && out.contains("could not ask Pod istio-system/ztunnel-b: port 15000: nothing listens"), "{out}");
    let (code, out, _) = ask(&cluster(), &["workloads", "n2"]);
    assert!(code == 3 && out.contains("could not ask Pod istio-system/ztunnel-b"), "{out}");
}

#[test]
fn saved_dumps_answer_the_same() {
    let dump = dump().to_string();
    let files: &[(&str, &[u8])] = &[("dump.json", dump.as_bytes()), ("broken.json", b"{\"workloads\": 7}")];
    let (code, out, err) = run(files, &["proxy", "ztunnel", "workloads", "--ztunnel-dump", "dump.json"]);
    assert!(code == 0 && out.contains("cart") && out.contains("HBONE"), "{out}{err}");
    let (code, out, _) = run(files, &["proxy", "ztunnel", "services", "web.shop", "--ztunnel-dump", "dump.json", "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["pod"]["state"], &report["services"]), (1, &json!("not-captured"), &json!([])));
    let (code, _, err) = run(files, &["proxy", "ztunnel", "workloads", "--ztunnel-dump", "broken.json"]);
    assert!(code == 2 && err.contains("cannot read broken.json"), "{err}");
    let (code, _, err) = run(files, &["proxy", "ztunnel", "workloads", "--demo"]);
    assert!(code == 2 && err.contains("--ztunnel-dump"), "{err}");
}
