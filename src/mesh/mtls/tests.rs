//! Each line of the semantics once: who decides, what is sent, what becomes of it.

use serde_json::{Value, json};

use super::{Client, Edge, Level, Mtls, Outcome, ServerMode};
use crate::index::Index;
use crate::mesh::istio::Istio;
use crate::mesh::linkerd::Linkerd;
use crate::mesh::testing::World;
use crate::mesh::{Cache, MeshView, resolve};
use crate::model::{Coverage, Inventory, Item, Kind};

const ISTIO: &str = r#"{"sidecar.istio.io/status": "{}"}"#;

/// Objects that tests put together, as JSON.
#[derive(Clone, Default)]
struct Objects(Vec<String>);

impl Objects {
    /// A namespace `shop` with server `cart` and one `front` with client `web`, both with sidecars; `legacy` with client `batch` without.
    fn istio() -> Self {
        let sidecar = json!({"labels": {"security.istio.io/tlsMode": "istio"}, "proxy": "istio-proxy"});
        Self::default().server(&sidecar).client("front", "web", &sidecar).client("legacy", "batch", &json!({}))
    }

    /// The same with Linkerd's proxies.
    fn linkerd() -> Self {
        let proxy = json!({"labels": {"linkerd.io/control-plane-ns": "linkerd"}, "proxy": "linkerd-proxy"});
        Self::default().server(&proxy).client("front", "web", &proxy).client("legacy", "batch", &json!({}))
    }

    fn server(self, how: &Value) -> Self {
        let ports = json!([{"name": "http", "port": 80, "targetPort": 8080}, {"name": "tcp", "port": 9090}, {"name": "https", "port": 443, "targetPort": 8443}]);
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "cart"},
            "spec": {"clusterIP": "10.96.0.1", "selector": {"app": "cart"}, "ports": ports}});
        self.client("shop", "cart", how).and(service)
    }

    /// A workload of one running pod.
    fn client(self, namespace: &str, name: &str, how: &Value) -> Self {
        self.and(pod(namespace, name, "a", how))
    }

    fn and(mut self, object: Value) -> Self {
        self.0.push(object.to_string());
        self
    }

    fn policy(self, api: &str, kind: &str, namespace: &str, name: &str, spec: Value) -> Self {
        self.and(json!({"apiVersion": api, "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec}))
    }

    fn peer(self, namespace: &str, name: &str, spec: Value) -> Self {
        self.policy("security.istio.io/v1", "PeerAuthentication", namespace, name, spec)
    }

    fn rule(self, namespace: &str, spec: Value) -> Self {
        self.policy("networking.istio.io/v1", "DestinationRule", namespace, "cart", spec)
    }

    fn mesh_config(self, text: &str) -> Self {
        self.and(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "istio-system", "name": "istio"}, "data": {"mesh": text}}))
    }

    fn world(&self) -> World {
        World::new(&self.0.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn mode(&self, port: u16) -> (ServerMode, Level) {
        let world = self.world();
        let view = world.view();
        let mode = Mtls::new(view).mode(view.index.workload("shop", "cart", None).unwrap(), port);
        (mode.mode, mode.level)
    }

    fn whole_edge(&self, client: (&str, &str), to: &str, port: u16, subset: Option<&str>) -> Edge {
        let world = self.world();
        let view = world.view();
        let workload = view.index.workload(client.0, client.1, None).unwrap();
        let name = resolve::name(view, client.0, to);
        Mtls::new(view).edge(Client::Workload(workload), &name, port, subset)
    }

    /// What becomes of calls of the client with a proxy.
    fn edge(&self, port: u16) -> Outcome {
        self.whole_edge(("front", "web"), "cart.shop", port, None).outcome
    }

    /// What becomes of calls of the client without one.
    fn plain(&self, port: u16) -> Outcome {
        self.whole_edge(("legacy", "batch"), "cart.shop", port, None).outcome
    }
}

fn pod(namespace: &str, name: &str, suffix: &str, how: &Value) -> Value {
    let mut labels = how["labels"].clone();
    if labels.is_null() {
        labels = json!({});
    }
    labels["app"] = name.into();
    let mut annotations: Value = if how["proxy"] == "istio-proxy" { serde_json::from_str(ISTIO).unwrap() } else { json!({}) };
    for (key, value) in how["annotations"].as_object().into_iter().flatten() {
        annotations[key] = value.clone();
    }
    let mut containers = vec![json!({"name": "app", "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9090}]})];
    if let Some(proxy) = how["proxy"].as_str() {
        containers.push(json!({"name": proxy, "image": format!("{proxy}:1")}));
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": format!("{name}-1-{suffix}"), "labels": labels,
            "annotations": annotations, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name, "controller": true}]},
        "spec": {"serviceAccountName": name, "containers": containers}, "status": {"phase": "Running", "podIP": "10.1.0.1"}})
}

