//! What can be wanted besides the mesh: a pod that comes first, several at the same time, a waypoint, nobody waiting.

use serde_json::{Value, json};

use super::{behave, mesh, objects, pods, settle, shop, template};
use crate::apiserver::machinery::{Behaviour, Fate, Injector};
use crate::apiserver::{Act, Fault};
use crate::cluster::TestCluster;

fn actions(cluster: &TestCluster, args: &[&str]) -> Vec<String> {
    let (code, out, err) = mesh(cluster, &[&["onboard", "-n", "shop", "--dry-run=client", "-o", "json"], args].concat());
    assert_eq!(code, 0, "{out}{err}");
    let plan: Value = serde_json::from_str(&out).unwrap();
    let of = |step: &Value| format!("{} {}", step["action"].as_str().unwrap(), step["object"]["name"].as_str().unwrap());
    plan["steps"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn workloads_are_replaced_one_by_one_or_several_at_a_time() {
    let cluster = shop(Injector::Istio, "");
    let one = ["patch cart", "label cart", "wait cart", "verify cart", "label other", "wait other", "verify other"];
    assert_eq!(actions(&cluster, &["--all"]), one);
    let two = ["patch cart", "label cart", "label other", "wait cart", "verify cart", "wait other", "verify other"];
    assert_eq!(actions(&cluster, &["--all", "--max-parallel", "2"]), two);
    let (code, out, err) = mesh(&cluster, &["onboard", "--all", "-n", "shop", "--max-parallel", "2", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(pods(&cluster, "cart").iter().chain(&pods(&cluster, "other")).all(|pod| pod.len() == 2), "{out}");
    let (code, _, err) = mesh(&cluster, &["onboard", "--all", "-n", "shop", "--max-parallel", "0"]);
    assert!(code == 2 && err.contains("--max-parallel"), "{err}");
}

#[test]
fn several_at_a_time_go_back_together() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, fate: Fate::CrashLoop, revision: "default", ..Behaviour::default() });
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "--all", "-n", "shop", "--max-parallel", "2", "--yes"]);
    assert!(code == 1 && out.contains("everything is as it was before"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
    settle(&cluster);
    assert!(pods(&cluster, "cart").iter().chain(&pods(&cluster, "other")).all(|pod| pod == &["app"]), "{out}");
}

#[test]
fn without_waiting_everything_is_written_and_that_is_said() {
    let cluster = shop(Injector::Istio, "");
    assert_eq!(actions(&cluster, &["-s", "cart", "--wait=false"]), ["patch cart", "label cart"]);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--wait=false", "--yes"]);
    assert!(code == 0 && out.contains("no pod is waited for") && out.contains("✔ Done."), "{out}{err}");
    assert_eq!(template(&cluster, "cart")["labels"]["sidecar.istio.io/inject"], "true");
    let (code, _, err) = mesh(&cluster, &["onboard", "-s", "other", "-n", "shop", "--wait=false", "--enable-canary", "--yes"]);
    assert!(code == 2 && err.contains("a canary is waited for"), "{err}");
}

const CANARIES: &str = "/apis/apps/v1/namespaces/shop/deployments/cart-mesh-canary";

#[test]
fn a_canary_comes_before_the_others_and_goes_after_them() {
    for injector in [Injector::Istio, Injector::Linkerd] {
        let cluster = shop(injector, "");
        let steps = actions(&cluster, &["-s", "cart", "--enable-canary"]);
        let of = |word: &str| steps.iter().position(|step| step == word).unwrap_or_else(|| panic!("{word}: {steps:?}"));
        let written = of(if injector == Injector::Istio { "label cart" } else { "annotate cart" });
        assert!(of("create cart-mesh-canary") < of("verify cart-mesh-canary") && of("verify cart-mesh-canary") < written, "{steps:?}");
        assert!(of("verify cart") < of("delete cart-mesh-canary"), "{steps:?}");
        let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--enable-canary", "--yes"]);
        assert_eq!(code, 0, "{out}{err}");
        assert!(cluster.get(CANARIES).is_err(), "the canary goes: {out}");
        settle(&cluster);
        assert!(pods(&cluster, "cart").iter().all(|pod| pod.len() == 2), "{out}");
    }
}

#[test]
fn a_canary_that_fails_leaves_everybody_else_alone() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, fate: Fate::CrashLoop, revision: "default", ..Behaviour::default() });
    let before = (objects(&cluster), super::deployment(&cluster, "cart")["metadata"]["generation"].clone());
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--enable-canary", "--yes"]);
    assert!(code == 1 && out.contains("cart-mesh-canary") && out.contains("everything is as it was before"), "{out}{err}");
    let after = (objects(&cluster), super::deployment(&cluster, "cart")["metadata"]["generation"].clone());
    assert_eq!(after, before, "the Deployment itself was never written: {out}");
}

