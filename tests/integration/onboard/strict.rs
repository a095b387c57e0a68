//! Mutual TLS only: a plan of its own, with proof or not at all.

use serde_json::{Value, json};

use super::{behave, mesh, objects, shop, template};
use crate::apiserver::machinery::{Behaviour, Injector};
use crate::apiserver::{Act, Fault};
use crate::cluster::TestCluster;

const POLICIES: &str = "/apis/security.istio.io/v1/namespaces/shop/peerauthentications";

fn policies(cluster: &TestCluster) -> Vec<Value> {
    cluster.get(POLICIES).unwrap()["items"].as_array().cloned().unwrap_or_default()
}

#[test]
fn without_proof_it_stops_at_permissive_and_says_so() {
    let cluster = shop(Injector::Istio, "");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--mtls", "strict", "--yes"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("✔ Done.") && out.contains("✖ strict-refuses") && out.contains("deployment/other"), "{out}");
    assert!(err.contains("the mode stays as it is (PERMISSIVE)"), "{err}");
    assert!(policies(&cluster).is_empty(), "{out}");
    assert_eq!(template(&cluster, "cart")["labels"]["sidecar.istio.io/inject"], "true");
}

#[test]
fn with_proof_a_policy_is_made_for_the_workload_and_offboard_takes_it_along() {
    let cluster = shop(Injector::Istio, "");
    let args = ["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--mtls", "strict", "--yes"];
    let (code, out, err) = mesh(&cluster, &args);
    assert_eq!(code, 0, "{out}{err}");
    let made = policies(&cluster);
    assert_eq!(made.len(), 1, "only the cart has ports: {out}");
    assert_eq!(made[0]["spec"], json!({"selector": {"matchLabels": {"app": "cart"}}, "mtls": {"mode": "STRICT"}}));
    assert_eq!(made[0]["metadata"]["labels"]["app.kubernetes.io/managed-by"], "kubectl-mesh");
    let (code, out, err) = mesh(&cluster, &args);
    assert!(code == 0 && out.contains("takes mutual TLS only already"), "{out}{err}");
    assert_eq!(policies(&cluster).len(), 1);
    let (code, out, err) = mesh(&cluster, &["offboard", "-s", "cart", "-n", "shop", "--yes", "--force-conflicts"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(policies(&cluster).is_empty(), "{out}");
}

#[test]
fn a_policy_that_decides_already_is_edited_and_put_back() {
    let own = "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: mine, namespace: shop}, spec: {selector: {matchLabels: {app: cart}}, mtls: {mode: PERMISSIVE}}}";
    let cluster = shop(Injector::Istio, own);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let strict = ["onboard", "-s", "cart", "-n", "shop", "--mtls", "strict", "--yes"];
    let (code, _, err) = mesh(&cluster, &strict);
    assert!(code == 1 && err.contains("written by test-setup"), "{err}");
    let (code, out, err) = mesh(&cluster, &[&strict[..], &["--force-conflicts"]].concat());
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!((policies(&cluster).len(), &policies(&cluster)[0]["spec"]["mtls"]["mode"]), (1, &json!("STRICT")));
}

#[test]
fn an_outsider_of_another_namespace_counts() {
    let report = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: report, namespace: jobs}
spec:
  selector: {matchLabels: {app: report}}
  template: {metadata: {labels: {app: report}}, spec: {containers: [{name: app, image: x}]}}
";
    let cluster = shop(Injector::Istio, report);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--mtls", "strict", "--yes"]);
    assert!(code == 1 && out.contains("deployment/report (namespace jobs)"), "{out}{err}");
}

#[test]
fn linkerds_pods_say_it_themselves() {
    let cluster = shop(Injector::Linkerd, "");
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--mtls", "strict", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(template(&cluster, "cart")["annotations"]["config.linkerd.io/default-inbound-policy"], "all-authenticated");
    assert_ne!(objects(&cluster), before);
}

#[test]
fn what_is_made_is_unmade_when_a_later_step_fails() {
    let cluster = shop(Injector::Istio, "");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let second =
        "{apiVersion: v1, kind: Service, metadata: {name: other, namespace: shop}, spec: {selector: {app: other}, ports: [{name: http, port: 80}]}}";
    cluster.apply(second);
    // Each is rehearsed before the first is made.
    const REHEARSED: usize = 2;
    cluster.server().fault(Fault::new(Act::Forbidden).verb("create").resource("peerauthentications.security.istio.io").after(REHEARSED + 1).times(1));
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--mtls", "strict", "--yes"]);
    assert!(code == 1 && out.contains("everything is as it was before"), "{out}{err}");
    assert!(policies(&cluster).is_empty() && objects(&cluster) == before, "{out}");
    for act in [Act::Mute, Act::Drop] {
        for (verb, before) in [("create", REHEARSED), ("get", 0)] {
            cluster.server().fault(Fault::new(act.clone()).verb(verb).resource("peerauthentications.security.istio.io").after(before).times(1));
        }
        let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--mtls", "strict", "--yes"]);
        assert_eq!((code, policies(&cluster).len()), (0, 2), "{act:?}: {out}{err}");
        for made in policies(&cluster) {
            cluster.request("DELETE", &format!("{POLICIES}/{}", made["metadata"]["name"].as_str().unwrap()), "", &json!({})).unwrap();
        }
        cluster.server().clear_faults();
    }
    behave(&cluster, Behaviour { injector: Injector::Istio, revision: "default", ..Behaviour::default() });
}