fn strict() -> Value {
    json!({"mtls": {"mode": "STRICT"}})
}

fn tls(mode: &str) -> Value {
    json!({"host": "cart.shop.svc.cluster.local", "trafficPolicy": {"tls": {"mode": mode}}})
}

#[test]
fn by_default_the_meshed_encrypt_and_everybody_is_let_in() {
    let objects = Objects::istio();
    assert_eq!(objects.mode(8080), (ServerMode::Permissive, Level::Default));
    assert_eq!((objects.edge(80), objects.plain(80), objects.plain(443)), (Outcome::MutualTls, Outcome::Plaintext, Outcome::AppTls));
}

#[test]
fn strict_refuses_those_without_a_proxy() {
    let objects = Objects::istio().peer("shop", "default", strict());
    assert_eq!(objects.mode(8080), (ServerMode::Strict, Level::Namespace));
    assert_eq!((objects.edge(80), objects.plain(80), objects.plain(443)), (Outcome::MutualTls, Outcome::Broken, Outcome::Broken));
}

#[test]
fn a_port_of_the_workloads_policy_is_decided_by_itself() {
    let spec = json!({"selector": {"matchLabels": {"app": "cart"}}, "mtls": {"mode": "STRICT"}, "portLevelMtls": {"9090": {"mode": "DISABLE"}}});
    let objects = Objects::istio().peer("shop", "cart", spec);
    assert_eq!((objects.mode(8080).1, objects.mode(9090)), (Level::Workload, (ServerMode::Disable, Level::Port)));
    assert_eq!((objects.edge(80), objects.edge(9090)), (Outcome::MutualTls, Outcome::Plaintext));
}

#[test]
fn clients_go_by_the_namespace_and_not_by_the_workload() {
    let own = json!({"selector": {"matchLabels": {"app": "cart"}}, "mtls": {"mode": "STRICT"}});
    let objects = Objects::istio().peer("shop", "default", json!({"mtls": {"mode": "DISABLE"}})).peer("shop", "cart", own);
    assert_eq!(objects.edge(80), Outcome::Broken);
    assert_eq!(objects.rule("front", tls("ISTIO_MUTUAL")).edge(80), Outcome::MutualTls);
}

#[test]
fn policies_that_lose_to_an_older_one_are_named() {
    let objects = Objects::istio().peer("shop", "a", strict()).peer("shop", "b", json!({"mtls": {"mode": "DISABLE"}}));
    let world = objects.world();
    let view = world.view();
    let mode = Mtls::new(view).mode(view.index.workload("shop", "cart", None).unwrap(), 8080);
    let losing: Vec<String> = mode.losing.iter().filter_map(|e| Some(e.object.as_ref()?.to_string())).collect();
    assert_eq!((mode.mode, losing), (ServerMode::Strict, vec!["PeerAuthentication shop/b".to_owned()]));
}

#[test]
fn ports_that_pods_keep_from_the_sidecar_are_outside() {
    for (annotation, value) in [
        ("traffic.sidecar.istio.io/excludeInboundPorts", "15020, 9090"),
        ("traffic.sidecar.istio.io/includeInboundPorts", "8080"),
        ("sidecar.istio.io/interceptionMode", "NONE"),
    ] {
        let how = json!({"labels": {"security.istio.io/tlsMode": "istio"}, "proxy": "istio-proxy", "annotations": {annotation: value}});
        let objects = Objects::default().server(&how).client("front", "web", &json!({"proxy": "istio-proxy"})).client("legacy", "batch", &json!({}));
        let objects = objects.peer("shop", "default", strict());
        assert_eq!(objects.mode(9090), (ServerMode::None, Level::Annotation), "{annotation}");
        assert_eq!(
            (objects.edge(9090), objects.plain(9090)),
            (Outcome::Broken, Outcome::Plaintext),
            "mutual TLS meets the application: {annotation}"
        );
    }
}

