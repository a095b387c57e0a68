//! Known calls fare as before, or everything is taken back.

use serde_json::{Value, json};

use super::{mesh, objects, pods, settle, shop};
use crate::apiserver::machinery::Injector;

/// Somebody who calls the cart, as a policy says that lets nobody else in.
const FRONTEND: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: frontend, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: frontend}}
  template: {metadata: {labels: {app: frontend}}, spec: {serviceAccountName: frontend, containers: [{name: app, image: 'shop/frontend:1'}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/frontend]}}]}]
";

#[test]
fn a_known_call_that_would_fail_takes_everything_back() {
    let cluster = shop(Injector::Istio, FRONTEND);
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        out.contains("verify that known calls fare as before: deployment/frontend → cart.shop:6379, deployment/frontend → cart.shop:80"),
        "{out}"
    );
    assert!(
        out.contains(
            "known calls would fail: deployment/frontend → cart.shop:6379: At the server: no rule of AuthorizationPolicy shop/cart admits it, "
        ) && out.contains("everything is as it was before"),
        "{out}"
    );
    assert_eq!(objects(&cluster), before);
    settle(&cluster);
    assert!(pods(&cluster, "cart").iter().all(|pod| pod == &["app"]), "{out}");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--force", "calls"]);
    assert!(code == 0 && out.contains("passed over: deployment/frontend"), "{out}{err}");
}

#[test]
fn known_calls_are_followed_to_their_encryption() {
    let cluster = shop(Injector::Istio, FRONTEND);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-s", "frontend", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("2 known calls fare as before: 2 mutual TLS"), "{out}");
    // Out of the mesh again it would have no identity to be let in by.
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["offboard", "-s", "frontend", "-n", "shop", "--yes", "--force-conflicts"]);
    assert!(code == 1 && out.contains("known calls would fail: deployment/frontend → cart.shop:"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
}

#[test]
fn a_plan_tells_which_calls_it_follows() {
    let cluster = shop(Injector::Istio, FRONTEND);
    let (_, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--dry-run=client", "-o", "json"]);
    let plan: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    let step = plan["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(step["action"], "calls");
    assert_eq!(step["calls"][0], json!({"client": "deployment/frontend", "namespace": "shop", "server": "cart.shop:6379", "before": "works"}));
    let cluster = shop(Injector::Istio, "");
    let (_, out, _) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--dry-run=client"]);
    assert!(out.contains("no call is followed"), "{out}");
}
