//! One test for each rule of injection, in the order in which the injector asks, and for what runs.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::index::Index;
use crate::mesh::linkerd::Linkerd;
use crate::model::{Coverage, Fact, InjectionFact, Inventory, Item, Kind};

const ANCHORS: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

/// A control plane with these values, a namespace and a Deployment in it, perhaps with a pod.
fn fact(values: Value, namespace: Option<Value>, template: Value, pod: Option<Value>, webhook: Option<Value>) -> InjectionFact {
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "linkerd", "name": "linkerd-config"}, "data": {"values": values.to_string()}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "cart"},
            "spec": {"selector": {"matchLabels": {"app": "cart"}}, "template": template}}),
    ];
    objects.extend(namespace.map(|metadata| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": with(metadata, &[("name", "shop")])})));
    objects.extend(pod.map(with_kind));
    let visible = webhook.is_some();
    objects.extend(webhook);
    let hidden = |k: &Kind| *k == Kind::MutatingWebhookConfiguration && !visible;
    let coverage = Kind::ALL.iter().filter(|k| !hidden(k)).map(|k| (*k, Coverage::Complete)).collect();
    let mut inventory = Inventory { coverage, ..Inventory::default() };
    for value in objects {
        let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
        inventory.push(Item::from_value(kind, value).unwrap());
    }
    let index = Index::new(inventory);
    Linkerd::open(&index).injection(&index, index.workload("shop", "cart", None).unwrap(), None)
}

fn with(mut object: Value, fields: &[(&str, &str)]) -> Value {
    for (name, value) in fields {
        object[*name] = json!(value);
    }
    object
}

fn with_kind(mut pod: Value) -> Value {
    pod["metadata"]["namespace"] = json!("shop");
    pod["metadata"]["name"] = json!("cart-0");
    pod["metadata"]["labels"]["app"] = json!("cart");
    with(pod, &[("apiVersion", "v1"), ("kind", "Pod")])
}

/// Whether a pod would be injected, and the reason codes along the way.
fn decided(fact: &InjectionFact) -> (&'static str, String) {
    match &fact.intended {
        Fact::Known { value, because } => {
            assert!(because.iter().all(|e| !e.text.contains("_annotation_")), "a code where a person reads: {because:?}");
            let codes = because.iter().filter_map(|e| e.code);
            (if value.mode().is_some() { "yes" } else { "no" }, codes.collect::<Vec<_>>().join(" "))
        }
        Fact::Unknown(_) => ("unknown", String::new()),
        Fact::NotApplicable => ("not applicable", String::new()),
    }
}

fn annotated(value: Option<&str>) -> Value {
    value.map_or_else(|| json!({}), |v| json!({"annotations": {"linkerd.io/inject": v}}))
}

#[test]
fn the_annotations_decide_in_order() {
    let rows = [
        (Some("yes"), Some("enabled"), "no", "invalid_inject_annotation_at_ns"),
        (Some("yes"), Some("nope"), "no", "invalid_inject_annotation_at_ns"),
        (Some("enabled"), Some("true"), "no", "invalid_inject_annotation_at_workload"),
        (None, Some("true"), "no", "invalid_inject_annotation_at_workload"),
        (Some("enabled"), Some("disabled"), "no", "injection_disable_annotation_present"),
        (Some("ingress"), Some("disabled"), "no", "injection_disable_annotation_present"),
        (Some("enabled"), None, "yes", ""),
        (Some("enabled"), Some(""), "yes", ""),
        (Some("ingress"), None, "yes", ""),
        (Some("enabled"), Some("ingress"), "yes", ""),
        (None, Some("enabled"), "yes", ""),
        (None, Some("ingress"), "yes", ""),
        (Some("disabled"), Some("enabled"), "yes", ""),
        (Some(""), Some("enabled"), "yes", ""),
        (None, None, "no", "injection_enable_annotation_absent"),
        (None, Some("disabled"), "no", "injection_enable_annotation_absent"),
        (Some("disabled"), None, "no", "injection_enable_annotation_absent"),
    ];
    for (namespace, pod, expected, codes) in rows {
        let fact = fact(json!({}), Some(annotated(namespace)), json!({"metadata": annotated(pod)}), None, None);
        assert_eq!(decided(&fact), (expected, codes.to_owned()), "namespace {namespace:?}, pod {pod:?}");
    }
}

#[test]
fn annotations_of_the_deployment_and_labels_are_ignored() {
    let template = json!({"metadata": {"labels": {"linkerd.io/inject": "enabled"}}});
    let labelled = json!({"labels": {"linkerd.io/inject": "enabled"}});
    assert_eq!(decided(&fact(json!({}), Some(labelled), template, None, None)).0, "no");
}

#[test]
fn every_blocker_is_named() {
    let rows = [
        (json!({"hostNetwork": true}), json!({}), "host_network_enabled"),
        (json!({"containers": [{"name": "istio-proxy"}]}), json!({}), "sidecar_already_exists"),
        (json!({"initContainers": [{"name": "istio-init"}]}), json!({}), "sidecar_already_exists"),
        (json!({"containers": [{"name": "p", "image": "gcr.io/istio-release/proxyv2:1.27.1"}]}), json!({}), "sidecar_already_exists"),
        (json!({"initContainers": [{"name": "i", "image": "cr.l5d.io/linkerd/proxy-init:v2"}]}), json!({}), "sidecar_already_exists"),
        (
            json!({"automountServiceAccountToken": false}),
            json!({"identity": {"serviceAccountTokenProjection": false}}),
            "disabled_automount_service_account_token_account",
        ),
        (json!({"hostNetwork": true, "containers": [{"name": "istio-proxy"}]}), json!({}), "host_network_enabled sidecar_already_exists"),
    ];
    for (spec, values, codes) in rows {
        let row = spec.to_string();
        let fact = fact(values, Some(annotated(Some("enabled"))), json!({"spec": spec}), None, None);
        assert_eq!(decided(&fact), ("no", codes.to_owned()), "{row}");
    }
    let projected = fact(json!({}), Some(annotated(Some("enabled"))), json!({"spec": {"automountServiceAccountToken": false}}), None, None);
    assert_eq!(decided(&projected).0, "yes", "with projected tokens it does not matter");
}

#[test]
fn a_proxy_written_into_the_manifest_is_in_the_mesh() {
    let template = json!({"spec": {"containers": [{"name": "linkerd-proxy"}]}});
    assert_eq!(decided(&fact(json!({}), Some(json!({})), template, None, None)), ("yes", "sidecar_already_exists".into()));
}

#[test]
fn the_webhooks_own_selectors_are_read() {
    let webhook = |selector: Value| {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "linkerd-proxy-injector-webhook-config"},
            "webhooks": [{"name": "linkerd-proxy-injector.linkerd.io", "namespaceSelector": selector, "failurePolicy": "Ignore"}]})
    };
    let only_a = webhook(json!({"matchLabels": {"team": "a"}}));
    let enabled = |labels: Value| json!({"labels": labels, "annotations": {"linkerd.io/inject": "enabled"}});
    assert_eq!(decided(&fact(json!({}), Some(enabled(json!({"team": "a"}))), json!({}), None, Some(only_a.clone()))).0, "yes");
    assert_eq!(decided(&fact(json!({}), Some(enabled(json!({"team": "b"}))), json!({}), None, Some(only_a))).0, "no");
    let chart = enabled(json!({"config.linkerd.io/admission-webhooks": "disabled"}));
    assert_eq!(decided(&fact(json!({}), Some(chart), json!({}), None, None)).0, "no", "the chart's selector is assumed where none is visible");
}