#[test]
fn ports_that_the_client_keeps_from_its_sidecar_go_out_as_they_are() {
    for (annotation, value, expected) in [
        ("traffic.sidecar.istio.io/excludeOutboundPorts", "80", Outcome::Plaintext),
        ("traffic.sidecar.istio.io/excludeOutboundPorts", "8080", Outcome::MutualTls),
        ("traffic.sidecar.istio.io/excludeOutboundIPRanges", "10.96.0.0/12", Outcome::Plaintext),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", "10.0.0.0/9", Outcome::MutualTls),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", "10.1.0.0/16", Outcome::Plaintext),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", "", Outcome::Plaintext),
    ] {
        let sidecar = json!({"labels": {"security.istio.io/tlsMode": "istio"}, "proxy": "istio-proxy"});
        let how = json!({"proxy": "istio-proxy", "annotations": {annotation: value}});
        assert_eq!(Objects::default().server(&sidecar).client("front", "web", &how).edge(80), expected, "{annotation}={value}");
    }
}

#[test]
fn a_rules_tls_meets_what_the_server_takes() {
    let to_default = |mode| Objects::istio().rule("shop", tls(mode));
    assert_eq!([80, 9090, 443].map(|p| to_default("DISABLE").edge(p)), [Outcome::Plaintext, Outcome::Plaintext, Outcome::AppTls]);
    assert_eq!([80, 9090].map(|p| to_default("SIMPLE").edge(p)), [Outcome::Broken, Outcome::AppTls], "an HTTP port takes no other TLS");
    assert_eq!(to_default("MUTUAL").edge(9090), Outcome::Plaintext, "without a certificate istiod makes no TLS of it");
    let to_strict = |mode| Objects::istio().peer("shop", "default", strict()).rule("shop", tls(mode));
    assert_eq!(["DISABLE", "SIMPLE", "ISTIO_MUTUAL"].map(|m| to_strict(m).edge(9090)), [Outcome::Broken, Outcome::Broken, Outcome::MutualTls]);
    let to_disabled = Objects::istio().peer("shop", "default", json!({"mtls": {"mode": "DISABLE"}})).rule("shop", tls("ISTIO_MUTUAL"));
    assert_eq!(to_disabled.edge(9090), Outcome::Broken);
}

#[test]
fn a_credential_is_for_gateways_and_for_rules_that_select() {
    let mut rule = tls("SIMPLE");
    rule["trafficPolicy"]["tls"]["credentialName"] = "ca".into();
    assert_eq!(Objects::istio().rule("front", rule.clone()).edge(9090), Outcome::Plaintext);
    rule["workloadSelector"] = json!({"matchLabels": {"app": "web"}});
    assert_eq!(Objects::istio().rule("front", rule).edge(9090), Outcome::AppTls);
}

#[test]
fn settings_of_a_port_replace_all_others_but_for_the_endpoints_mark() {
    let rule = |top: &str| {
        json!({"host": "cart.shop.svc.cluster.local", "trafficPolicy": {"tls": {"mode": top},
            "portLevelSettings": [{"port": {"number": 80}, "connectionPool": {}}, {"port": {"number": 9090}, "tls": {"mode": "DISABLE"}}]}})
    };
    assert_eq!([80, 9090].map(|p| Objects::istio().rule("shop", rule("ISTIO_MUTUAL")).edge(p)), [Outcome::MutualTls, Outcome::Plaintext]);
    assert_eq!(Objects::istio().rule("shop", rule("DISABLE")).edge(80), Outcome::Plaintext);
    let own = json!({"selector": {"matchLabels": {"app": "cart"}}, "mtls": {"mode": "DISABLE"}});
    let marked = Objects::istio().peer("shop", "cart", own).rule("shop", rule("ISTIO_MUTUAL"));
    assert_eq!(marked.edge(80), Outcome::Broken, "the mark asks for mutual TLS although the server's port is DISABLE");
}

#[test]
fn subsets_inherit_and_override() {
    let rule = json!({"host": "cart.shop.svc.cluster.local", "trafficPolicy": {"tls": {"mode": "DISABLE"}},
        "subsets": [{"name": "v1"}, {"name": "v2", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}]});
    let objects = Objects::istio().rule("shop", rule);
    let of = |subset| objects.whole_edge(("front", "web"), "cart.shop", 80, Some(subset)).outcome;
    assert_eq!(["v1", "v2", "v3"].map(of), [Outcome::Plaintext, Outcome::MutualTls, Outcome::Broken]);
}

