//! Completion of what only the cluster knows.

use crate::cluster::TestCluster;
use crate::mesh::said;

const OBJECTS: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: app, image: 'app:1'}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart-http, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 80, protocol: TCP}]}
";

fn complete(cluster: &TestCluster, user: &str, words: &[&str]) -> (i32, String, String) {
    let words = ["__complete"].iter().chain(words).copied();
    said(&cluster.command(env!("CARGO_BIN_EXE_kubectl-mesh"), &cluster.kubeconfig_for(user), words).output().unwrap())
}

#[test]
fn a_tab_offers_namespaces_workloads_and_services() {
    let cluster = TestCluster::bare();
    cluster.apply(OBJECTS);
    assert_eq!(complete(&cluster, "admin", &["check", "-n", "sh"]), (0, "shop\n:4\n".into(), String::new()));
    assert_eq!(complete(&cluster, "admin", &["status", "-n", "shop", "deploy/"]), (0, "deploy/cart\n:4\n".into(), String::new()));
    assert_eq!(complete(&cluster, "admin", &["injection", "--namespace=shop", "svc/"]), (0, "svc/cart-http\n:4\n".into(), String::new()));
}

#[test]
fn who_may_not_list_is_offered_nothing_and_told_nothing() {
    let cluster = TestCluster::bare();
    cluster.apply(OBJECTS);
    assert_eq!(complete(&cluster, "nobody", &["check", "-n", "sh"]), (0, ":4\n".into(), String::new()));
}