#[test]
fn an_unread_namespace_leaves_it_open_unless_the_pod_decides() {
    let of = |pod, spec| decided(&fact(json!({}), None, json!({"metadata": annotated(pod), "spec": spec}), None, None)).0;
    assert_eq!([of(None, json!({})), of(Some("enabled"), json!({}))], ["unknown", "unknown"]);
    assert_eq!([of(Some("disabled"), json!({})), of(Some("on"), json!({})), of(None, json!({"hostNetwork": true}))], ["no"; 3]);
}

#[test]
fn what_runs_is_counted_and_compared() {
    let values = json!({"linkerdVersion": "edge-26.1.1", "identityTrustAnchorsPEM": ANCHORS});
    let hash: String = Sha256::digest(ANCHORS.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let proxy = |tag: &str| json!({"name": "linkerd-proxy", "restartPolicy": "Always", "image": format!("cr.l5d.io/linkerd/proxy:{tag}")});
    let metadata = |extra: Value| {
        let mut annotations = json!({"linkerd.io/inject": "enabled", "linkerd.io/trust-root-sha256": hash, "config.linkerd.io/opaque-ports": "25"});
        annotations.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"labels": {"linkerd.io/control-plane-ns": "linkerd"}, "annotations": annotations})
    };
    let enabled = annotated(Some("enabled"));
    let rows = [
        (enabled.clone(), metadata(json!({})), json!({"initContainers": [proxy("edge-26.1.1")]}), "native-sidecar", ""),
        (enabled.clone(), metadata(json!({})), json!({"containers": [proxy("edge-25.9.1")]}), "sidecar", "proxy-version"),
        (
            enabled.clone(),
            metadata(json!({"config.linkerd.io/proxy-version": "edge-25.9.1"})),
            json!({"containers": [proxy("edge-25.9.1")]}),
            "sidecar",
            "annotations",
        ),
        (
            enabled.clone(),
            metadata(json!({"linkerd.io/trust-root-sha256": "00"})),
            json!({"containers": [proxy("edge-26.1.1")]}),
            "sidecar",
            "trust-anchors",
        ),
        (
            enabled.clone(),
            metadata(json!({"config.linkerd.io/skip-inbound-ports": "80"})),
            json!({"containers": [proxy("edge-26.1.1")]}),
            "sidecar",
            "annotations",
        ),
        (enabled, json!({}), json!({}), "none", "not-injected"),
        (json!({}), metadata(json!({})), json!({"containers": [proxy("edge-26.1.1")]}), "sidecar", "unwanted"),
        (json!({}), json!({}), json!({}), "none", ""),
    ];
    for (namespace, metadata, spec, actual, codes) in rows {
        let row = format!("{namespace} {metadata} {spec}");
        let template = json!({"metadata": {"labels": {"app": "cart"}}});
        let pod = json!({"metadata": metadata, "spec": spec, "status": {"phase": "Running"}});
        let fact = fact(values.clone(), Some(namespace), template, Some(pod), None);
        let found: Vec<&str> = fact.drift.iter().map(|d| d.code.name()).collect();
        assert_eq!((fact.actual.state().name(), found.join(" ")), (actual, codes.to_owned()), "{row}");
        assert_eq!(fact.restart_needed(), !codes.is_empty(), "{row}");
    }
}