#[test]
fn pods_that_differ_make_a_mixed_edge() {
    let objects = Objects::istio().and(pod("shop", "cart", "b", &json!({})));
    let edge = objects.whole_edge(("front", "web"), "cart.shop", 80, None);
    assert_eq!((edge.outcome, edge.parts.len()), (Outcome::Mixed, 2));
    assert_eq!(objects.plain(80), Outcome::Plaintext);
}

#[test]
fn without_an_endpoint_or_a_port_nothing_arrives() {
    assert_eq!(Objects::istio().edge(81), Outcome::Broken);
    let objects = Objects::istio().and(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "gone"},
        "spec": {"selector": {"app": "gone"}, "ports": [{"port": 80}]}}));
    assert_eq!(objects.whole_edge(("front", "web"), "gone.shop", 80, None).outcome, Outcome::Broken);
}

#[test]
fn a_service_without_a_selector_has_what_slices_list() {
    let objects = Objects::istio().and(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "manual"},
        "spec": {"ports": [{"port": 80}]}}));
    let edge = |objects: &Objects, from| objects.whole_edge(from, "manual.shop", 80, None).outcome;
    assert_eq!(edge(&objects, ("front", "web")), Outcome::Broken, "nothing is listed for it");
    let of = |annotations: Value| {
        objects.clone().and(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"namespace": "shop", "name": "manual-1", "labels": {"kubernetes.io/service-name": "manual"}, "annotations": annotations},
            "ports": [{"port": 8080}], "endpoints": [{"addresses": ["10.9.9.9"]}]}))
    };
    assert_eq!(edge(&of(json!({})), ("front", "web")), Outcome::Plaintext);
    let identity = json!({"mirror.linkerd.io/remote-gateway-identity": "gateway.linkerd-multicluster.serviceaccount.identity.linkerd.west.example"});
    let linkerd = Objects::linkerd();
    let mirrored = Objects(linkerd.0.into_iter().chain(of(identity).0.into_iter().rev().take(2)).collect());
    assert_eq!(edge(&mirrored, ("front", "web")), Outcome::MutualTls, "the other cluster's gateway answers");
    assert_eq!(edge(&mirrored, ("legacy", "batch")), Outcome::Plaintext);
}

#[test]
fn headless_services_are_all_or_nothing() {
    let headless = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "peers"},
        "spec": {"clusterIP": "None", "selector": {"app": "cart"}, "ports": [{"name": "tcp", "port": 9090}]}});
    let all = Objects::istio().and(headless.clone());
    let of = |objects: &Objects| objects.whole_edge(("front", "web"), "peers.shop", 9090, None).outcome;
    assert_eq!(of(&all), Outcome::MutualTls);
    let partly = all.and(pod("shop", "cart", "b", &json!({})));
    assert_eq!(of(&partly), Outcome::Plaintext, "one pod without a sidecar is enough");
}

#[test]
fn what_the_clients_sidecar_does_not_know_is_passed_on_or_refused() {
    let hidden = |spec: Value| Objects::istio().policy("networking.istio.io/v1", "Sidecar", "front", "default", spec);
    let own = json!({"egress": [{"hosts": ["./*"]}]});
    assert_eq!(hidden(own.clone()).edge(80), Outcome::Plaintext);
    assert_eq!(hidden(own.clone()).peer("shop", "default", strict()).edge(80), Outcome::Broken);
    assert_eq!(hidden(own.clone()).mesh_config("outboundTrafficPolicy: {mode: REGISTRY_ONLY}").edge(80), Outcome::Broken);
    let mut closed = own;
    closed["outboundTrafficPolicy"] = json!({"mode": "REGISTRY_ONLY"});
    assert_eq!(hidden(closed).edge(80), Outcome::Broken);
}

#[test]
fn hosts_outside_get_what_the_application_or_a_rule_sends() {
    let entry = |location: &str| {
        json!({"hosts": ["api.example.com"], "location": location, "resolution": "DNS",
            "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}, {"number": 443, "name": "tls", "protocol": "TLS"}],
            "endpoints": [{"address": "203.0.113.9", "labels": {"security.istio.io/tlsMode": "istio"}}]})
    };
    let objects = |location: &str| Objects::istio().policy("networking.istio.io/v1", "ServiceEntry", "front", "api", entry(location));
    let of = |objects: &Objects, port| objects.whole_edge(("front", "web"), "api.example.com", port, None).outcome;
    assert_eq!([80, 443].map(|p| of(&objects("MESH_EXTERNAL"), p)), [Outcome::Plaintext, Outcome::AppTls]);
    assert_eq!(of(&objects("MESH_INTERNAL"), 80), Outcome::MutualTls);
    let origination = json!({"host": "api.example.com", "trafficPolicy": {"tls": {"mode": "SIMPLE"}}});
    assert_eq!(of(&objects("MESH_EXTERNAL").rule("front", origination), 80), Outcome::AppTls);
    assert_eq!(of(&Objects::istio(), 80), Outcome::Plaintext, "nothing declares it");
    assert_eq!(of(&Objects::istio().mesh_config("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"), 80), Outcome::Broken);
}

