//! `injection`: on the demo, on manifests, on an API server.

use serde_json::Value;

use crate::cluster::{TestCluster, rules};
use crate::mesh::{run, said};

fn json(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

#[test]
fn the_demo_tells_who_is_in_and_why() {
    let (code, out, err) = run(&[], &["injection", "--demo"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn one_workload_shows_the_whole_chain() {
    for words in [&["deploy/report-builder", "-n", "reports"][..], &["report-builder.reports"], &["deployment", "report-builder"]] {
        let (code, out, err) = run(&[], &[&["injection", "--demo"], words].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{words:?}");
        insta::allow_duplicates! {
            insta::assert_snapshot!("injection_report_builder", out);
        }
    }
}

#[test]
fn the_document_is_the_contract() {
    let (code, out, _) = run(&[], &["injection", "-n", "shop", "--demo", "-o", "json"]);
    let report = json(&out);
    assert_eq!((code, &report["apiVersion"], &report["kind"]), (0, &"mesh.kubectl.dev/v1".into(), &"InjectionReport".into()));
    let rows = report["workloads"].as_array().unwrap();
    assert!(rows.iter().all(|r| r["namespace"] == "shop"), "{out}");
    let checkout = rows.iter().find(|r| r["name"] == "checkout").unwrap();
    for (field, expected) in [("kind", "Deployment"), ("mesh", "istio"), ("intended", "sidecar"), ("actual", "none"), ("revision", "1-27-1")] {
        assert_eq!(checkout[field], expected, "{field}");
    }
    assert_eq!(checkout["restartNeeded"], true);
    assert_eq!(checkout["drift"][0]["code"], "not-injected");
    assert_eq!(checkout["because"][0]["object"]["kind"], "Namespace");
    assert_eq!(checkout["because"][0]["path"], r#"metadata.labels["istio.io/rev"]"#);
    let (_, yaml, _) = run(&[], &["injection", "-n", "shop", "--demo", "-o", "yaml"]);
    let same: Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(same, report);
}

#[test]
fn names_can_be_piped() {
    let (_, out, _) = run(&[], &["injection", "--demo", "-n", "tools", "-o", "name"]);
    assert_eq!(out, "cronjob.batch/cleanup\ndeployment.apps/dashboard\n");
}

#[test]
fn a_mesh_can_be_left_out() {
    let (_, out, _) = run(&[], &["injection", "--demo", "--mesh", "linkerd", "-n", "shop"]);
    assert!(!out.contains("istio ") && out.contains("nothing asks for a mesh"), "{out}");
}

#[test]
fn what_a_namespace_would_decide_is_unknown_without_it() {
    let cart =
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: cart}\nspec: {template: {spec: {containers: [{name: cart}]}}}";
    let (code, out, _) = run(&[("cart.yaml", cart)], &["injection", "-f", "cart.yaml"]);
    assert_eq!(code, 0);
    assert!(out.contains("<unknown>") && out.contains("not known:\n  ? could not read namespaces in namespace shop"), "{out}");
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/rev: \"\\e[31mred\"}}\n---
apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: \"ca\\e[2Jrt\"}\nspec: {template: {spec: {containers: [{name: cart}]}}}";
    for args in [&["injection"][..], &["injection", "-o", "wide"], &["injection", "-o", "name"], &["status"], &["injection", "-o", "yaml"]] {
        let (_, out, err) = run(&[("x.yaml", text.as_bytes())], &[args, &["-f", "x.yaml"]].concat());
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{args:?}: {out}");
    }
}

#[test]
fn nothing_is_said_to_be_nothing() {
    let empty = b"apiVersion: v1\nkind: Namespace\nmetadata: {name: nowhere}\n";
    let (code, out, err) = run(&[("a.yaml", empty)], &["injection", "-f", "a.yaml"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("No workloads found in a.yaml (1 object was looked at)"), "{err}");
}

#[test]
fn a_workload_that_is_not_there_is_a_wrong_argument() {
    let (code, _, err) = run(&[], &["injection", "--demo", "deploy/nothing"]);
    assert_eq!(code, 2);
    assert!(err.contains(r#"no Deployment called "nothing" in any namespace that was read"#), "{err}");
}

const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: cart}
spec: {containers: [{name: cart, image: cart}]}
";

#[test]
fn a_cluster_without_webhooks_injects_nothing_whatever_the_labels_say() {
    let cluster = TestCluster::start();
    cluster.apply(SHOP);
    let (code, out, err) = said(&cluster.mesh(["injection", "-o", "json", "pod/cart", "-n", "shop"]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    let report = json(&out);
    let row = report["workloads"].as_array().unwrap().iter().find(|r| r["mesh"] == "istio").unwrap();
    assert_eq!(row["intended"], "none");
    assert_eq!(row["because"].as_array().unwrap().last().unwrap()["text"], "no injection webhook of Istio exists");
}

#[test]
fn who_may_not_see_webhooks_is_told_what_is_assumed() {
    let cluster = TestCluster::start();
    cluster.apply(SHOP);
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["*", "*.apps"]));
    let (code, out, err) = said(&cluster.mesh_as("dev", ["injection", "-o", "json", "pod/cart", "-n", "shop"]).output().unwrap());
    let report = json(&out);
    assert!(report["gaps"].as_array().unwrap().iter().any(|g| g["type"] == "forbidden"), "{out}{err}");
    let row = report["workloads"].as_array().unwrap().iter().find(|r| r["mesh"] == "istio").unwrap();
    assert_eq!((code, row["intended"].as_str()), (0, Some("sidecar")), "{out}");
    assert!(out.contains("the real webhooks are not visible"), "{out}");
}

const ISTIO_WEBHOOK: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-sidecar-injector, labels: {istio.io/rev: default}}
webhooks:
- name: namespace.sidecar-injector.istio.io
  namespaceSelector: {matchLabels: {istio-injection: enabled}}
  clientConfig: {url: https://istiod}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}, annotations: {linkerd.io/inject: enabled}}
---
";

const LINKERD_WEBHOOK: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: linkerd-proxy-injector-webhook-config}
webhooks: [{name: linkerd-proxy-injector.linkerd.io, clientConfig: {url: https://linkerd}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: linkerd, name: linkerd-config}
data: {values: 'proxy: {nativeSidecar: false}'}
---
";

fn deployment(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{namespace: shop, name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}, annotations: {{{annotations}}}}}\n    spec: {{containers: [{{name: app, image: app}}]}}\n---\n"
    )
}

#[test]
fn a_pod_that_would_be_refused_is_told_with_the_reason() {
    let text = format!("{ISTIO_WEBHOOK}{}", deployment("cart", "sidecar.istio.io/proxyCPU: lots"));
    let (code, out, _) = run(&[("x.yaml", text.as_bytes())], &["injection", "-f", "x.yaml"]);
    assert_eq!(code, 0);
    let row = out.lines().find(|l| l.contains("cart")).unwrap();
    assert!(row.contains(" refused ") && row.contains(r#"sidecar.istio.io/proxyCPU: istiod refuses the pod: is not a quantity"#), "{out}");
    let (_, out, _) = run(&[("x.yaml", text.as_bytes())], &["injection", "-f", "x.yaml", "deploy/cart", "-n", "shop"]);
    assert!(out.contains("istio: intended refused"), "{out}");
    let native = text.replace("proxyCPU: lots", "nativeSidecar: 'true'");
    let (_, chain, _) = run(&[("x.yaml", native.as_bytes())], &["injection", "-f", "x.yaml", "deploy/cart", "-n", "shop"]);
    assert!(chain.contains("istio: intended sidecar (revision default, native), "), "{chain}");
    assert_eq!(out.matches("istiod refuses the pod").count(), 1, "{out}");
}

#[test]
fn a_namespace_that_asks_both_meshes_gets_the_proxies_that_the_order_of_webhooks_leaves() {
    let rows = |istio: &str| {
        let text = format!("{ISTIO_WEBHOOK}{LINKERD_WEBHOOK}{}", deployment("cart", "sidecar.istio.io/nativeSidecar: 'true'"));
        let text = text.replace("istio-sidecar-injector", istio);
        let (_, out, _) = run(&[("x.yaml", text.as_bytes())], &["injection", "-f", "x.yaml", "deploy/cart", "-n", "shop", "-o", "json"]);
        let report = json(&out);
        let row = |mesh: &str| report["workloads"].as_array().unwrap().iter().find(|r| r["mesh"] == mesh).unwrap().clone();
        [row("istio"), row("linkerd")]
    };
    let [istio, linkerd] = rows("istio-sidecar-injector");
    assert_eq!((&istio["intended"], &istio["revision"], &istio["native"]), (&"sidecar".into(), &"default".into(), &true.into()));
    assert_eq!((&linkerd["intended"], &linkerd["native"]), (&"none".into(), &Value::Null));
    let why = linkerd["because"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap();
    assert!(why.contains("istio-sidecar-injector is asked first"), "{why}");
    let [istio, linkerd] = rows("zz-istio");
    assert_eq!((&istio["intended"], &linkerd["intended"]), (&"sidecar".into(), &"sidecar".into()));
    assert_eq!(linkerd["native"], false);
}
