//! `onboard`, `offboard` and `namespace` as their users run them: on a cluster that works by itself, and in which everything may fail.

mod apply;
mod calls;
mod extras;
mod failures;
mod files;
mod histories;
mod kills;
mod kinds;
mod meshes;
mod plans;
mod proof;
mod screen;
mod strict;
mod tighten;

pub(super) use meshes::{ISTIO, LINKERD};
use serde_json::{Value, json};

use crate::apiserver::machinery::{Behaviour, Injector};
use crate::cluster::{ADMIN, TestCluster};
use crate::mesh::said;

/// A shop: a cart that others call, with a Service whose port says nothing of its protocol.
pub(super) const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: web, port: 80, targetPort: 8080}, {name: cache, port: 6379}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop, annotations: {note: kept}}
spec:
  replicas: 2
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      serviceAccountName: cart
      containers:
      - {name: app, image: 'shop/cart:1', ports: [{containerPort: 8080}, {containerPort: 6379}], readinessProbe: {httpGet: {path: /, port: 8080}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: other}}
  template:
    metadata: {labels: {app: other}, annotations: {}}
    spec: {serviceAccountName: other, containers: [{name: app, image: 'shop/other:1'}]}
";

/// A shop in a cluster with a mesh, all of whose pods are ready.
pub(super) fn shop(mesh: Injector, more: &str) -> TestCluster {
    let cluster = TestCluster::standin();
    behave(&cluster, Behaviour { injector: mesh, revision: "default", ..Behaviour::default() });
    cluster.apply(if mesh == Injector::Linkerd { LINKERD } else { ISTIO });
    cluster.apply(SHOP);
    if !more.is_empty() {
        cluster.apply(more);
    }
    settle(&cluster);
    cluster.server().forget_requests();
    cluster
}

pub(super) fn behave(cluster: &TestCluster, behaviour: Behaviour) {
    cluster.server().operate(behaviour);
}