/// A server of ambient mode, clients of both kinds.
fn ambient() -> Objects {
    let captured = json!({"annotations": {"ambient.istio.io/redirection": "enabled"}});
    Objects::default()
        .server(&captured)
        .client("zone", "job", &captured)
        .client("front", "web", &json!({"labels": {"security.istio.io/tlsMode": "istio"}, "proxy": "istio-proxy"}))
        .client("legacy", "batch", &json!({}))
}

#[test]
fn ztunnel_encrypts_whatever_rules_say() {
    let objects = ambient().rule("shop", tls("DISABLE")).peer("shop", "default", json!({"mtls": {"mode": "DISABLE"}}));
    assert_eq!((objects.mode(8080).0, objects.edge(80)), (ServerMode::Permissive, Outcome::MutualTls));
    assert_eq!(objects.whole_edge(("zone", "job"), "cart.shop", 80, None).outcome, Outcome::MutualTls);
    assert_eq!(ambient().peer("shop", "default", strict()).plain(80), Outcome::Broken);
}

#[test]
fn ztunnel_reaches_a_sidecar_that_takes_no_tunnel_in_plaintext() {
    let captured = json!({"annotations": {"ambient.istio.io/redirection": "enabled"}});
    let from_ambient = |labels: Value| {
        let server = json!({"labels": labels, "proxy": "istio-proxy"});
        let objects = Objects::default().server(&server).client("zone", "job", &captured).peer("shop", "default", strict());
        objects.whole_edge(("zone", "job"), "cart.shop", 80, None).outcome
    };
    assert_eq!(from_ambient(json!({"security.istio.io/tlsMode": "istio"})), Outcome::Broken);
    assert_eq!(from_ambient(json!({"security.istio.io/tlsMode": "istio", "networking.istio.io/tunnel": "http"})), Outcome::MutualTls);
}

#[test]
fn three_forms_of_port_settings_fail_open_in_ambient() {
    let cart = |mode: &str, ports: Value| {
        let mut spec = json!({"selector": {"matchLabels": {"app": "cart"}}, "portLevelMtls": ports});
        if !mode.is_empty() {
            spec["mtls"] = json!({"mode": mode});
        }
        spec
    };
    let mesh = || ambient().peer("istio-system", "mesh", strict());
    let open = mesh().peer("shop", "cart", cart("PERMISSIVE", json!({"9090": {"mode": "STRICT"}})));
    assert_eq!(open.mode(9090).0, ServerMode::Permissive, "mesh STRICT, workload PERMISSIVE, one STRICT port");
    let unset = json!({"mtls": {"mode": "UNSET"}});
    let open = mesh().peer("shop", "default", unset).peer("shop", "cart", cart("", json!({"9090": {"mode": "PERMISSIVE"}})));
    assert_eq!(
        [8080, 9090].map(|p| open.mode(p).0),
        [ServerMode::Permissive; 2],
        "mesh STRICT, namespace UNSET, workload UNSET, one PERMISSIVE port"
    );
    let own = json!({"selector": {}, "mtls": {"mode": "STRICT"}});
    let open = ambient().peer("shop", "default", own).peer("shop", "cart", cart("", json!({"9090": {"mode": "PERMISSIVE"}})));
    assert_eq!([8080, 9090].map(|p| open.mode(p).0), [ServerMode::Permissive; 2], "namespace STRICT written with an empty selector");
    let closed = ambient().peer("shop", "default", strict()).peer("shop", "cart", cart("", json!({"9090": {"mode": "PERMISSIVE"}})));
    assert_eq!([8080, 9090].map(|p| closed.mode(p).0), [ServerMode::Strict, ServerMode::Permissive], "as it is written");
    let alone = ambient().peer("shop", "default", strict()).peer("shop", "cart", cart("", json!({"9090": {"mode": "DISABLE"}})));
    assert_eq!(alone.mode(9090).0, ServerMode::Strict, "a DISABLE port alone is passed over");
}

