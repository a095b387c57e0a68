//! `proxy stats`.

use super::{answers, holding, sidecar};
use crate::mesh::said;
use serde_json::json;

#[test]
fn counters_of_both_meshes_proxies_are_shown_and_filtered() {
    let mut linkerd = sidecar("shop", "web");
    linkerd["metadata"]["annotations"] = json!({});
    linkerd["spec"]["containers"][1] = json!({"name": "linkerd-proxy", "image": "p:1"});
    let cluster = holding([sidecar("shop", "cart"), linkerd]);
    answers(&cluster, "shop", "cart", 15000, &[("/stats?usedonly", 200, "cluster_manager.cds.update_rejected: 1\nserver.live: 1\n".to_owned())]);
    answers(&cluster, "shop", "web", 4191, &[("/metrics", 200, "# TYPE a counter\ntcp_open_total{peer=\"src\"} 7\n".to_owned())]);
    let (code, out, err) = said(&cluster.mesh(["proxy", "stats", "cart", "-n", "shop", "--filter", "rejected"]).output().unwrap());
    assert!(code == 0 && out.contains("cluster_manager.cds.update_rejected   1") && !out.contains("server.live"), "{out}{err}");
    let (code, out, err) = said(&cluster.mesh(["proxy", "stats", "web", "-n", "shop"]).output().unwrap());
    assert!(code == 0 && out.contains("tcp_open_total{peer=\"src\"}   7") && !out.contains("TYPE"), "{out}{err}");
}

#[test]
fn a_proxy_that_cannot_be_asked_is_no_proxy_without_counters() {
    let cluster = holding([
        sidecar("shop", "cart"),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "bare"},
        "spec": {"containers": [{"name": "a", "image": "a"}]}, "status": {"phase": "Running"}}),
    ]);
    let (code, out, _) = said(&cluster.mesh(["proxy", "stats", "cart", "-n", "shop"]).output().unwrap());
    assert!(code == 3 && out.contains("port 15000: nothing listens on that port"), "{out}");
    let (code, _, err) = said(&cluster.mesh(["proxy", "stats", "bare", "-n", "shop"]).output().unwrap());
    assert!(code == 2 && err.contains("has no proxy"), "{err}");
    let (code, _, err) = said(&cluster.mesh(["proxy", "stats", "nobody", "-n", "shop"]).output().unwrap());
    assert!(code == 2 && err.contains("nobody"), "{err}");
    let (code, _, err) = said(&cluster.mesh(["proxy", "stats", "cart", "--filter", "("]).output().unwrap());
    assert!(code == 2 && err.contains("--filter"), "{err}");
}
