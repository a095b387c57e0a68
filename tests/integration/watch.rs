//! `-w`: changes are told by the API server and shown as they come.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;

use crate::cluster::{TestCluster, rules};
use crate::mesh::run;

fn deployment(name: &str, label: &str) -> serde_json::Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name, "example.com/step": label}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
        }
    })
}

/// The program while it watches, and the lines it prints.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(cluster: &TestCluster, user: &str, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-mesh"))
            .args(args)
            .arg("--kubeconfig")
            .arg(cluster.kubeconfig_for(user))
            .env_clear()
            .env("HOME", cluster.home())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let also = tell.clone();
        std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).for_each(|line| drop(tell.send(line))));
        std::thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).for_each(|line| drop(also.send(format!("err: {line}")))));
        Self { child, lines }
    }

    /// The lines until one that has all of these words.
    fn until(&self, words: &[&str]) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{words:?} was not shown: {seen:#?}"));
            let done = words.iter().all(|word| line.contains(word));
            seen.push(line);
            if done {
                return seen;
            }
        }
    }

    /// Ctrl-C; the exit code.
    fn interrupt(mut self) -> Option<i32> {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn changed_rows_follow_and_ctrl_c_ends_it() {
    let cluster = TestCluster::start();
    cluster.apply_object(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    cluster.apply_object(&deployment("cart", "1"));
    cluster.apply_object(&deployment("pay", "1"));
    let watching = Watching::start(&cluster, "admin", &["injection", "-n", "shop", "-w"]);
    let first = watching.until(&["deployment/pay"]);
    assert!(first.iter().any(|line| line.starts_with("NAMESPACE")) && first.iter().any(|line| line.contains("deployment/cart")), "{first:?}");

    cluster.apply_object(&deployment("new", "1"));
    let after = watching.until(&["deployment/new"]);
    assert!(after.iter().all(|line| !line.contains("deployment/pay") && !line.starts_with("NAMESPACE")), "only what changed: {after:?}");

    // What changes nothing that is shown is not shown.
    cluster.apply_object(&deployment("pay", "2"));
    let mut annotated = deployment("cart", "1");
    annotated["spec"]["template"]["metadata"]["labels"]["sidecar.istio.io/inject"] = json!("true");
    cluster.apply_object(&annotated);
    let after = watching.until(&["deployment/cart"]);
    assert!(after.iter().all(|line| !line.contains("deployment/pay")), "{after:?}");

    cluster.wait(async {
        let api: kube::Api<k8s_openapi::api::apps::v1::Deployment> = kube::Api::namespaced(cluster.client("admin"), "shop");
        api.delete("new", &kube::api::DeleteParams::default()).await.unwrap();
    });
    watching.until(&["err: gone: shop deployment/new"]);
    assert_eq!(watching.interrupt(), Some(0));
}

#[test]
fn status_is_watched_too() {
    let cluster = TestCluster::start();
    cluster.apply_object(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    cluster.apply_object(&deployment("cart", "1"));
    let watching = Watching::start(&cluster, "admin", &["status", "--watch"]);
    watching.until(&["shop"]);
    cluster.apply_object(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bank"}}));
    let mut elsewhere = deployment("pay", "1");
    elsewhere["metadata"]["namespace"] = json!("bank");
    cluster.apply_object(&elsewhere);
    watching.until(&["bank"]);
    assert_eq!(watching.interrupt(), Some(0));
}

/// What counts for the whole mesh lies where the MeshConfig says, which no command line names.
#[test]
fn another_root_namespace_is_watched_with_what_it_holds() {
    let config = |root: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"},
            "data": {"mesh": format!("rootNamespace: {root}\n")}})
    };
    let peers = |mode: &str| {
        json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "default", "namespace": "mesh-root"},
            "spec": {"mtls": {"mode": mode}}})
    };
    let cluster = TestCluster::start();
    cluster.apply_object(&config("mesh-root"));
    cluster.apply_object(&peers("STRICT"));
    cluster.apply(
        "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart}, annotations: {sidecar.istio.io/status: '{}'}}
spec: {containers: [{name: app, image: 'app:1'}, {name: istio-proxy, image: 'docker.io/istio/proxyv2:1.27.1', args: [proxy, sidecar]}]}",
    );
    let status = Watching::start(&cluster, "admin", &["status", "-n", "shop", "-w"]);
    status.until(&["shop", "istio-sidecar", "STRICT"]);
    // An object of that namespace.
    cluster.apply_object(&peers("DISABLE"));
    status.until(&["shop", "DISABLE"]);
    // The configuration that names it: there is nothing where it points now.
    cluster.apply_object(&config("elsewhere"));
    status.until(&["shop", "PERMISSIVE"]);
    // What comes there is seen, though nobody looked there before.
    let mut there = peers("STRICT");
    there["metadata"]["namespace"] = json!("elsewhere");
    cluster.apply_object(&there);
    status.until(&["shop", "STRICT"]);
    assert_eq!(status.interrupt(), Some(0));

    let injection = Watching::start(&cluster, "admin", &["injection", "-n", "shop", "-w"]);
    injection.until(&["pod/cart"]);
    cluster.apply_object(&config("mesh-root"));
    cluster.apply_object(&deployment("new", "1"));
    injection.until(&["deployment/new"]);
    assert_eq!(injection.interrupt(), Some(0));
}

#[test]
fn what_may_not_be_watched_is_said() {
    let cluster = TestCluster::start();
    cluster.apply_object(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    cluster.apply_object(&deployment("cart", "1"));
    cluster.grant("dev", &rules(&["get", "list"], &["*", "*.*"]));
    let watching = Watching::start(&cluster, "dev", &["injection", "-w"]);
    let said = watching.until(&["err: error:"]);
    assert!(said.iter().any(|line| line.contains("are not seen any more")), "{said:?}");
}

#[test]
fn only_a_cluster_is_watched() {
    for args in [&["status", "-w", "--demo"][..], &["injection", "-w", "-f", "."]] {
        let (code, _, err) = run(&[], args);
        assert!(code == 2 && err.contains("-w watches a cluster"), "{err}");
    }
}