#[test]
fn linkerd_encrypts_where_both_have_its_proxy() {
    let objects = Objects::linkerd();
    assert_eq!(objects.mode(8080), (ServerMode::Permissive, Level::Default));
    assert_eq!((objects.edge(80), objects.edge(443), objects.plain(80)), (Outcome::MutualTls, Outcome::MutualTls, Outcome::Plaintext));
}

/// Linkerd's server with annotations, clients as ever.
fn linkerd_server(annotations: Value) -> Objects {
    let labels = json!({"linkerd.io/control-plane-ns": "linkerd"});
    let server = json!({"labels": labels, "proxy": "linkerd-proxy", "annotations": annotations});
    Objects::default().server(&server).client("front", "web", &json!({"labels": labels, "proxy": "linkerd-proxy"})).client(
        "legacy",
        "batch",
        &json!({}),
    )
}

#[test]
fn linkerds_default_policy_is_the_pods() {
    for (policy, mode, edge, plain) in [
        ("all-authenticated", ServerMode::Strict, Outcome::MutualTls, Outcome::Broken),
        ("cluster-unauthenticated", ServerMode::Permissive, Outcome::MutualTls, Outcome::Plaintext),
        ("deny", ServerMode::Strict, Outcome::Broken, Outcome::Broken),
        ("audit", ServerMode::Permissive, Outcome::MutualTls, Outcome::Plaintext),
        ("nonsense", ServerMode::Permissive, Outcome::MutualTls, Outcome::Plaintext),
    ] {
        let objects = linkerd_server(json!({"config.linkerd.io/default-inbound-policy": policy}));
        assert_eq!((objects.mode(8080).0, objects.edge(80), objects.plain(80)), (mode, edge, plain), "{policy}");
    }
    let required = linkerd_server(json!({"config.linkerd.io/proxy-require-identity-inbound-ports": "8080"}));
    assert_eq!((required.mode(8080), required.mode(9090).0), ((ServerMode::Strict, Level::Annotation), ServerMode::Permissive));
}

#[test]
fn ports_that_linkerd_skips_are_plaintext() {
    let skipped = linkerd_server(json!({"config.linkerd.io/skip-inbound-ports": "9000-9100"}));
    assert_eq!(skipped.mode(9090), (ServerMode::Disable, Level::Annotation));
    assert_eq!((skipped.edge(9090), skipped.edge(80)), (Outcome::Plaintext, Outcome::MutualTls));
    let labels = json!({"linkerd.io/control-plane-ns": "linkerd"});
    let client = json!({"labels": labels, "proxy": "linkerd-proxy", "annotations": {"config.linkerd.io/skip-outbound-ports": "80"}});
    let objects = Objects::default().server(&json!({"labels": labels, "proxy": "linkerd-proxy"})).client("front", "web", &client);
    assert_eq!((objects.edge(80), objects.edge(9090)), (Outcome::Plaintext, Outcome::MutualTls));
}

#[test]
fn servers_of_another_control_plane_or_mesh_get_plaintext() {
    let other = json!({"labels": {"linkerd.io/control-plane-ns": "other"}, "proxy": "linkerd-proxy"});
    let own = json!({"labels": {"linkerd.io/control-plane-ns": "linkerd"}, "proxy": "linkerd-proxy"});
    assert_eq!(Objects::default().server(&other).client("front", "web", &own).edge(80), Outcome::Plaintext);
    let istio = json!({"labels": {"security.istio.io/tlsMode": "istio"}, "proxy": "istio-proxy"});
    assert_eq!(Objects::default().server(&istio).client("front", "web", &own).edge(80), Outcome::Plaintext);
    assert_eq!(Objects::default().server(&own).client("front", "web", &istio).edge(80), Outcome::Plaintext);
    let mutual = Objects::default().server(&own).client("front", "web", &istio).rule("front", tls("ISTIO_MUTUAL"));
    assert_eq!(mutual.edge(80), Outcome::Broken, "Linkerd's proxy does not answer Istio's mutual TLS");
}

