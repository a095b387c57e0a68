//! What is looked at once the pods are there: what they trust, who reaches them, what was warned of.

use std::io::{Read as _, Write as _};
use std::process::Command;

use serde_json::json;

use super::tighten::{PROMETHEUS, istio, sees};
use super::{behave, mesh, objects, shop};
use crate::apiserver::machinery::{Behaviour, Injector};
use crate::apiserver::ws::Port;
use crate::apiserver::{Act, Fault, SETUP_USER};
use crate::cluster::{ADMIN, TestCluster};
use crate::forward::listener;

const CART: [&str; 6] = ["onboard", "-s", "cart", "-n", "shop", "--yes"];

/// The hash of `roots` and a newline.
const ROOTS: &str = "1456ac70d2e389fd48ff76ad0df790a99a15af203c19d4c553272ee5a5947b46";

#[test]
fn pods_that_trust_other_roots_are_a_failure() {
    let roots =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: linkerd-identity-trust-roots, namespace: linkerd}, data: {ca-bundle.crt: \"roots\\n\"}}";
    let cluster = shop(Injector::Linkerd, roots);
    behave(&cluster, Behaviour { injector: Injector::Linkerd, roots: Some("00"), ..Behaviour::default() });
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 1 && out.contains("trusts other roots than its control plane in namespace linkerd"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
    behave(&cluster, Behaviour { injector: Injector::Linkerd, roots: Some(ROOTS), ..Behaviour::default() });
    let (code, out, err) = mesh(&cluster, &CART);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn roots_that_cannot_be_read_are_unknown() {
    let cluster = shop(Injector::Linkerd, "");
    cluster.server().fault(Fault::new(Act::Forbidden).verb("get").resource("configmaps").namespace("linkerd"));
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 0 && out.contains("whether they trust the current roots is not known"), "{out}{err}");
}

#[test]
fn a_service_has_to_have_its_endpoints_again() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, revision: "default", loses_endpoints: true, ..Behaviour::default() });
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 1 && out.contains("Service cart has 0 endpoints ready and had 2"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
}

#[test]
fn warnings_of_the_way_are_told() {
    let cluster = shop(Injector::Istio, "");
    let event = |name: &str, of: &str, kind: &str, time: &str| {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "shop"}, "type": kind, "reason": "Unhealthy",
            "involvedObject": {"kind": "Deployment", "name": of, "namespace": "shop"}, "message": "x", "lastTimestamp": time})
    };
    for (name, of, kind, time) in [
        ("late", "cart", "Warning", "2999-01-01T00:00:00Z"),
        ("early", "cart", "Warning", "2020-01-01T00:00:00Z"),
        ("usual", "cart", "Normal", "2999-01-01T00:00:00Z"),
        ("elsewhere", "other", "Warning", "2999-01-01T00:00:00Z"),
    ] {
        cluster.server().plant_as("", "events", event(name, of, kind, time));
    }
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 0 && out.contains("warned of meanwhile: Unhealthy (1)"), "{out}{err}");
}

const AMBIENT: [&str; 8] = ["onboard", "-s", "other", "-n", "shop", "--mode", "ambient", "--yes"];

