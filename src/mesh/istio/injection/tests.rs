//! One test for each rule of membership: the webhooks' table, istiod's own check, ambient, and what runs.

use serde_json::{Value, json};

use crate::index::Index;
use crate::mesh::istio::Istio;
use crate::model::{Coverage, Fact, InjectionFact, Inventory, Item, Kind};

/// A cluster with one namespace `shop` and one Deployment `cart` in it.
struct Cluster(Vec<Value>);

impl Cluster {
    /// With istiod in these revisions.
    fn new(revisions: &[&str]) -> Self {
        let istiod = |revision: &&str| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "istio-system", "name": format!("istiod-{revision}")},
                "spec": {"template": {"metadata": {"labels": {"app": "istiod", "istio.io/rev": revision}},
                    "spec": {"containers": [{"name": "discovery", "image": "docker.io/istio/pilot:1.27.1-distroless"}]}}},
                "status": {"readyReplicas": 1}})
        };
        Self(revisions.iter().map(istiod).collect())
    }

    fn with(mut self, object: Value) -> Self {
        self.0.push(object);
        self
    }

    fn tag(self, name: &str, revision: &str) -> Self {
        self.with(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "istio-system", "name": format!("istiod-revision-tag-{name}"),
            "labels": {"istio.io/tag": name, "istio.io/rev": revision}}}),
        )
    }

    fn injector(self, config: &str, values: Value) -> Self {
        self.with(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "istio-system", "name": "istio-sidecar-injector"},
            "data": {"config": config, "values": values.to_string()}}))
    }

    fn namespace(self, labels: Value) -> Self {
        self.with(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}))
    }

    fn template(self, metadata: Value, spec: Value) -> Self {
        self.with(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "cart"},
            "spec": {"selector": {"matchLabels": {"app": "cart"}}, "template": {"metadata": metadata, "spec": spec}}}))
    }

    fn pod(self, annotations: Value, spec: Value) -> Self {
        self.with(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "shop", "name": "cart-0", "labels": {"app": "cart"}, "annotations": annotations}, "spec": spec,
            "status": {"phase": "Running"}}))
    }

    /// Everything was seen but for the kinds in `hidden`.
    fn fact(&self, hidden: &[Kind]) -> InjectionFact {
        let coverage = Kind::ALL.iter().filter(|k| !hidden.contains(k)).map(|k| (*k, Coverage::Complete)).collect();
        let mut inventory = Inventory { coverage, ..Inventory::default() };
        for value in &self.0 {
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            inventory.push(Item::from_value(kind, value.clone()).unwrap());
        }
        let index = Index::new(inventory);
        Istio::open(&index).injection(&index, index.workload("shop", "cart", None).unwrap())
    }

    /// Intended mode and revision, and the deciding evidence, with webhooks not visible.
    fn intended(&self) -> (String, String) {
        intended(&self.fact(&[Kind::MutatingWebhookConfiguration]))
    }
}

fn intended(fact: &InjectionFact) -> (String, String) {
    match &fact.intended {
        Fact::Known { value, because } => {
            let revision = match value {
                crate::model::Intent::In { revision: Some(revision), .. } => format!(" {revision}"),
                _ => String::new(),
            };
            let last = because.last().unwrap();
            (format!("{}{revision}", value.name()), format!("{} {}", last.path.as_deref().unwrap_or("-"), last.text))
        }
        Fact::Unknown(gap) => ("unknown".into(), gap.to_string()),
        Fact::NotApplicable => ("not applicable".into(), String::new()),
    }
}

