//! Workloads come into the mesh by istiod's own webhook, and out again; what the API server or the pods refuse leaves no trace.

use serde_json::json;

use super::{cluster, is_proxied, mesh, objects, pods, settle, shop, template};
use crate::cluster::TestCluster;

#[test]
fn a_cart_comes_in_by_the_real_injector_and_goes_out_again() {
    let Some(cluster) = cluster("onboard::a_cart_comes_in") else { return };
    shop(&cluster, "comes-in", "", "");
    let before = objects(&cluster, "comes-in");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "comes-in", "--mode", "sidecar", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("✔ rehearsal") && out.contains("✔ Done."), "{out}");
    settle(&cluster, "comes-in");
    assert!(pods(&cluster, "comes-in", "cart").iter().all(|pod| is_proxied(pod)), "{out}");
    assert!(pods(&cluster, "comes-in", "other").iter().all(|pod| !is_proxied(pod)), "{out}");
    assert_eq!(template(&cluster, "comes-in", "cart")["metadata"]["labels"], json!({"app": "cart", "fate": "", "sidecar.istio.io/inject": "true"}));
    assert!(cluster.get("/api/v1/namespaces/comes-in/configmaps/kubectl-mesh").is_err(), "the journal goes with the run");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "comes-in", "--mode", "sidecar", "--yes"]);
    assert!(code == 0 && out.contains("Nothing to do") && out.contains("is in Istio already"), "{out}{err}");
    let (code, out, err) = mesh(&cluster, &["offboard", "-s", "cart", "-n", "comes-in", "--yes", "--force-conflicts"]);
    assert_eq!(code, 0, "{out}{err}");
    settle(&cluster, "comes-in");
    assert!(pods(&cluster, "comes-in", "cart").iter().all(|pod| !is_proxied(pod)), "{out}");
    assert_eq!(objects(&cluster, "comes-in"), before, "what onboard alone wrote is gone");
}

#[test]
fn a_namespace_comes_in_and_what_is_not_meant_stays_out() {
    let Some(cluster) = cluster("onboard::a_namespace_comes_in") else { return };
    shop(&cluster, "whole", "team: shop", "");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "whole", "--mode", "sidecar", "--scope", "namespace", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    settle(&cluster, "whole");
    assert_eq!(cluster.get("/api/v1/namespaces/whole").unwrap()["metadata"]["labels"]["istio-injection"], "enabled");
    assert!(pods(&cluster, "whole", "cart").iter().all(|pod| is_proxied(pod)), "{out}");
    assert!(pods(&cluster, "whole", "other").iter().all(|pod| !is_proxied(pod)), "{out}");
}

/// Everything is as it was, and the run says why.
fn taken_back(cluster: &TestCluster, namespace: &str, fate: &str, says: &str) {
    shop(cluster, namespace, "", fate);
    let before = objects(cluster, namespace);
    let args = ["onboard", "-s", "cart", "-n", namespace, "--mode", "sidecar", "--yes", "--rollout-timeout", "8s"];
    let (code, out, err) = mesh(cluster, &args);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains(says) && out.contains("everything is as it was before"), "{says}: {out}{err}");
    assert_eq!(objects(cluster, namespace), before, "{out}");
    settle(cluster, namespace);
    assert!(pods(cluster, namespace, "cart").iter().all(|pod| !is_proxied(pod)), "{out}");
}

#[test]
fn pods_whose_proxy_crashes_take_everything_back() {
    let Some(cluster) = cluster("onboard::pods_whose_proxy_crashes") else { return };
    taken_back(&cluster, "crashes", "crash-loop", "istio-proxy exits 255");
}

#[test]
fn pods_without_an_image_take_everything_back() {
    let Some(cluster) = cluster("onboard::pods_without_an_image") else { return };
    taken_back(&cluster, "no-image", "image-error", "cannot start, ImagePullBackOff");
}

#[test]
fn pods_that_never_become_ready_take_everything_back() {
    let Some(cluster) = cluster("onboard::pods_that_never_become_ready") else { return };
    taken_back(&cluster, "never-ready", "never-ready", "not ready in time");
}

/// The rehearsal tells, and nothing is written.
fn refused(cluster: &TestCluster, namespace: &str, id: &str, says: &str) {
    let before = objects(cluster, namespace);
    let (code, out, err) = mesh(cluster, &["onboard", "-s", "cart", "-n", namespace, "--mode", "sidecar", "--yes"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains(&format!("✖ {id}")) && out.contains(says) && err.contains(&format!("--force {id}")), "{out}{err}");
    assert_eq!(objects(cluster, namespace), before);
    settle(cluster, namespace);
}

#[test]
fn pod_security_refuses_in_the_rehearsal() {
    let Some(cluster) = cluster("onboard::pod_security_refuses") else { return };
    for level in ["restricted", "baseline"] {
        let namespace = format!("security-{level}");
        shop(&cluster, &namespace, &format!("pod-security.kubernetes.io/enforce: {level}"), "");
        refused(&cluster, &namespace, "pod-security", &format!("violates PodSecurity \"{level}:latest\""));
    }
}

#[test]
fn a_quota_and_a_limit_range_refuse_in_the_rehearsal() {
    let Some(cluster) = cluster("onboard::a_quota_and_a_limit_range_refuse") else { return };
    shop(&cluster, "quota", "", "");
    cluster.apply("{apiVersion: v1, kind: ResourceQuota, metadata: {name: small, namespace: quota}, spec: {hard: {requests.cpu: 100m}}}");
    super::until("the quota is counted", || {
        cluster.get("/api/v1/namespaces/quota/resourcequotas/small").unwrap()["status"]["used"]["requests.cpu"] == "30m"
    });
    refused(&cluster, "quota", "quota", "exceeded quota: small");
    shop(&cluster, "limits", "", "");
    cluster.apply(
        "{apiVersion: v1, kind: LimitRange, metadata: {name: small, namespace: limits}, spec: {limits: [{type: Container, max: {memory: 100Mi}}]}}",
    );
    refused(&cluster, "limits", "quota", "maximum memory usage per Container is 100Mi");
}

#[test]
fn a_quota_that_only_the_rollout_meets_takes_everything_back() {
    let Some(cluster) = cluster("onboard::a_quota_that_only_the_rollout_meets") else { return };
    shop(&cluster, "filled", "", "");
    let before = objects(&cluster, "filled");
    // Room for one more pod with a proxy, as the rehearsal asks for one; the second is refused.
    cluster.apply("{apiVersion: v1, kind: ResourceQuota, metadata: {name: small, namespace: filled}, spec: {hard: {requests.cpu: 200m}}}");
    super::until("the quota is counted", || {
        cluster.get("/api/v1/namespaces/filled/resourcequotas/small").unwrap()["status"]["used"]["requests.cpu"] == "30m"
    });
    let args = ["onboard", "-s", "cart", "-n", "filled", "--mode", "sidecar", "--yes", "--rollout-timeout", "30s", "--force", "quota"];
    let (code, out, err) = mesh(&cluster, &args);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("pods cannot be created") && out.contains("exceeded quota: small"), "{out}{err}");
    assert_eq!(objects(&cluster, "filled"), before, "{out}");
}

#[test]
fn ambient_is_refused_where_nothing_would_redirect() {
    let Some(cluster) = cluster("onboard::ambient_is_refused") else { return };
    shop(&cluster, "ambient", "", "");
    let before = objects(&cluster, "ambient");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "ambient", "--mode", "ambient", "--yes", "--rollout-timeout", "5s"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("ztunnel"), "{out}{err}");
    assert_eq!(objects(&cluster, "ambient"), before, "{out}");
}