/// The mode and what decided last, of a pod template with these annotations in a namespace with those.
fn settled(values: Value, namespace: Value, pod: Value) -> (&'static str, String) {
    let fact = fact(values, Some(json!({"annotations": namespace})), json!({"metadata": {"annotations": pod}}), None, None);
    match &fact.intended {
        Fact::Known { value, because } => (value.name(), because.last().unwrap().path.clone().unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_proxy_that_the_api_server_does_not_take_refuses_the_pod() {
    let enabled = || json!({"linkerd.io/inject": "enabled"});
    for (name, value, expected) in [
        ("config.linkerd.io/admin-port", "0", "refused"),
        ("config.linkerd.io/proxy-uid", "-5", "refused"),
        ("config.linkerd.io/proxy-cpu-request", "2", "refused"),
        ("config.linkerd.io/admin-port", "http", "sidecar"),
        ("config.linkerd.io/outbound-port", "0", "sidecar"),
        ("config.linkerd.io/proxy-cpu-request", "lots", "sidecar"),
        ("config.linkerd.io/debug-image-pull-policy", "always", "sidecar"),
    ] {
        let values = json!({"proxy": {"resources": {"cpu": {"limit": "1"}}}});
        assert_eq!(settled(values, enabled(), json!({name: value})).0, expected, "{name}: {value}");
    }
    let of_namespace = settled(json!({}), json!({"linkerd.io/inject": "enabled", "config.linkerd.io/inbound-port": "70000"}), json!({}));
    assert_eq!((of_namespace.0, of_namespace.1.as_str()), ("refused", r#"metadata.annotations["config.linkerd.io/inbound-port"]"#));
    let own = settled(
        json!({}),
        json!({"linkerd.io/inject": "enabled", "config.linkerd.io/inbound-port": "70000"}),
        json!({"config.linkerd.io/inbound-port": "4143"}),
    );
    assert_eq!(own.0, "sidecar", "the pod's own value wins");
}

#[test]
fn the_label_of_components_makes_no_users_workload_a_part_of_linkerd() {
    let namespace = || annotated(Some("enabled"));
    let of = |labels: Value, webhook: Option<Value>| {
        decided(&fact(json!({}), Some(namespace()), json!({"metadata": {"labels": labels}}), None, webhook)).0
    };
    let everything = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "linkerd-proxy-injector-webhook-config"},
        "webhooks": [{"name": "linkerd-proxy-injector.linkerd.io", "objectSelector": null}]});
    let labels = json!({"linkerd.io/control-plane-component": "identity", "linkerd.io/control-plane-ns": "linkerd"});
    assert_eq!(of(labels.clone(), Some(everything)), "yes");
    assert_eq!(of(labels, None), "no", "the chart's own webhook passes over it");
    assert_eq!(of(json!({"linkerd.io/control-plane-component": "identity", "linkerd.io/control-plane-ns": "shop"}), None), "not applicable");
}
