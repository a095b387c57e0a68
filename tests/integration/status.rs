//! `status`: the demo at a glance and page by page, and a cluster without anything.

use serde_json::Value;

use crate::cluster::TestCluster;
use crate::mesh::{run, said};

fn demo(args: &[&str]) -> String {
    let (code, out, err) = run(&[], &[&["status", "--demo"], args].concat());
    assert_eq!((code, err.as_str()), (0, ""));
    out
}

#[test]
fn the_demo_at_a_glance() {
    insta::assert_snapshot!(demo(&[]));
}

#[test]
fn a_workload_on_a_page() {
    insta::assert_snapshot!("status_cart", demo(&["deploy/cart"]));
    insta::assert_snapshot!("status_billing_api", demo(&["billing-api.billing"]));
    insta::assert_snapshot!("status_shipping", demo(&["deploy/shipping"]));
}

#[test]
fn a_service_on_a_page() {
    insta::assert_snapshot!("status_service_orders", demo(&["svc/orders"]));
    insta::assert_snapshot!("status_service_catalog", demo(&["svc", "catalog"]));
}

#[test]
fn documents_say_what_they_are() {
    for (names, kind) in [(&[][..], "StatusReport"), (&["deploy/cart"], "WorkloadReport"), (&["svc/orders"], "ServiceReport")] {
        let document: Value = serde_json::from_str(&demo(&[names, &["-o", "json"]].concat())).unwrap();
        assert_eq!((&document["kind"], &document["source"]["type"]), (&kind.into(), &"demo".into()));
    }
    let document: Value = serde_json::from_str(&demo(&["-o", "json"])).unwrap();
    let shop = document["namespaces"].as_array().unwrap().iter().find(|n| n["namespace"] == "shop").unwrap();
    assert_eq!(shop["modes"], serde_json::json!(["istio-sidecar"]));
    assert_eq!(shop["mtls"], serde_json::json!(["STRICT"]));
    assert_eq!(document["meshes"].as_array().unwrap().len(), 3);
}

#[test]
fn a_namespace_and_a_mesh_can_be_picked() {
    assert_eq!(demo(&["-n", "shop", "-o", "name"]), "namespace/shop\n");
    let linkerd = demo(&["--mesh", "linkerd"]);
    assert!(!linkerd.contains("istio-system") && linkerd.contains("edge-25.10.2"), "{linkerd}");
}

#[test]
fn a_cluster_without_a_mesh_is_told_so_and_what_to_do() {
    let cluster = TestCluster::bare();
    let (code, _, err) = said(&cluster.mesh(["status"]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("No mesh found in cluster"), "{err}");
}

#[test]
fn a_control_plane_in_a_cluster_is_found() {
    let cluster = TestCluster::start();
    cluster.apply(
        "
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: istio-system, name: istiod, labels: {app: istiod}}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod, istio.io/rev: blue}}
    spec: {containers: [{name: discovery, image: 'docker.io/istio/pilot:1.27.1-distroless'}]}
",
    );
    let (code, out, err) = said(&cluster.mesh(["status", "-o", "json"]).output().unwrap());
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    assert_eq!((code, &document["meshes"][0]["revision"], &document["meshes"][0]["version"]), (0, &"blue".into(), &"1.27.1".into()));
}