/// Revisions default and canary, tag prod of canary; what the labels of namespace and pod lead to.
#[test]
fn the_webhooks_table_holds() {
    let rows = [
        (json!({"istio.io/rev": "canary"}), json!({}), "sidecar canary"),
        (json!({"istio.io/rev": "prod"}), json!({}), "sidecar canary"),
        (json!({"istio.io/rev": "canary"}), json!({"sidecar.istio.io/inject": "false"}), "none"),
        (json!({"istio.io/rev": "gone"}), json!({}), "none"),
        (json!({"istio.io/rev": "gone"}), json!({"sidecar.istio.io/inject": "true"}), "none"),
        (json!({"istio.io/rev": "canary"}), json!({"istio.io/rev": "default"}), "sidecar canary"),
        (json!({}), json!({"istio.io/rev": "canary"}), "sidecar canary"),
        (json!({}), json!({"istio.io/rev": "prod", "sidecar.istio.io/inject": "true"}), "sidecar canary"),
        (json!({}), json!({"istio.io/rev": "canary", "sidecar.istio.io/inject": "false"}), "none"),
        (json!({"istio-injection": "enabled"}), json!({}), "sidecar default"),
        (json!({"istio-injection": "enabled"}), json!({"sidecar.istio.io/inject": "false"}), "none"),
        (json!({"istio-injection": "enabled", "istio.io/rev": "canary"}), json!({}), "sidecar default"),
        (json!({"istio-injection": "disabled"}), json!({"sidecar.istio.io/inject": "true"}), "none"),
        (json!({"istio-injection": "disabled", "istio.io/rev": "canary"}), json!({}), "none"),
        (json!({"istio-injection": "yes"}), json!({}), "none"),
        (json!({}), json!({"sidecar.istio.io/inject": "true"}), "sidecar default"),
        (json!({}), json!({"sidecar.istio.io/inject": "True"}), "none"),
        (json!({}), json!({}), "none"),
    ];
    for (namespace, pod, expected) in rows {
        let row = format!("{namespace} {pod}");
        let cluster = Cluster::new(&["default", "canary"]).tag("prod", "canary").namespace(namespace).template(json!({"labels": pod}), json!({}));
        let (found, why) = cluster.intended();
        assert_eq!(found, expected, "{row}: {why}");
        assert!(!why.is_empty(), "{row}");
    }
}

#[test]
fn without_a_default_revision_its_labels_lead_nowhere() {
    for (namespace, pod, at) in [
        (json!({"istio-injection": "enabled"}), json!({}), r#"metadata.labels.istio-injection"#),
        (json!({}), json!({"sidecar.istio.io/inject": "true"}), r#"spec.template.metadata.labels["sidecar.istio.io/inject"]"#),
    ] {
        let cluster = Cluster::new(&["canary"]).namespace(namespace).template(json!({"labels": pod}), json!({}));
        let (found, why) = cluster.intended();
        assert_eq!(found, "none");
        assert!(why.starts_with(at) && why.contains("neither such a revision nor a tag"), "{why}");
        let tagged = Cluster(cluster.0).tag("default", "canary");
        assert_eq!(tagged.intended().0, "sidecar canary", "a tag called default stands for it");
    }
}

#[test]
fn a_label_that_names_no_revision_is_blamed() {
    let cluster = Cluster::new(&["default"]).namespace(json!({"istio.io/rev": "1-20"})).template(json!({}), json!({}));
    let (_, why) = cluster.intended();
    assert_eq!(why, r#"metadata.labels["istio.io/rev"] no revision or tag is called "1-20""#);
}

#[test]
fn namespaces_without_labels_are_injected_when_the_chart_says_so() {
    let values = json!({"sidecarInjectorWebhook": {"enableNamespacesByDefault": true}});
    let cluster = |pod| Cluster::new(&["default"]).injector("policy: enabled", values.clone()).namespace(json!({})).template(pod, json!({}));
    assert_eq!(cluster(json!({})).intended().0, "sidecar default");
    assert_eq!(cluster(json!({"labels": {"sidecar.istio.io/inject": "false"}})).intended().0, "none");
}

#[test]
fn live_selectors_win_over_the_charts() {
    let webhook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "custom", "labels": {"istio.io/rev": "blue"}},
        "webhooks": [{"name": "x.sidecar-injector.istio.io", "namespaceSelector": {"matchLabels": {"team": "a"}}, "failurePolicy": "Fail",
            "clientConfig": {"service": {"name": "istiod-blue", "namespace": "istio-system"}}}]});
    let cluster = |labels| Cluster::new(&[]).with(webhook.clone()).namespace(labels).template(json!({}), json!({}));
    let fact = cluster(json!({"team": "a"})).fact(&[]);
    assert_eq!(intended(&fact).0, "sidecar blue");
    let Fact::Known { because, .. } = &fact.intended else { panic!() };
    assert!(
        because.iter().any(|e| e.path.as_deref() == Some("webhooks[0]") && e.text.contains("no istiod of revision blue is ready")),
        "{because:?}"
    );
    let (found, why) = intended(&cluster(json!({"team": "b", "istio-injection": "enabled"})).fact(&[]));
    assert_eq!(found, "none", "{why}");
}

