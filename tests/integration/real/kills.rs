//! Killed when the API server shows a step to be done, then resumed to the end, or taken back.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{cluster, is_proxied, mesh, objects, pods, settle, shop, template, until};
use crate::cluster::{ADMIN, TestCluster};

/// What is seen of a run when it is killed.
type Seen = fn(&TestCluster, &str) -> bool;

fn service(cluster: &TestCluster, namespace: &str) -> Value {
    cluster.get(&format!("/api/v1/namespaces/{namespace}/services/cart")).unwrap()
}

const POINTS: [(&str, Seen); 5] = [
    ("journal", |cluster, namespace| cluster.get(&format!("/api/v1/namespaces/{namespace}/configmaps/kubectl-mesh")).is_ok()),
    ("service", |cluster, namespace| service(cluster, namespace)["spec"]["ports"][0]["appProtocol"] == "http"),
    ("template", |cluster, namespace| template(cluster, namespace, "cart")["metadata"]["labels"]["sidecar.istio.io/inject"] == "true"),
    ("first-pod", |cluster, namespace| pods(cluster, namespace, "cart").iter().any(|pod| is_proxied(pod))),
    ("last-pod", |cluster, namespace| pods(cluster, namespace, "cart").iter().filter(|pod| is_proxied(pod)).count() == 2),
];

/// A run that is killed at a point.
fn killed(cluster: &TestCluster, namespace: &str, seen: Seen) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-mesh"))
        .env_clear()
        .env("HOME", cluster.home())
        .env("KUBECONFIG", cluster.kubeconfig_for(ADMIN))
        .args(["onboard", "-s", "cart", "-n", namespace, "--mode", "sidecar", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut ended = false;
    until("the point is reached", || {
        ended = child.try_wait().unwrap().is_some();
        ended || seen(cluster, namespace)
    });
    // SIGKILL: nothing is cleaned up.
    child.kill().unwrap();
    child.wait().unwrap();
}

fn journal_is_gone(cluster: &TestCluster, namespace: &str) -> bool {
    cluster.get(&format!("/api/v1/namespaces/{namespace}/configmaps/kubectl-mesh")).is_err()
}

#[test]
fn killed_and_resumed_on_a_real_cluster() {
    let Some(cluster) = cluster("kills::killed_and_resumed") else { return };
    for (name, seen) in POINTS {
        let namespace = format!("resumed-{name}");
        shop(&cluster, &namespace, "", "");
        killed(&cluster, &namespace, seen);
        // Left to itself for a moment, as it is until somebody notices.
        std::thread::sleep(Duration::from_millis(200));
        let (code, out, err) = mesh(&cluster, &["onboard", "--resume", "-n", &namespace]);
        assert_eq!(code, 0, "{name}: {out}{err}");
        settle(&cluster, &namespace);
        assert!(pods(&cluster, &namespace, "cart").iter().all(|pod| is_proxied(pod)), "{name}: {out}{err}");
        assert_eq!(service(&cluster, &namespace)["spec"]["ports"][0]["appProtocol"], "http", "{name}");
        assert!(journal_is_gone(&cluster, &namespace), "{name}: {out}{err}");
    }
}

#[test]
fn killed_and_taken_back_on_a_real_cluster() {
    let Some(cluster) = cluster("kills::killed_and_taken_back") else { return };
    for (name, seen) in POINTS {
        let namespace = format!("back-{name}");
        shop(&cluster, &namespace, "", "");
        let before = objects(&cluster, &namespace);
        killed(&cluster, &namespace, seen);
        let (code, out, err) = mesh(&cluster, &["onboard", "--undo", "-n", &namespace]);
        assert_eq!(code, 0, "{name}: {out}{err}");
        assert!(journal_is_gone(&cluster, &namespace), "{name}: {out}{err}");
        // One that had come to its end before it was killed has nothing to take back.
        if err.contains("nothing to undo") {
            continue;
        }
        settle(&cluster, &namespace);
        assert_eq!(objects(&cluster, &namespace), before, "{name}: {out}{err}");
        assert!(pods(&cluster, &namespace, "cart").iter().all(|pod| !is_proxied(pod)), "{name}: {out}{err}");
    }
}