/// A ztunnel that carries the pods of the shop as they are when it is asked, in this state.
fn ztunnel(cluster: &TestCluster, state: &'static str) {
    let url = format!("{}/api/v1/namespaces/shop/pods", cluster.url());
    let answer = move || {
        let token = format!("Authorization: Bearer {SETUP_USER}");
        let listed = Command::new("curl").args(["-s", "-S", "-k", "-H", &token, &url]).output().unwrap();
        let pods: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
        let of_pod = |pod: &serde_json::Value| {
            let meta = &pod["metadata"];
            (meta["uid"].as_str().unwrap().to_owned(), json!({"state": state, "info": {"name": meta["name"], "namespace": meta["namespace"]}}))
        };
        let carried: serde_json::Map<_, _> = pods["items"].as_array().unwrap().iter().map(of_pod).collect();
        json!({"workloads": [{"name": "other"}], "workloadState": if state.is_empty() { json!({"x": {"state": "Up"}}) } else { json!(carried) }})
            .to_string()
    };
    let address = listener(move |mut stream| {
        let mut read = [0; 4096];
        while stream.read(&mut read).is_ok_and(|bytes| bytes > 0) {
            let body = answer();
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    cluster.server().script(|scripts| scripts.set_port("istio-system", "ztunnel-1", 15000, Port::Forward(address)));
}

/// The pod of ztunnel on the node.
const ZTUNNEL: &str = "
apiVersion: v1
kind: Pod
metadata: {name: ztunnel-1, namespace: istio-system, labels: {app: ztunnel, sidecar.istio.io/inject: 'false'}}
spec: {nodeName: node-1, containers: [{name: istio-proxy, image: 'istio/ztunnel:1.27.1'}]}
status: {phase: Running}
";

#[test]
fn the_ztunnel_of_its_node_has_to_carry_a_pod() {
    let cluster = shop(Injector::Istio, ZTUNNEL);
    let before = objects(&cluster);
    ztunnel(&cluster, "");
    let (code, out, err) = mesh(&cluster, &AMBIENT);
    assert!(code == 1 && out.contains("the ztunnel of its node node-1 does not carry its traffic"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
    ztunnel(&cluster, "Up");
    let (code, out, err) = mesh(&cluster, &AMBIENT);
    assert!(code == 0 && out.contains("their ztunnels carry them"), "{out}{err}");
}

#[test]
fn a_ztunnel_that_cannot_be_asked_is_unknown() {
    let cluster = shop(Injector::Istio, ZTUNNEL);
    let (code, out, err) = mesh(&cluster, &AMBIENT);
    assert!(code == 0 && out.contains("ztunnel was not asked (ztunnel of node node-1: nothing listens on that port"), "{out}{err}");
    let cluster = shop(Injector::Istio, ZTUNNEL);
    cluster.server().fault(Fault::new(Act::Forbidden).verb("get").path("/api/v1/namespaces/istio-system/pods/").user(ADMIN));
    let (code, out, err) = mesh(&cluster, &AMBIENT);
    assert!(code == 0 && out.contains("ztunnel was not asked (ztunnel of node node-1: may not port-forward"), "{out}{err}");
}

#[test]
fn what_others_change_meanwhile_is_told() {
    let cluster = shop(Injector::Istio, ZTUNNEL);
    // Written by somebody else the moment the pods are noted: the run finds another generation at its end.
    let touched = |body: &mut serde_json::Value| {
        for item in body["items"].as_array_mut().into_iter().flatten().filter(|item| item["metadata"]["name"] == "other") {
            item["metadata"]["generation"] = json!(item["metadata"]["generation"].as_i64().unwrap() - 1);
        }
    };
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 0 && !out.contains("changed meanwhile"), "{out}{err}");
    let cluster = shop(Injector::Istio, ZTUNNEL);
    // The first list in JSON is what a run begins with.
    let listed = Fault::new(Act::Edit(touched)).verb("list").resource("deployments.apps").namespace("shop").query("limit", "500").after(1).times(1);
    cluster.server().fault(listed);
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 0 && out.contains("changed meanwhile by somebody else: Deployment other (generation 0, now 1)"), "{out}{err}");
}

/// The question for calls by their outcome: of the plan's time, or of ten minutes before it.
fn outcomes(window: &str) -> String {
    format!(
        "sum by (response_code) (increase(istio_requests_total{{reporter=\"source\",destination_service_namespace=\"shop\",\
         destination_service_name=~\"cart\"}}[{window}))"
    )
}

/// So many calls succeeded and failed.
fn outcome(cluster: &TestCluster, window: &str, succeeded: &str, failed: &str) {
    let rows = json!([{"metric": {"response_code": "200"}, "value": [1, succeeded]}, {"metric": {"response_code": "503"}, "value": [1, failed]}]);
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": rows}}).to_string().into_bytes();
    let act = Act::Raw { status: 200, content_type: "application/json", body };
    cluster.server().fault(Fault::new(act).path("/api/v1/namespaces/monitoring/services/").query("query", &outcomes(window)).user(ADMIN));
}

#[test]
fn what_a_prometheus_counted_is_told_and_more_failing_calls_take_everything_back() {
    let run = |calls: &[serde_json::Value], before: [&str; 2], now: [&str; 2], more: &[&str]| {
        let cluster = shop(Injector::Istio, PROMETHEUS);
        let objects_before = objects(&cluster);
        outcome(&cluster, "600s] offset 60s", before[0], before[1]);
        outcome(&cluster, "60s]", now[0], now[1]);
        sees(&cluster, calls);
        let (code, out, err) = mesh(&cluster, &[&CART[..], more].concat());
        (code, format!("{out}{err}"), objects(&cluster) == objects_before)
    };
    let calls = [istio("other", "cart", "mutual_tls")];
    let (code, said, _) = run(&calls, ["1000", "10"], ["95", "5"], &[]);
    assert!(code == 0 && said.contains("90000 calls came in by mutual TLS"), "{said}");
    assert!(said.contains("95.0 % of calls succeed, 99.0 % in the ten minutes before"), "{said}");
    let (code, said, as_before) = run(&calls, ["1000", "10"], ["80", "20"], &[]);
    assert!(code == 1 && as_before && said.contains("more calls fail than before: 80.0 % of calls succeed"), "{said}");
    let (code, said, _) = run(&calls, ["1000", "10"], ["80", "20"], &["--force", "calls"]);
    assert!(code == 0 && said.contains("80.0 % of calls succeed"), "{said}");
    let (code, said, _) = run(&[istio("front", "other", "none")], ["1000", "10"], ["3", "3"], &[]);
    assert!(code == 0 && said.contains("has counted no call yet") && !said.contains("of calls succeed"), "{said}");
    let both = [istio("other", "cart", "mutual_tls"), istio("front", "cart", "none")];
    let (code, said, _) = run(&both, ["1000", "10"], ["1000", "10"], &[]);
    assert!(code == 0 && said.contains("90000 of 180000 calls came in by mutual TLS, 90000 in plaintext"), "{said}");
}