#[test]
fn a_cluster_without_webhooks_injects_nothing() {
    let cluster = Cluster::new(&[]).namespace(json!({"istio-injection": "enabled"})).template(json!({}), json!({}));
    assert_eq!(intended(&cluster.fact(&[])), ("none".into(), "- no injection webhook of Istio exists".into()));
    assert_eq!(intended(&cluster.fact(&[Kind::MutatingWebhookConfiguration])).0, "sidecar default", "unless they are only not visible");
}

/// In the order in which istiod asks.
#[test]
fn istiods_own_check_holds() {
    let selectors =
        "policy: disabled\nneverInjectSelector:\n- matchLabels: {}\n- matchLabels: {never: x}\nalwaysInjectSelector:\n- matchLabels: {always: x}";
    let rows = [
        ("policy: enabled", json!({}), json!({"hostNetwork": true}), "none"),
        ("policy: enabled", json!({"labels": {"sidecar.istio.io/inject": "true"}}), json!({"hostNetwork": true}), "none"),
        ("policy: enabled", json!({"annotations": {"sidecar.istio.io/inject": "false"}}), json!({}), "none"),
        (
            "policy: enabled",
            json!({"labels": {"sidecar.istio.io/inject": "true"}, "annotations": {"sidecar.istio.io/inject": "false"}}),
            json!({}),
            "sidecar default",
        ),
        ("policy: enabled", json!({"annotations": {"sidecar.istio.io/inject": "no"}}), json!({}), "sidecar default"),
        ("policy: disabled", json!({"annotations": {"sidecar.istio.io/inject": "no"}}), json!({}), "none"),
        ("policy: disabled", json!({"annotations": {"sidecar.istio.io/inject": "true"}}), json!({}), "sidecar default"),
        ("policy: disabled", json!({}), json!({}), "none"),
        ("policy: sometimes", json!({}), json!({}), "none"),
        (selectors, json!({"labels": {"always": "x"}}), json!({}), "sidecar default"),
        (selectors, json!({"labels": {"always": "x", "never": "x"}}), json!({}), "none"),
        (selectors, json!({"labels": {"never": "x", "sidecar.istio.io/inject": "true"}}), json!({}), "sidecar default"),
    ];
    for (config, metadata, spec, expected) in rows {
        let row = format!("{config:?} {metadata} {spec}");
        let cluster =
            Cluster::new(&["default"]).injector(config, json!({})).namespace(json!({"istio-injection": "enabled"})).template(metadata, spec);
        let (found, why) = cluster.intended();
        assert_eq!(found, expected, "{row}: {why}");
    }
}

#[test]
fn an_annotation_alone_enables_nothing() {
    let cluster = Cluster::new(&["default"]).namespace(json!({})).template(json!({"annotations": {"sidecar.istio.io/inject": "true"}}), json!({}));
    assert_eq!(cluster.intended().0, "none");
}

#[test]
fn ambient_follows_the_labels_unless_a_sidecar_or_the_host_network_comes_first() {
    let ambient = json!({"istio.io/dataplane-mode": "ambient"});
    let none = json!({"labels": {"istio.io/dataplane-mode": "none"}});
    let rows = [
        (ambient.clone(), json!({}), json!({}), "ambient"),
        (ambient.clone(), none, json!({}), "none"),
        (json!({}), json!({"labels": ambient.clone()}), json!({}), "ambient"),
        (ambient.clone(), json!({}), json!({"hostNetwork": true}), "none"),
        (json!({"istio.io/dataplane-mode": "ambient", "istio-injection": "enabled"}), json!({}), json!({}), "sidecar default"),
        (json!({"istio.io/dataplane-mode": "ambient", "istio.io/rev": "default"}), json!({}), json!({}), "sidecar default"),
        (json!({"istio.io/dataplane-mode": "ambient", "istio-injection": "disabled"}), json!({}), json!({}), "ambient"),
    ];
    for (namespace, metadata, spec, expected) in rows {
        let row = format!("{namespace} {metadata} {spec}");
        assert_eq!(Cluster::new(&["default"]).namespace(namespace).template(metadata, spec).intended().0, expected, "{row}");
    }
}

