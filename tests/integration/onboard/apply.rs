//! A set of manifests, applied step by step.

use serde_json::{Value, json};

use super::{behave, mesh, objects, pods, settle, shop, template};
use crate::apiserver::machinery::{Behaviour, Fate, Injector};

/// What `generate overlay` writes, in one file, beside something that is not written.
const SET: &str = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart.shop.svc.cluster.local], http: [{match: [{port: 80}], timeout: 10s, route: [{destination: {host: cart.shop.svc.cluster.local, port: {number: 80}}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec: {host: cart.shop.svc.cluster.local, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 5}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {replicas: 7, template: {metadata: {labels: {app: cart, sidecar.istio.io/inject: 'true'}}, spec: {containers: [{name: app, image: 'shop/cart:1'}]}}, selector: {matchLabels: {app: cart}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: web, port: 80, targetPort: 8080, appProtocol: http}, {name: cache, port: 6379, appProtocol: tcp}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, mtls: {mode: PERMISSIVE}}
";

fn set() -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("set.yaml");
    std::fs::write(&path, SET).unwrap();
    (home, path.to_str().unwrap().to_owned())
}

#[test]
fn a_set_goes_in_by_the_order_of_least_risk() {
    let cluster = shop(Injector::Istio, "");
    let (_home, path) = set();
    let args = ["apply", "-s", "cart", "-n", "shop", "-f", &path];
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &[&args[..], &["--dry-run=server", "-o", "json"]].concat());
    assert_eq!(code, 0, "{out}{err}");
    let plan: Value = serde_json::from_str(&out).unwrap();
    let steps: Vec<String> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| format!("{} {}", s["action"].as_str().unwrap(), s["object"]["kind"].as_str().unwrap()))
        .collect();
    let wanted = [
        "create PeerAuthentication",
        "patch Service",
        "patch Deployment",
        "wait Deployment",
        "verify Deployment",
        "create DestinationRule",
        "create VirtualService",
    ];
    assert_eq!(steps, wanted, "{out}");
    assert_eq!(objects(&cluster), before);
    let (code, out, err) = mesh(&cluster, &[&args[..], &["--yes"]].concat());
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(template(&cluster, "cart")["labels"], json!({"app": "cart", "sidecar.istio.io/inject": "true"}));
    assert_eq!(super::deployment(&cluster, "cart")["spec"]["replicas"], 2, "replicas are not the mesh's");
    assert!(pods(&cluster, "cart").iter().all(|pod| pod.len() == 2), "{out}");
    let rule = cluster.get("/apis/networking.istio.io/v1/namespaces/shop/destinationrules/cart").unwrap();
    assert_eq!(rule["metadata"]["labels"]["app.kubernetes.io/managed-by"], "kubectl-mesh");
    let (code, out, err) = mesh(&cluster, &[&args[..], &["--yes"]].concat());
    assert!(code == 0 && out.contains("Nothing to do") && out.contains("as the set has it"), "{out}{err}");
}

#[test]
fn a_set_whose_pods_do_not_come_up_goes_out_again() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, fate: Fate::CrashLoop, revision: "default", ..Behaviour::default() });
    let before = objects(&cluster);
    let (_home, path) = set();
    let (code, out, err) = mesh(&cluster, &["apply", "-s", "cart", "-n", "shop", "-f", &path, "--yes"]);
    assert!(code == 1 && out.contains("everything is as it was before"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
    settle(&cluster);
    assert!(cluster.get("/apis/networking.istio.io/v1/namespaces/shop/destinationrules/cart").is_err());
}

#[test]
fn a_set_is_for_one_namespace_and_a_cluster() {
    let cluster = shop(Injector::Istio, "");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("set.yaml");
    std::fs::write(
        &path,
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: x, namespace: pay}\nspec: {mtls: {mode: PERMISSIVE}}\n",
    )
    .unwrap();
    let (code, out, err) = mesh(&cluster, &["apply", "-s", "cart", "-n", "shop", "-m", "istio", "-f", path.to_str().unwrap(), "--yes"]);
    assert!(code == 1 && out.contains("in another namespace"), "{out}{err}");
    let (code, _, err) = mesh(&cluster, &["apply", "-s", "cart", "-n", "shop"]);
    assert!(code == 2 && err.contains("-f"), "{err}");
}

/// The kinds of Prometheus' operator, as loosely as a server takes them.
fn monitoring() -> String {
    let kind = |kind: &str, plural: &str| {
        format!(
            "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.monitoring.coreos.com}}
spec:
  group: monitoring.coreos.com
  scope: Namespaced
  names: {{kind: {kind}, plural: {plural}, singular: {plural}, listKind: {kind}List}}
  versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}}}}}]
---"
        )
    };
    [kind("PodMonitor", "podmonitors"), kind("PrometheusRule", "prometheusrules")].concat()
}

const WATCHED: &str = "
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: cart-mesh, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, podMetricsEndpoints: [{port: http-envoy-prom, path: /stats/prometheus}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: cart-mesh, namespace: shop}
spec: {groups: [{name: cart-mesh, rules: [{alert: MeshErrorRateHigh, expr: vector(1), for: 2m}]}]}
";

#[test]
fn what_watches_it_is_applied_where_its_kinds_are_there() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("set.yaml");
    std::fs::write(&path, WATCHED).unwrap();
    let args = ["apply", "-s", "cart", "-n", "shop", "-m", "istio", "-f", path.to_str().unwrap(), "--yes"];
    let cluster = shop(Injector::Istio, "");
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &args);
    assert!(
        code == 1 && err.contains("step 1: the cluster has no kind PodMonitor of monitoring.coreos.com/v1; nothing has changed"),
        "{code} {out}{err}"
    );
    assert_eq!(objects(&cluster), before);
    cluster.apply(&monitoring());
    let (code, out, err) = mesh(&cluster, &args);
    assert_eq!(code, 0, "{out}{err}");
    for plural in ["podmonitors", "prometheusrules"] {
        let made = cluster.get(&format!("/apis/monitoring.coreos.com/v1/namespaces/shop/{plural}/cart-mesh")).unwrap();
        assert_eq!(made["metadata"]["labels"]["app.kubernetes.io/managed-by"], "kubectl-mesh");
    }
    let (code, out, err) = mesh(&cluster, &args);
    assert!(code == 0 && out.contains("as the set has it"), "{out}{err}");
    std::fs::write(&path, WATCHED.replace("for: 2m", "for: 3m")).unwrap();
    let (code, out, err) = mesh(&cluster, &args);
    assert_eq!(code, 0, "{out}{err}");
    let rule = cluster.get("/apis/monitoring.coreos.com/v1/namespaces/shop/prometheusrules/cart-mesh").unwrap();
    assert_eq!(rule["spec"]["groups"][0]["rules"][0]["for"], "3m");
}
