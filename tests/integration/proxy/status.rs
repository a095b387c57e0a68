//! `proxy status`.

use super::{answers, holding, istiod, sidecar};
use crate::apiserver::ws::Port;
use crate::cluster::{ADMIN, TestCluster, rules};
use crate::mesh::{run, said};
use serde_json::{Value, json};

const CDS: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const LDS: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
const EDS: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

/// A proxy as istiod tells of it: each type with what was sent and taken long ago.
fn proxy(name: &str, types: &[(&str, &str, &str)]) -> Value {
    let one = |(address, sent, acked): &(&str, &str, &str)| {
        ((*address).to_owned(), json!({"sent": sent, "acked": acked, "sentTime": "2026-01-02T03:04:05Z"}))
    };
    let resources: serde_json::Map<String, Value> = types.iter().map(one).collect();
    json!({"proxy": name, "proxy_type": "sidecar", "istio_version": "1.27.1", "resources": resources})
}

fn synced(name: &str) -> Value {
    proxy(name, &[(CDS, "a", "a"), (LDS, "b", "b")])
}

fn tell(cluster: &TestCluster, istiod: &str, proxies: &[Value]) {
    answers(cluster, "istio-system", istiod, 15014, &[("/debug/syncz", 200, json!(proxies).to_string())]);
}

fn status(cluster: &TestCluster, args: &[&str]) -> (i32, Value, String) {
    let all = [&["proxy", "status", "-o", "json"], args].concat();
    let (code, out, err) = said(&cluster.mesh(all).output().unwrap());
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")), err)
}