#[test]
fn an_unread_namespace_leaves_it_open_unless_the_pod_decides() {
    let of = |metadata, spec| Cluster::new(&["default"]).template(metadata, spec).intended();
    assert_eq!(of(json!({}), json!({})).0, "unknown");
    assert_eq!(of(json!({"labels": {"sidecar.istio.io/inject": "true"}}), json!({})).0, "unknown", "istio-injection=disabled would win");
    assert_eq!(of(json!({}), json!({"hostNetwork": true})).0, "none");
    assert_eq!(of(json!({"labels": {"istio.io/dataplane-mode": "none"}, "annotations": {"sidecar.istio.io/inject": "false"}}), json!({})).0, "none");
}

#[test]
fn gateways_and_parts_of_istio_are_told_apart() {
    let proxy = json!({"containers": [{"name": "istio-proxy"}]});
    let cluster = |labels, metadata, spec| Cluster::new(&["default"]).namespace(labels).template(metadata, spec).intended().0;
    assert_eq!(cluster(json!({}), json!({"labels": {"sidecar.istio.io/inject": "false"}}), proxy.clone()), "gateway");
    assert_eq!(
        cluster(json!({"istio-injection": "enabled"}), json!({"annotations": {"inject.istio.io/templates": "gateway"}}), json!({})),
        "gateway default"
    );
    assert_eq!(cluster(json!({}), json!({"labels": {"app": "ztunnel"}}), proxy), "not applicable");
}

#[test]
fn what_runs_is_counted_and_compared() {
    let injected = |tag: &str| json!({"containers": [{"name": "app"}, {"name": "istio-proxy", "image": format!("docker.io/istio/proxyv2:{tag}")}]});
    let native = json!({"initContainers": [{"name": "istio-proxy", "restartPolicy": "Always", "image": "docker.io/istio/proxyv2:1.27.1"}]});
    let status = json!({"sidecar.istio.io/status": "{\"revision\":\"default\"}"});
    let redirected = json!({"ambient.istio.io/redirection": "enabled"});
    let wants_sidecar = json!({"istio-injection": "enabled"});
    let wants_ambient = json!({"istio.io/dataplane-mode": "ambient"});
    let rows = [
        (wants_sidecar.clone(), status.clone(), injected("1.27.1"), "sidecar", "", false),
        (wants_sidecar.clone(), status.clone(), native, "native-sidecar", "", false),
        (wants_sidecar.clone(), status.clone(), injected("1.26.0"), "sidecar", "proxy-version", true),
        (wants_sidecar.clone(), json!({"sidecar.istio.io/status": "{\"revision\":\"old\"}"}), injected("1.27.1"), "sidecar", "revision", true),
        (wants_sidecar.clone(), json!({}), json!({}), "none", "not-injected", true),
        (wants_sidecar, redirected.clone(), json!({}), "ambient", "mode", true),
        (json!({}), status.clone(), injected("1.27.1"), "sidecar", "unwanted", true),
        (wants_ambient.clone(), status, injected("1.27.1"), "sidecar", "mode", true),
        (wants_ambient.clone(), redirected, json!({}), "ambient", "", false),
        (wants_ambient.clone(), json!({"ambient.istio.io/redirection": "pending"}), json!({}), "ambient-pending", "pending", false),
        (wants_ambient, json!({}), json!({}), "none", "not-captured", false),
        (json!({}), json!({}), json!({}), "none", "", false),
    ];
    for (namespace, annotations, spec, actual, code, restart) in rows {
        let row = format!("{namespace} {annotations} {spec}");
        let cluster = Cluster::new(&["default"]).namespace(namespace).template(json!({"labels": {"app": "cart"}}), json!({})).pod(annotations, spec);
        let fact = cluster.fact(&[Kind::MutatingWebhookConfiguration]);
        let codes: Vec<&str> = fact.drift.iter().map(|d| d.code.name()).collect();
        assert_eq!((fact.actual.state().name(), codes.join(" ").as_str(), fact.restart_needed()), (actual, code, restart), "{row}");
    }
}

#[test]
fn a_chosen_proxy_image_is_no_drift() {
    let annotations =
        json!({"sidecar.istio.io/status": "{\"revision\":\"default\"}", "sidecar.istio.io/proxyImage": "docker.io/istio/proxyv2:1.26.0"});
    let spec = json!({"containers": [{"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.26.0"}]});
    let namespace = json!({"istio-injection": "enabled"});
    let cluster = Cluster::new(&["default"]).namespace(namespace).template(json!({"labels": {"app": "cart"}}), json!({})).pod(annotations, spec);
    assert_eq!(cluster.fact(&[Kind::MutatingWebhookConfiguration]).drift, []);
}