/// Waits until every workload has its pods.
pub(super) fn settle(cluster: &TestCluster) {
    for _ in 0..2000 {
        let lists = ["deployments", "statefulsets"].map(|plural| cluster.get(&format!("/apis/apps/v1/{plural}")).unwrap());
        let done = |object: &Value| {
            let wanted = object["spec"]["replicas"].as_u64().unwrap_or(1);
            let count = |field: &str| object["status"][field].as_u64().unwrap_or(0);
            object["status"]["observedGeneration"] == object["metadata"]["generation"]
                && count("readyReplicas") == wanted
                && count("updatedReplicas") == wanted
                && count("replicas") == wanted
        };
        if lists.iter().flat_map(|list| list["items"].as_array().into_iter().flatten()).all(done) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the cluster does not come to rest");
}

/// The objects that a plan may touch, without what servers and controllers count.
pub(super) fn objects(cluster: &TestCluster) -> String {
    let paths = [
        "/apis/apps/v1/deployments",
        "/apis/apps/v1/statefulsets",
        "/apis/apps/v1/daemonsets",
        "/apis/batch/v1/cronjobs",
        "/apis/security.istio.io/v1/peerauthentications",
        "/apis/security.istio.io/v1/authorizationpolicies",
        "/apis/policy.linkerd.io/v1beta3/servers",
        "/apis/policy.linkerd.io/v1alpha1/authorizationpolicies",
        "/apis/policy.linkerd.io/v1alpha1/meshtlsauthentications",
        "/apis/networking.k8s.io/v1/networkpolicies",
        "/apis/gateway.networking.k8s.io/v1/gateways",
        "/apis/gateway.networking.k8s.io/v1/httproutes",
        "/apis/networking.istio.io/v1/destinationrules",
        "/apis/networking.istio.io/v1/virtualservices",
        "/api/v1/services",
        "/api/v1/namespaces",
        "/api/v1/configmaps",
    ];
    let mut all = Vec::new();
    for path in paths {
        for mut object in cluster.get(path).unwrap()["items"].as_array().cloned().unwrap_or_default() {
            for field in ["managedFields", "resourceVersion", "generation"] {
                object["metadata"].as_object_mut().unwrap().remove(field);
            }
            object.as_object_mut().unwrap().remove("status");
            all.push(serde_json::to_string_pretty(&object).unwrap());
        }
    }
    all.join("\n")
}

/// Pods of a workload, by name, with their containers.
pub(super) fn pods(cluster: &TestCluster, app: &str) -> Vec<Vec<String>> {
    let list = cluster.get(&format!("/api/v1/namespaces/shop/pods?labelSelector=app%3D{app}")).unwrap();
    let names = |pod: &Value| {
        let lists = ["containers", "initContainers"].map(|list| pod["spec"][list].as_array().cloned().unwrap_or_default());
        lists.iter().flatten().map(|c| c["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    list["items"].as_array().unwrap().iter().map(names).collect()
}

pub(super) fn mesh(cluster: &TestCluster, args: &[&str]) -> (i32, String, String) {
    mesh_as(cluster, ADMIN, args)
}

pub(super) fn mesh_as(cluster: &TestCluster, user: &str, args: &[&str]) -> (i32, String, String) {
    said(&cluster.mesh_as(user, args.iter().copied()).output().unwrap())
}

pub(super) fn deployment(cluster: &TestCluster, name: &str) -> Value {
    cluster.get(&format!("/apis/apps/v1/namespaces/shop/deployments/{name}")).unwrap()
}

pub(super) fn template(cluster: &TestCluster, name: &str) -> Value {
    deployment(cluster, name)["spec"]["template"]["metadata"].clone()
}

#[test]
fn a_cart_comes_into_istio_and_goes_out_again() {
    for native in [false, true] {
        let cluster = shop(Injector::Istio, "");
        behave(&cluster, Behaviour { injector: Injector::Istio, native, revision: "default", ..Behaviour::default() });
        let before = objects(&cluster);
        let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.contains("✔ rehearsal") && out.contains("✔ Done."), "{out}");
        assert_eq!(template(&cluster, "cart")["labels"], json!({"app": "cart", "sidecar.istio.io/inject": "true"}));
        assert_eq!(deployment(&cluster, "cart")["spec"]["selector"], json!({"matchLabels": {"app": "cart"}}));
        assert_eq!(deployment(&cluster, "cart")["metadata"]["annotations"], json!({"note": "kept"}));
        let ports = cluster.get("/api/v1/namespaces/shop/services/cart").unwrap()["spec"]["ports"].clone();
        assert_eq!((&ports[0]["appProtocol"], &ports[1]["appProtocol"]), (&json!("http"), &json!("tcp")), "{ports}");
        assert!(pods(&cluster, "cart").iter().all(|pod| pod.contains(&"istio-proxy".to_owned())));
        assert!(cluster.get("/api/v1/namespaces/shop/configmaps/kubectl-mesh").is_err(), "the journal goes with the run");
        let fields = deployment(&cluster, "cart")["metadata"]["managedFields"].to_string();
        assert!(fields.contains("\"mesh-plugin\"") && fields.contains("f:sidecar.istio.io/inject"), "{fields}");

        let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("Nothing to do") && out.contains("is in Istio already"), "{out}");
        let (code, out, err) = mesh(&cluster, &["offboard", "-s", "cart", "-n", "shop", "--yes", "--force-conflicts"]);
        assert_eq!(code, 0, "{out}{err}");
        assert!(pods(&cluster, "cart").iter().all(|pod| !pod.contains(&"istio-proxy".to_owned())));
        assert_eq!(objects(&cluster), before, "what onboard alone wrote is gone");
        assert_eq!(template(&cluster, "cart")["labels"], json!({"app": "cart"}));
    }
}

#[test]
fn a_cart_comes_into_ambient_and_into_linkerd() {
    let cluster = shop(Injector::Istio, "");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "deploy/cart", "-n", "shop", "--mode", "ambient", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(template(&cluster, "cart")["labels"]["istio.io/dataplane-mode"], "ambient");
    let cluster = shop(Injector::Linkerd, "");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes", "-o", "json"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(template(&cluster, "cart")["annotations"], json!({"linkerd.io/inject": "enabled"}));
    assert!(pods(&cluster, "cart").iter().all(|pod| pod.contains(&"linkerd-proxy".to_owned())));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["kind"], &report["outcome"]), (&json!("PlanReport"), &json!("done")));
    assert!(report["steps"].as_array().unwrap().iter().all(|step| step["status"] == "done"), "{out}");
}

#[test]
fn a_whole_namespace_is_labelled_and_what_is_not_meant_is_kept_out() {
    let cluster = shop(Injector::Istio, "");
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--scope", "namespace", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(cluster.get("/api/v1/namespaces/shop").unwrap()["metadata"]["labels"]["istio-injection"], "enabled");
    assert_eq!(template(&cluster, "other")["labels"]["sidecar.istio.io/inject"], "false");
    assert!(pods(&cluster, "cart").iter().all(|pod| pod.contains(&"istio-proxy".to_owned())));
    assert!(pods(&cluster, "other").iter().all(|pod| !pod.contains(&"istio-proxy".to_owned())));
    assert_ne!(objects(&cluster), before);
}

#[test]
fn a_namespace_says_what_it_asks_for() {
    let cluster = shop(Injector::Istio, "");
    let (code, out, _) = mesh(&cluster, &["namespace", "status", "shop"]);
    assert!(code == 0 && out.contains("asks for no mesh"), "{out}");
    let (code, out, err) = mesh(&cluster, &["namespace", "enable", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, _) = mesh(&cluster, &["ns", "status", "shop"]);
    assert!(code == 0 && out.contains("asks Istio") && out.contains("to be restarted: deployment/cart"), "{out}");
    let (code, out, err) = mesh(&cluster, &["namespace", "enable", "shop", "--mode", "ambient", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let labels = cluster.get("/api/v1/namespaces/shop").unwrap()["metadata"]["labels"].clone();
    assert_eq!(
        labels,
        json!({"istio.io/dataplane-mode": "ambient", "kubernetes.io/metadata.name": "shop", "team": "shop"}),
        "the label that loses is gone"
    );
    let (code, out, err) = mesh(&cluster, &["namespace", "disable", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(cluster.get("/api/v1/namespaces/shop").unwrap()["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "shop", "team": "shop"}));
}