/// Pod and state of every row.
fn states(report: &Value) -> Vec<(String, String)> {
    let rows = report["proxies"].as_array().unwrap();
    rows.iter().map(|row| (row["object"]["name"].as_str().unwrap().to_owned(), row["state"].as_str().unwrap().to_owned())).collect()
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn all_istiods_together_know_every_proxy() {
    let cluster =
        holding([istiod("istiod-a", "default", "1.27.1"), istiod("istiod-b", "canary", "1.28.0"), sidecar("shop", "cart"), sidecar("shop", "web")]);
    tell(&cluster, "istiod-a", &[synced("cart.shop")]);
    tell(&cluster, "istiod-b", &[synced("web.shop")]);
    let (code, report, _) = status(&cluster, &[]);
    assert_eq!((code, states(&report)), (0, named(&[("cart", "synced"), ("web", "synced")])), "{report}");
    assert_eq!(report["proxies"][1]["istiod"], "istiod-b");
    assert_eq!(report["istiods"][1], json!({"object": report["istiods"][1]["object"], "revision": "canary", "version": "1.28.0", "proxies": 1}));
    let (code, out, _) = said(&cluster.mesh(["proxy", "status", "web", "-n", "shop", "-o", "wide"]).output().unwrap());
    assert!(code == 0 && out.starts_with("✔ 1 proxy, and each has what its control plane holds.\n"), "{out}");
    assert!(out.contains("CDS synced") && !out.contains("cart"), "{out}");
}

#[test]
fn what_a_proxy_refuses_or_never_got_fails() {
    let cluster = holding([istiod("istiod-a", "default", "1.27.1"), sidecar("shop", "cart"), sidecar("shop", "web"), sidecar("shop", "lost")]);
    let mut refusing = synced("cart.shop");
    refusing["resources"][LDS]["lastError"] = json!("unknown \u{1b}[31mfilter");
    tell(&cluster, "istiod-a", &[refusing, proxy("web.shop", &[(CDS, "", ""), (EDS, "", "")]), synced("gone.shop")]);
    let (code, report, _) = status(&cluster, &[]);
    let expected = named(&[("cart", "rejected"), ("gone", "orphan"), ("lost", "missing"), ("web", "not-sent")]);
    assert_eq!((code, states(&report)), (1, expected), "{report}");
    let (code, out, _) = said(&cluster.mesh(["proxy", "status"]).output().unwrap());
    assert!(code == 1 && out.starts_with("✖ 3 of 4 proxies: not what the control plane holds.\n"), "{out}");
    assert!(out.contains("LDS: unknown") && !out.contains('\u{1b}'), "{out}");
}

#[test]
fn late_is_trouble_only_when_it_stays_so() {
    let cluster =
        holding([istiod("istiod-a", "default", "1.27.1"), istiod("istiod-b", "default", "1.22.1"), sidecar("shop", "cart"), sidecar("shop", "web")]);
    tell(&cluster, "istiod-a", &[proxy("cart.shop", &[(CDS, "b", "a"), (LDS, "b", "b")])]);
    tell(&cluster, "istiod-b", &[proxy("web.shop", &[(CDS, "b", "b"), (EDS, "b", "")])]);
    let (code, report, _) = status(&cluster, &[]);
    assert_eq!((code, states(&report)), (1, named(&[("cart", "stale"), ("web", "unknown")])), "{report}");
    assert_eq!(report["proxies"][1]["note"], "EDS: this istiod may have lost count (istio#51612)");
    let asked = cluster.server().requests().into_iter().filter(|request| request.path.ends_with("istiod-a/portforward")).count();
    assert_eq!(asked, 2);
}

#[test]
fn one_that_two_istiods_keep_is_in_both() {
    let cluster = holding([istiod("istiod-a", "default", "1.27.1"), istiod("istiod-b", "default", "1.27.1"), sidecar("shop", "cart")]);
    tell(&cluster, "istiod-a", &[synced("cart.shop")]);
    tell(&cluster, "istiod-b", &[synced("cart.shop")]);
    let (code, report, _) = status(&cluster, &[]);
    assert_eq!((code, states(&report)), (1, named(&[("cart", "duplicate")])), "{report}");
    assert_eq!(report["proxies"][0]["note"], "connected to istiod-a and istiod-b");
}

#[test]
fn an_istiod_that_cannot_be_asked_leaves_the_rest_unknown() {
    let objects =
        || [istiod("istiod-a", "default", "1.27.1"), istiod("istiod-b", "canary", "1.27.1"), sidecar("shop", "cart"), sidecar("shop", "web")];
    let off = "its debug endpoints are off: ENABLE_DEBUG_ON_HTTP=false";
    for (broken, reason) in [
        (Port::Http([].into()), off),
        (Port::Raw(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno".to_vec()), "let nobody in"),
        (Port::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n[{".to_vec()), "ended before the answer was whole"),
        (Port::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()), "its answer is not understood"),
        (Port::Refused("connection refused".to_owned()), "nothing listens on that port"),
    ] {
        let cluster = holding(objects());
        tell(&cluster, "istiod-a", &[synced("cart.shop")]);
        cluster.server().script(|scripts| scripts.set_port("istio-system", "istiod-b", 15014, broken));
        let (code, report, _) = status(&cluster, &[]);
        assert_eq!((code, states(&report)), (3, named(&[("cart", "synced"), ("web", "unknown")])), "{report}");
        let gap = &report["gaps"][0];
        assert_eq!((&gap["type"], &gap["namespace"]), (&json!("unanswered"), &json!("istio-system")));
        assert!(gap["detail"].as_str().unwrap().contains(reason), "{reason}: {gap}");
    }
}

#[test]
fn who_may_not_forward_ports_is_told_what_it_takes() {
    let cluster = holding([istiod("istiod-a", "default", "1.27.1"), sidecar("shop", "cart")]);
    cluster.grant("eve", &rules(&["get", "list"], &["pods", "namespaces", "services", "deployments.apps", "configmaps"]));
    let (code, out, err) = said(&cluster.mesh_as("eve", ["proxy", "status"]).output().unwrap());
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("may not port-forward to pods of namespace istio-system: get and create on pods/portforward is missing"), "{out}");
    assert!(err.contains("kubectl create role mesh-portforward -n istio-system --resource=pods/portforward --verb=get,create"), "{err}");
}

#[test]
fn one_revision_is_chosen_by_its_name() {
    let mut canary = sidecar("shop", "web");
    canary["metadata"]["annotations"]["sidecar.istio.io/status"] = json!("{\"revision\":\"canary\"}");
    let cluster = holding([istiod("istiod-a", "default", "1.27.1"), istiod("istiod-b", "canary", "1.28.0"), sidecar("shop", "cart"), canary]);
    tell(&cluster, "istiod-a", &[synced("cart.shop")]);
    tell(&cluster, "istiod-b", &[synced("web.shop")]);
    assert_eq!(states(&status(&cluster, &["--revision", "canary"]).1), named(&[("web", "synced")]));
    let (code, _, err) = said(&cluster.mesh(["proxy", "status", "--revision", "cannary"]).output().unwrap());
    assert!(code == 2 && err.contains("there are canary, default"), "{err}");
}

#[test]
fn saved_answers_are_read_beside_manifests() {
    let answer = json!([synced("cart.shop")]).to_string();
    let world = sidecar("shop", "cart").to_string();
    let files: &[(&str, &[u8])] = &[("world.yaml", world.as_bytes()), ("istiod-a.json", answer.as_bytes()), ("broken.json", b"[{")];
    let (code, out, err) = run(files, &["proxy", "status", "-f", "world.yaml", "--syncz", "istiod-a.json"]);
    assert!(code == 0 && out.contains("cart") && out.contains("istiod-a"), "{out}{err}");
    let (code, _, err) = run(files, &["proxy", "status", "-f", "world.yaml", "--syncz", "broken.json"]);
    assert!(code == 2 && err.contains("cannot read broken.json"), "{err}");
    let (code, _, err) = run(files, &["proxy", "status", "-f", "world.yaml"]);
    assert!(code == 2 && err.contains("--syncz"), "{err}");
}

#[test]
fn without_a_mesh_there_is_nothing_and_that_is_said() {
    let cluster = holding([]);
    let (code, out, err) = said(&cluster.mesh_as(ADMIN, ["proxy", "status"]).output().unwrap());
    assert!(code == 0 && out.is_empty() && err.contains("No proxies of Istio found"), "{out}{err}");
}