/// A webhook configuration of its own name that asks `revision` about every pod of every namespace.
fn webhook(name: &str, revision: &str) -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name, "labels": {"istio.io/rev": revision}},
        "webhooks": [{"name": "any.sidecar-injector.istio.io", "clientConfig": {"url": "https://istiod"}}]})
}

#[test]
fn of_two_configurations_that_select_a_pod_the_last_by_name_makes_its_proxy() {
    for (names, expected) in [(["a", "b"], "sidecar canary"), (["z", "b"], "sidecar default")] {
        let [default, canary] = names;
        let cluster = Cluster::new(&["default", "canary"]).with(webhook(default, "default")).with(webhook(canary, "canary"));
        let fact = cluster.namespace(json!({})).template(json!({}), json!({})).fact(&[]);
        assert_eq!(intended(&fact).0, expected, "{names:?}");
        assert_eq!(fact.added_by.as_deref(), names.iter().min().copied(), "{names:?}: the first adds the container");
    }
}

#[test]
fn a_webhook_that_is_not_shown_new_pods_injects_none() {
    let with_rule = |rule: Value| {
        let mut configuration = webhook("only", "default");
        configuration["webhooks"][0]["rules"] = json!([rule]);
        intended(&Cluster::new(&[]).with(configuration).namespace(json!({})).template(json!({}), json!({})).fact(&[])).0
    };
    assert_eq!(with_rule(json!({"operations": ["CREATE"], "resources": ["pods"]})), "sidecar default");
    assert_eq!(with_rule(json!({"operations": ["*"], "resources": ["*"]})), "sidecar default");
    assert_eq!(with_rule(json!({"operations": ["UPDATE"], "resources": ["pods"]})), "none");
    assert_eq!(with_rule(json!({"operations": ["CREATE"], "resources": ["configmaps"]})), "none");
}