#[test]
fn a_server_object_lets_in_whom_its_authorizations_name() {
    let policy = "policy.linkerd.io/v1alpha1";
    let server = |objects: Objects, access: Value| {
        let mut spec = json!({"podSelector": {"matchLabels": {"app": "cart"}}, "port": 8080});
        spec["accessPolicy"] = access;
        objects.policy("policy.linkerd.io/v1beta3", "Server", "shop", "cart", spec)
    };
    let closed = server(Objects::linkerd(), Value::Null);
    assert_eq!((closed.mode(8080), closed.edge(80), closed.plain(80)), ((ServerMode::Strict, Level::Server), Outcome::Broken, Outcome::Broken));
    assert_eq!(closed.mode(9090).1, Level::Default, "the Server is for one port");
    let refs = json!([{"group": "policy.linkerd.io", "kind": "MeshTLSAuthentication", "name": "web"}]);
    let grant = json!({"targetRef": {"group": "policy.linkerd.io", "kind": "Server", "name": "cart"}, "requiredAuthenticationRefs": refs});
    let named = |identity: &str| {
        let authentication = json!({"identities": [identity]});
        let objects = closed.clone().policy(policy, "MeshTLSAuthentication", "shop", "web", authentication);
        objects.policy(policy, "AuthorizationPolicy", "shop", "web", grant.clone()).edge(80)
    };
    assert_eq!(named("web.front.serviceaccount.identity.linkerd.cluster.local"), Outcome::MutualTls);
    assert_eq!(named("*.shop.serviceaccount.identity.linkerd.cluster.local"), Outcome::Broken);
    assert_eq!(server(Objects::linkerd(), "all-unauthenticated".into()).mode(8080), (ServerMode::Permissive, Level::Server));
}

#[test]
fn what_was_not_read_is_not_known() {
    let mut inventory = Inventory { scope: ["shop".into()].into(), ..Inventory::default() };
    for text in &Objects::istio().0 {
        let value: Value = serde_json::from_str(text).unwrap();
        let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
        inventory.push(Item::from_value(kind, value).unwrap());
    }
    inventory.coverage = Kind::ALL.iter().map(|k| (*k, Coverage::Complete)).collect();
    let index = Index::new(inventory);
    let (istio, linkerd, cache) = (Istio::open(&index), Linkerd::open(&index), Cache::default());
    let view = MeshView { index: &index, istio: &istio, linkerd: &linkerd, cache: &cache };
    let mode = Mtls::new(view).mode(index.workload("shop", "cart", None).unwrap(), 8080);
    assert_eq!((mode.mode, mode.gap.map(|g| g.namespace().to_owned())), (ServerMode::Unknown, Some("istio-system".to_owned())));
}

proptest::proptest! {
    /// Making a namespace STRICT never lets in more, and never changes what the meshed encrypt among themselves.
    #[test]
    fn strict_only_takes_away(rule in proptest::option::of("DISABLE|SIMPLE|ISTIO_MUTUAL"), port in proptest::sample::select(vec![80u16, 9090, 443]), mixed: bool) {
        let mut objects = Objects::istio();
        if mixed {
            objects = objects.and(pod("shop", "cart", "b", &json!({})));
        }
        if let Some(rule) = rule {
            objects = objects.rule("shop", tls(&rule));
        }
        let before = [objects.edge(port), objects.plain(port)];
        let after = { let strict = objects.peer("shop", "default", strict()); [strict.edge(port), strict.plain(port)] };
        for (before, after) in before.into_iter().zip(after) {
            let allowed = after == before || matches!(after, Outcome::Broken | Outcome::Mixed);
            proptest::prop_assert!(allowed, "{before:?} became {after:?}");
            proptest::prop_assert!(before != Outcome::MutualTls || after == Outcome::MutualTls);
        }
    }

    /// The order of objects in files does not matter.
    #[test]
    fn order_does_not_matter(turn in 0usize..6, port in proptest::sample::select(vec![80u16, 9090])) {
        let objects = Objects::istio().peer("shop", "a", strict()).peer("shop", "b", json!({"mtls": {"mode": "DISABLE"}})).rule("front", tls("ISTIO_MUTUAL"));
        let mut turned = objects.clone();
        let by = turn % turned.0.len();
        turned.0.rotate_left(by);
        proptest::prop_assert_eq!(objects.edge(port), turned.edge(port));
        proptest::prop_assert_eq!(objects.mode(8080), turned.mode(8080));
    }
}