#[test]
fn a_waypoint_is_made_and_waited_for_before_anything_is_sent_to_it() {
    let cluster = shop(Injector::Istio, "");
    let args = ["onboard", "-s", "cart", "-n", "shop", "--mode", "ambient", "--waypoint"];
    let steps = actions(&cluster, &["-s", "cart", "--mode", "ambient", "--waypoint"]);
    assert!(steps.ends_with(&["create waypoint".to_owned(), "wait waypoint".to_owned(), "label cart".to_owned()]), "{steps:?}");
    let before = objects(&cluster);
    // A waypoint that never comes takes all back.
    behave(&cluster, Behaviour { injector: Injector::Istio, fate: Fate::NeverReady, revision: "default", ..Behaviour::default() });
    let (code, out, err) = mesh(&cluster, &[&args[..], &["--yes", "--rollout-timeout", "2s"]].concat());
    assert!(code == 1 && out.contains("is not programmed in time: waits for its pods") && out.contains("as it was before"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
    behave(&cluster, Behaviour { injector: Injector::Istio, revision: "default", ..Behaviour::default() });
    let (code, out, err) = mesh(&cluster, &[&args[..], &["--yes"]].concat());
    assert_eq!(code, 0, "{out}{err}");
    let gateway = cluster.get("/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/waypoint").unwrap();
    assert_eq!(gateway["spec"], json!({"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}));
    assert_eq!(cluster.get("/api/v1/namespaces/shop/services/cart").unwrap()["metadata"]["labels"]["istio.io/use-waypoint"], "waypoint");
    let (code, out, _) = mesh(&cluster, &[&args[..], &["--yes"]].concat());
    assert!(code == 0 && out.contains("Nothing to do"), "{out}");
    let (code, _, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--waypoint", "--yes"]);
    assert!(code == 2 && err.contains("--mode ambient"), "{err}");
}

#[test]
fn a_waypoint_takes_the_gateway_api() {
    let cluster = shop(Injector::Istio, "");
    cluster.server().fault(Fault::new(Act::Forbidden).verb("list").resource("gateways.gateway.networking.k8s.io"));
    let (code, out, _) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--mode", "ambient", "--waypoint", "--yes"]);
    assert!(code == 1 && out.contains("✖ waypoint") && out.contains("Gateway API"), "{out}");
}

/// A cart of two versions.
const VERSIONS: &str = "
apiVersion: v1
kind: Service
metadata: {name: menu, namespace: shop}
spec: {selector: {app: menu}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: menu-v1, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: menu, version: v1}}
  template: {metadata: {labels: {app: menu, version: v1}}, spec: {serviceAccountName: menu, containers: [{name: app, image: x, ports: [{containerPort: 8080}]}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: menu-v2, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: menu, version: v2}}
  template: {metadata: {labels: {app: menu, version: v2}}, spec: {serviceAccountName: menu, containers: [{name: app, image: x, ports: [{containerPort: 8080}]}]}}
";

#[test]
fn versions_are_split_by_what_is_made_before_what_sends_them_there() {
    for (injector, wanted) in [
        (Injector::Istio, &["create menu", "create menu", "delete menu-v1-mesh-canary", "delete menu-v2-mesh-canary"][..]),
        (Injector::Linkerd, &["create menu-v1", "create menu-v2", "create menu-80", "delete menu-v1-mesh-canary", "delete menu-v2-mesh-canary"]),
    ] {
        let cluster = shop(injector, VERSIONS);
        let steps = actions(&cluster, &["-s", "svc/menu", "--enable-canary"]);
        assert!(steps.ends_with(&wanted.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>()), "{steps:?}");
        let before = objects(&cluster);
        let (code, out, err) = mesh(&cluster, &["onboard", "-s", "svc/menu", "-n", "shop", "--enable-canary", "--yes"]);
        assert_eq!(code, 0, "{out}{err}");
        if injector == Injector::Istio {
            let of = |plural: &str| cluster.get(&format!("/apis/networking.istio.io/v1/namespaces/shop/{plural}/menu")).unwrap()["spec"].clone();
            assert_eq!(of("destinationrules")["subsets"][1], json!({"name": "v2", "labels": {"version": "v2"}}));
            let route = &of("virtualservices")["http"][0]["route"];
            assert_eq!((&route[0]["weight"], &route[1]["weight"]), (&json!(100), &json!(0)), "{route}");
        } else {
            let route = cluster.get("/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/menu-80").unwrap();
            assert_eq!(route["spec"]["rules"][0]["backendRefs"][0], json!({"name": "menu-v1", "port": 80, "weight": 100}));
        }
        let (code, out, err) = mesh(&cluster, &["offboard", "-s", "svc/menu", "-n", "shop", "--yes", "--force-conflicts"]);
        assert_eq!(code, 0, "{out}{err}");
        assert_eq!(objects(&cluster), before, "all of it goes again");
    }
}