#[test]
fn an_illegal_policy_injects_nothing_whatever_pods_ask_for() {
    let cluster = Cluster::new(&["default"]).injector("policy: sometimes", json!({})).namespace(json!({"istio-injection": "enabled"}));
    let (found, why) = cluster.template(json!({"labels": {"sidecar.istio.io/inject": "true"}}), json!({})).intended();
    assert_eq!(found, "none");
    assert!(why.contains(r#"policy "sometimes" is neither enabled nor disabled"#), "{why}");
}

#[test]
fn values_that_cannot_be_read_refuse_the_pod_and_others_do_not() {
    let enabled = || Cluster::new(&["default"]).namespace(json!({"istio-injection": "enabled"}));
    let of = |name: &str, value: &str| enabled().template(json!({"annotations": {name: value}}), json!({})).intended();
    for (name, value) in [
        ("sidecar.istio.io/proxyCPU", "lots"),
        ("sidecar.istio.io/proxyMemoryLimit", "-1Mi"),
        ("traffic.sidecar.istio.io/includeInboundPorts", "http"),
        ("proxy.istio.io/config", "concurrency: [x"),
        ("inject.istio.io/templates", ""),
    ] {
        let (found, why) = of(name, value);
        // Which templates there are is known only where the injector's settings are.
        let expected = if name.starts_with("inject") { "unknown" } else { "refused" };
        assert_eq!(found, expected, "{name}: {why}");
    }
    for (name, value) in [("sidecar.istio.io/nativeSidecar", "maybe"), ("sidecar.istio.io/rewriteAppHTTPProbers", "maybe")] {
        assert_eq!(of(name, value).0, "sidecar default", "{name}");
    }
    let pair = json!({"annotations": {"sidecar.istio.io/proxyCPU": "2", "sidecar.istio.io/proxyCPULimit": "500m"}});
    let (found, why) = enabled().template(pair, json!({})).intended();
    assert_eq!((found.as_str(), why.contains("more than its limit")), ("refused", true), "{why}");
    let off = json!({"labels": {"sidecar.istio.io/inject": "false"}, "annotations": {"sidecar.istio.io/proxyCPU": "lots"}});
    assert_eq!(enabled().template(off, json!({})).intended().0, "none", "whom istiod passes over is not validated");
}

#[test]
fn templates_decide_whether_there_is_a_proxy_and_of_which_sort() {
    let config = "policy: enabled\ndefaultTemplates: [label]\naliases: {both: [sidecar, label]}\ntemplates:\n  label: 'metadata: {labels: {a: b}}'\n  \
        sidecar: |\n    containers:\n    - name: istio-proxy\n      args: [proxy, sidecar]\n  edge: |\n    containers:\n    - name: istio-proxy\n      \
        args: [proxy, router]\n";
    let of = |annotations: Value| {
        let cluster = Cluster::new(&["default"]).injector(config, json!({})).namespace(json!({"istio-injection": "enabled"}));
        cluster.template(json!({"annotations": annotations}), json!({})).intended()
    };
    let named = |names: &str| of(json!({"inject.istio.io/templates": names})).0;
    assert_eq!(of(json!({})).0, "none", "the default template holds no proxy");
    assert_eq!(
        [named("sidecar"), named("edge"), named("both"), named("sidecar, edge")].map(|s| s.replace(" default", "")),
        ["sidecar", "gateway", "sidecar", "gateway"]
    );
    let (found, why) = of(json!({"inject.istio.io/templates": "sidecar,missing"}));
    assert_eq!((found.as_str(), why.contains(r#"no template "missing""#)), ("refused", true), "{why}");
}

#[test]
fn a_proxy_written_into_the_template_is_merged_with_the_injectors_and_stays_without_it() {
    let written =
        |args: Value| json!({"containers": [{"name": "app"}, {"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.27.0", "args": args}]});
    let status = json!({"sidecar.istio.io/status": "{\"containers\":[\"istio-proxy\"]}"});
    let of = |namespace: Value, metadata: Value, spec: Value| Cluster::new(&["default"]).namespace(namespace).template(metadata, spec).intended().0;
    let enabled = || json!({"istio-injection": "enabled"});
    assert_eq!(of(enabled(), json!({}), written(json!(["proxy", "sidecar"]))), "sidecar default");
    assert_eq!(of(enabled(), json!({}), written(json!(["proxy", "router"]))), "gateway default");
    assert_eq!(of(json!({}), json!({}), written(json!(["proxy", "sidecar"]))), "sidecar");
    assert_eq!(of(json!({}), json!({}), written(json!(["proxy", "router"]))), "gateway");
    assert_eq!(of(enabled(), json!({"annotations": status}), written(json!(["proxy", "sidecar"]))), "sidecar default", "kube-injected once");
    let off = json!({"labels": {"sidecar.istio.io/inject": "false"}, "annotations": status});
    assert_eq!(of(enabled(), off, written(json!(["proxy", "sidecar"]))), "sidecar", "kube-injected, and now left alone");
    let auto = json!({"containers": [{"name": "istio-proxy", "image": "auto"}]});
    assert_eq!(of(json!({}), json!({}), auto), "none", "a place to be filled that nobody fills");
}

#[test]
fn ambient_follows_the_selectors_that_istio_cni_is_given() {
    let selectors = "- podSelector: {matchLabels: {mesh: 'yes'}}\n- namespaceSelector: {matchLabels: {zone: meshed}}\n  podSelector:\n    \
        matchExpressions: [{key: mesh, operator: NotIn, values: ['no']}]\n";
    let cni = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "istio-system", "name": "istio-cni-config"}, "data": data});
    let of = |namespace: Value, labels: Value| {
        let cluster = Cluster::new(&["default"]).with(cni(json!({"AMBIENT_ENABLEMENT_SELECTOR": selectors}))).namespace(namespace);
        cluster.template(json!({"labels": labels}), json!({})).intended().0
    };
    assert_eq!(of(json!({}), json!({"mesh": "yes"})), "ambient");
    assert_eq!(of(json!({}), json!({"istio.io/dataplane-mode": "ambient"})), "none", "the default label means nothing then");
    assert_eq!([of(json!({"zone": "meshed"}), json!({})), of(json!({"zone": "meshed"}), json!({"mesh": "no"}))], ["ambient", "none"]);
    let off = Cluster::new(&["default"]).with(cni(json!({"AMBIENT_ENABLED": "false"}))).namespace(json!({"istio.io/dataplane-mode": "ambient"}));
    assert_eq!(off.template(json!({}), json!({})).intended().0, "none");
}