#[test]
fn a_mode_that_istio_does_not_know_is_none_of_its_modes() {
    let unknown = |objects: &Objects| (objects.edge(80), objects.mode(8080).0);
    let rule = Objects::istio().rule("shop", tls("Simple"));
    assert_eq!(unknown(&rule), (Outcome::Unknown, ServerMode::Permissive), "istiod cannot read the client's rule");
    let port = json!({"host": "cart", "trafficPolicy": {"portLevelSettings": [{"port": {"number": 81}, "tls": {"mode": "OFF"}}]}});
    assert_eq!(Objects::istio().rule("shop", port).edge(80), Outcome::Unknown, "nor anything else of it");
    let peer = |namespace: &str, spec: Value| unknown(&Objects::istio().peer(namespace, "p", spec));
    let strict = |app: &str| json!({"selector": {"matchLabels": {"app": app}}, "mtls": {"mode": "strict"}});
    assert_eq!(peer("shop", json!({"mtls": {"mode": "strict"}})), (Outcome::Unknown, ServerMode::Unknown));
    assert_eq!(peer("istio-system", json!({"mtls": {"mode": "strict"}})), (Outcome::Unknown, ServerMode::Unknown));
    assert_eq!(peer("shop", strict("cart")), (Outcome::Unknown, ServerMode::Unknown));
    assert_eq!(peer("shop", strict("other")), (Outcome::MutualTls, ServerMode::Permissive), "it is for other pods");
    assert_eq!(peer("front", json!({"mtls": {"mode": "strict"}})), (Outcome::MutualTls, ServerMode::Permissive));
}

#[test]
fn a_subset_has_the_pods_with_its_labels() {
    let sidecar = json!({"labels": {"security.istio.io/tlsMode": "istio", "version": "v1"}, "proxy": "istio-proxy"});
    let objects =
        Objects::default().server(&sidecar).client("front", "web", &sidecar).and(pod("shop", "cart", "b", &json!({"labels": {"version": "v2"}})));
    let subset = |version: &str| json!({"name": version, "labels": {"version": version}});
    let objects = objects.rule("shop", json!({"host": "cart", "subsets": [subset("v1"), subset("v2"), subset("v3")]}));
    let edge = |subset| objects.whole_edge(("front", "web"), "cart.shop", 80, subset).outcome;
    assert_eq!([edge(None), edge(Some("v1")), edge(Some("v2"))], [Outcome::Mixed, Outcome::MutualTls, Outcome::Plaintext]);
    assert_eq!([edge(Some("v3")), edge(Some("v4"))], [Outcome::Broken, Outcome::Broken], "no pod, no subset");
}

/// istiod makes rules of BackendTLSPolicies, for sidecars too.
#[test]
fn a_backend_tls_policy_starts_tls_where_no_rule_of_the_users_says_otherwise() {
    let backend = |section: Option<&str>| {
        let mut target = json!({"group": "", "kind": "Service", "name": "cart"});
        if let Some(section) = section {
            target["sectionName"] = section.into();
        }
        let spec = json!({"targetRefs": [target], "validation": {"hostname": "cart", "wellKnownCACertificates": "System"}});
        Objects::istio().policy("gateway.networking.k8s.io/v1", "BackendTLSPolicy", "shop", "tls", spec)
    };
    let edges = |objects: &Objects| [objects.edge(80), objects.edge(9090)];
    use Outcome::{AppTls, Broken, MutualTls, Plaintext};
    // A port that is declared HTTP takes no other TLS than Istio's.
    assert_eq!(edges(&Objects::istio()), [MutualTls, MutualTls]);
    assert_eq!(edges(&backend(None)), [Broken, AppTls]);
    assert_eq!(edges(&backend(Some("tcp"))), [MutualTls, AppTls]);
    assert_eq!(edges(&backend(None).peer("shop", "default", strict())), [Broken, Broken]);
    assert_eq!(edges(&backend(None).rule("shop", tls("ISTIO_MUTUAL"))), [MutualTls, MutualTls], "the user's own comes first");
    assert_eq!(edges(&backend(Some("tcp")).rule("shop", tls("DISABLE"))), [Plaintext, AppTls], "that of a port before that of all");
    assert_eq!(edges(&backend(None).rule("front", tls("DISABLE"))), [Plaintext, Plaintext], "the client's namespace has a rule");
    assert_eq!(edges(&backend(None).rule("istio-system", tls("DISABLE"))), [Broken, AppTls], "the root's is hidden");
    let other = json!({"host": "cart.shop.svc.cluster.local", "trafficPolicy": {"connectionPool": {}}});
    assert_eq!(edges(&backend(None).rule("shop", other)), [Broken, AppTls], "what the user's rule leaves open");
    let edge = backend(None).whole_edge(("front", "web"), "cart.shop", 9090, None);
    assert!(edge.because.iter().any(|e| e.path.as_deref() == Some("spec.validation") && e.text.contains("SIMPLE")), "{:?}", edge.because);
}
