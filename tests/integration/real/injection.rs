//! What `injection` says before, and what istiod's webhook does then.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{cluster, containers, is_proxied, mesh, tool};

/// Labels of a namespace, by a word for each.
const NAMESPACES: [(&str, &str); 9] = [
    ("none", ""),
    ("enabled", "istio-injection: enabled"),
    ("disabled", "istio-injection: disabled"),
    ("odd", "istio-injection: 'yes'"),
    ("revision", "istio.io/rev: default"),
    ("tag", "istio.io/rev: stable"),
    ("nobody", "istio.io/rev: nobody"),
    ("both", "istio-injection: enabled, istio.io/rev: nobody"),
    ("against", "istio-injection: disabled, istio.io/rev: default"),
];

/// Labels, annotations and more of a pod, by a word for each.
const PODS: [(&str, &str, &str, &str); 12] = [
    ("plain", "", "", ""),
    ("in", "sidecar.istio.io/inject: 'true'", "", ""),
    ("out", "sidecar.istio.io/inject: 'false'", "", ""),
    ("odd", "sidecar.istio.io/inject: 'yes'", "", ""),
    ("revision", "istio.io/rev: default", "", ""),
    ("tag", "istio.io/rev: stable", "", ""),
    ("nobody", "istio.io/rev: nobody", "", ""),
    ("in-by-nobody", "istio.io/rev: nobody, sidecar.istio.io/inject: 'true'", "", ""),
    ("annotated-in", "", "sidecar.istio.io/inject: 'true'", ""),
    ("annotated-out", "", "sidecar.istio.io/inject: 'false'", ""),
    ("overruled", "sidecar.istio.io/inject: 'true'", "sidecar.istio.io/inject: 'false'", ""),
    ("host-network", "sidecar.istio.io/inject: 'true'", "", "hostNetwork: true, "),
];

#[test]
fn istiods_webhook_does_what_injection_says() {
    let Some(cluster) = cluster("injection::istiods_webhook_does") else { return };
    let (code, out, err) = tool(&cluster, "istioctl", &["tag", "set", "stable", "--revision", "default"]);
    assert_eq!(code, 0, "{out}{err}");
    let mut wanted = BTreeMap::new();
    for (called, labels) in NAMESPACES {
        let namespace = format!("labels-{called}");
        let mut text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}, labels: {{{labels}}}}}\n");
        for (pod, labels, annotations, spec) in PODS {
            text += &format!(
                "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {pod}, namespace: {namespace}}}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: {pod}}}}}
  template:
    metadata: {{labels: {{app: {pod}, {labels}}}, annotations: {{{annotations}}}}}
    spec: {{{spec}containers: [{{name: app, image: shop/app}}]}}
"
            );
            wanted.insert((namespace.clone(), pod.to_owned()), Value::Null);
        }
        cluster.apply(&text);
    }
    let (code, out, err) = mesh(&cluster, &["injection", "-A", "-m", "istio", "-o", "json"]);
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    for row in report["workloads"].as_array().unwrap() {
        let at = (row["namespace"].as_str().unwrap().to_owned(), row["name"].as_str().unwrap().to_owned());
        if let Some(said) = wanted.get_mut(&at) {
            *said = row.clone();
        }
    }
    let mut differences = String::new();
    let mut injected = 0;
    for ((namespace, name), said) in &wanted {
        super::until("the namespace has its account", || cluster.get(&format!("/api/v1/namespaces/{namespace}/serviceaccounts/default")).is_ok());
        let template = super::template(&cluster, namespace, name);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": template["metadata"]["labels"],
            "annotations": template["metadata"]["annotations"]}, "spec": template["spec"]});
        let made = cluster.request("POST", &format!("/api/v1/namespaces/{namespace}/pods?dryRun=All"), "application/json", &pod).unwrap();
        let is = is_proxied(&containers(&made));
        injected += usize::from(is);
        let says = said["intended"].as_str().unwrap_or("nothing");
        if says != if is { "sidecar" } else { "none" } {
            differences +=
                &format!("{namespace}/{name}: injection says {says}, istiod {}: {}\n", if is { "injects" } else { "does not" }, said["because"]);
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert_eq!(wanted.len(), NAMESPACES.len() * PODS.len());
    assert!(injected > 20, "only {injected} were injected");
}

#[test]
fn a_tag_names_the_revision_that_it_stands_for() {
    let Some(cluster) = cluster("injection::a_tag_names_the_revision") else { return };
    let (code, out, err) = tool(&cluster, "istioctl", &["tag", "set", "tagged", "--revision", "default"]);
    assert_eq!(code, 0, "{out}{err}");
    super::shop(&cluster, "by-tag", "", "");
    let args = ["onboard", "-s", "cart", "-n", "by-tag", "--mode", "sidecar", "--revision", "tagged", "--yes"];
    let (code, out, err) = mesh(&cluster, &args);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(super::template(&cluster, "by-tag", "cart")["metadata"]["labels"]["istio.io/rev"], "tagged", "{out}");
    super::settle(&cluster, "by-tag");
    assert!(super::pods(&cluster, "by-tag", "cart").iter().all(|pod| is_proxied(pod)), "{out}");
    let (_, out, _) = mesh(&cluster, &["injection", "deploy/cart", "-n", "by-tag", "-m", "istio", "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["workloads"][0]["restartNeeded"], false, "{out}");
}
