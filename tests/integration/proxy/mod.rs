//! Commands that ask proxies and control planes themselves, against a stand-in that forwards ports.

mod stats;
mod status;
mod ztunnel;

use crate::apiserver::ws::Port;
use crate::cluster::TestCluster;
use serde_json::{Value, json};

/// A running pod with an Istio sidecar, that began long ago.
fn sidecar(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "creationTimestamp": "2026-01-02T03:04:05Z",
            "annotations": {"sidecar.istio.io/status": "{\"revision\":\"default\"}"}},
        "spec": {"containers": [{"name": "app", "image": "a"}, {"name": "istio-proxy", "image": "proxyv2:1.27.1"}]},
        "status": {"phase": "Running"},
    })
}

/// A running istiod.
fn istiod(name: &str, revision: &str, version: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "istio-system", "name": name, "labels": {"app": "istiod", "istio.io/rev": revision}},
        "spec": {"containers": [{"name": "discovery", "image": format!("pilot:{version}")}]},
        "status": {"phase": "Running"},
    })
}

/// A stand-in that holds these objects.
fn holding(objects: impl IntoIterator<Item = Value>) -> TestCluster {
    let cluster = TestCluster::standin();
    for namespace in ["istio-system", "shop"] {
        cluster.server().plant(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
    }
    objects.into_iter().for_each(|object| cluster.server().plant(object));
    cluster
}

/// Lets a port of a pod answer GETs.
fn answers(cluster: &TestCluster, namespace: &str, pod: &str, port: u16, pages: &[(&str, u16, String)]) {
    let pages = pages.iter().map(|(path, status, body)| ((*path).to_owned(), (*status, body.clone()))).collect();
    cluster.server().script(|scripts| scripts.set_port(namespace, pod, port, Port::Http(pages)));
}
