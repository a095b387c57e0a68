//! `proxy diff`: saved answers against manifests, and a pod against its cluster.

use serde_json::{Value, json};

use crate::apiserver::ws::Port;
use crate::cluster::TestCluster;
use crate::mesh::{run, said};

const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: cart}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}, {name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: outside}
spec: {type: ExternalName, externalName: example.com, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: hidden, annotations: {networking.istio.io/exportTo: '~'}}
spec: {selector: {app: hidden}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: cart}
spec: {template: {metadata: {labels: {app: cart}}, spec: {serviceAccountName: cart, containers: [{name: app, ports: [{containerPort: 8080}]}]}}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {namespace: shop, name: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {namespace: shop, name: cart}
spec: {selector: {matchLabels: {app: cart}}, rules: [{to: [{operation: {methods: [GET]}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {namespace: shop, name: nothing}
spec: {selector: {matchLabels: {app: cart}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {namespace: shop, name: cart}
spec: {host: cart, subsets: [{name: v1, labels: {version: v1}}]}
";

/// A listener for port 8080 of the pod, with a chain for each of these transports, and the policies of these names in force.
fn inbound(transports: &[&str], policies: &[&str]) -> Value {
    let typed = |kind: &str, mut fields: Value| {
        fields["@type"] = format!("type.googleapis.com/envoy.extensions.{kind}").into();
        fields
    };
    let policies: serde_json::Map<String, Value> = policies.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    let rbac = json!({"name": "rbac", "typed_config": typed("filters.http.rbac.v3.RBAC", json!({"rules": {"policies": policies}}))});
    let http = typed("filters.network.http_connection_manager.v3.HttpConnectionManager", json!({"http_filters": [rbac]}));
    let chain = |transport: &&str| {
        let mut chain = json!({"filter_chain_match": {"destination_port": 8080, "transport_protocol": transport}, "filters": [{"name": "x", "typed_config": http}]});
        if *transport == "tls" {
            let tls = typed("transport_sockets.tls.v3.DownstreamTlsContext", json!({"require_client_certificate": true}));
            chain["transport_socket"] = json!({"name": "tls", "typed_config": tls});
        }
        chain
    };
    let chains: Vec<Value> = transports.iter().map(chain).collect();
    json!({"name": "virtualInbound", "active_state": {"listener": {"name": "virtualInbound", "filter_chains": chains}}})
}

fn dump(clusters: &[&str], listeners: &[Value]) -> String {
    let clusters: Vec<Value> = clusters.iter().map(|name| json!({"cluster": {"name": name}})).collect();
    let node = json!({"id": "sidecar~10.1.2.3~cart-6d5f-x2v9k.shop~shop.svc.cluster.local", "metadata": {"WORKLOAD_NAME": "cart"}});
    json!({"configs": [{"bootstrap": {"node": node}}, {"dynamic_active_clusters": clusters}, {"dynamic_listeners": listeners}]}).to_string()
}

const CLUSTERS: [&str; 2] = ["outbound|80||cart.shop.svc.cluster.local", "outbound|80|v1|cart.shop.svc.cluster.local"];
const POLICY: &str = "ns[shop]-policy[cart]-rule[0]";

fn diff(manifests: &str, dump: &str, args: &[&str]) -> (i32, String, String) {
    let all = [&["proxy", "diff", "--config-dump", "dump.json", "-f", "shop.yaml"], args].concat();
    run(&[("shop.yaml", manifests.as_bytes()), ("dump.json", dump.as_bytes())], &all)
}

#[test]
fn a_proxy_that_has_what_it_should_agrees_and_says_what_was_not_compared() {
    let (code, out, err) = diff(SHOP, &dump(&CLUSTERS, &[inbound(&["tls"], &[POLICY])]), &[]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("✔ The proxy of deployment/cart") || out.starts_with("✔ The proxy of Deployment shop/cart"), "{out}");
    assert!(out.contains("✔ 1 port, 1 policy, 2 clusters as expected") && out.contains("not compared"), "{out}");
}

#[test]
fn encryption_policies_clusters_and_subsets_that_differ_are_told_with_their_object() {
    let dump = dump(&["outbound|80||cart.shop.svc.cluster.local"], &[inbound(&["tls", "raw_buffer"], &["ns[shop]-policy[old]-rule[0]"])]);
    let (code, out, _) = diff(SHOP, &dump, &["-o", "json"]);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&out).unwrap();
    let rows = report["differences"].as_array().unwrap();
    let told: Vec<String> = rows.iter().map(|row| format!("{} {}", row["type"].as_str().unwrap(), row["at"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            "missing AuthorizationPolicy shop/cart",
            "missing cluster outbound|80|v1|cart.shop.svc.cluster.local",
            "unexpected AuthorizationPolicy shop/old",
            "encryption port 8080"
        ]
    );
    assert_eq!(rows[3]["because"].as_array().unwrap().last().unwrap()["object"]["kind"], "PeerAuthentication");
    let text = diff(SHOP, &dump, &[]).1;
    assert!(text.contains("accepts mutual TLS and plaintext, and should mutual TLS only") && text.contains("shop.yaml:"), "{text}");
}

#[test]
fn what_a_sidecar_object_hides_is_not_missing_and_its_ingress_is_not_compared() {
    let sidecar = "---\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {namespace: shop, name: s}\nspec: {egress: [{hosts: ['other/*']}], ingress: [{port: {number: 8080}}]}\n";
    let (code, out, _) = diff(&format!("{SHOP}{sidecar}"), &dump(&[], &[inbound(&["raw_buffer"], &[POLICY])]), &[]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Sidecar shop/s has ingress listeners of its own"), "{out}");
}

#[test]
fn what_was_refused_leads_to_the_envoy_filter_that_added_it() {
    let filter = "---\napiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {namespace: shop, name: lua}\nspec: {configPatches: [{applyTo: CLUSTER}, {applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {name: shop.lua}}}]}\n";
    let refused = json!({"error_state": {"failed_configuration": {"name": "0.0.0.0_80"}, "details": "no implementation for 'shop.lua'"}});
    let (code, out, _) = diff(&format!("{SHOP}{filter}"), &dump(&CLUSTERS, &[inbound(&["tls"], &[POLICY]), refused]), &[]);
    assert_eq!(code, 1);
    assert!(out.contains("✖ listener 0.0.0.0_80   rejected: no implementation for 'shop.lua'"), "{out}");
    assert!(out.contains("EnvoyFilter shop/lua  spec.configPatches[1]") && out.contains("what these change: EnvoyFilter shop/lua"), "{out}");
}

#[test]
fn answers_of_a_workload_that_is_not_there_ask_whose_they_are() {
    let other = dump(&CLUSTERS, &[]).replace("\"cart\"", "\"nobody\"");
    let (code, _, err) = diff(SHOP, &other, &[]);
    assert_eq!(code, 2);
    assert!(err.contains("proxy diff deploy/NAME"), "{err}");
    let named = run(
        &[("shop.yaml", SHOP.as_bytes()), ("dump.json", other.as_bytes())],
        &["proxy", "diff", "deploy/cart", "--config-dump", "dump.json", "-f", "shop.yaml", "-n", "shop"],
    );
    assert_eq!(named.0, 0, "{named:?}");
}

#[test]
fn a_running_pod_is_compared_with_its_cluster_and_what_was_deleted_is_unexpected() {
    let cluster = TestCluster::standin();
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}");
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {namespace: istio-system, name: istiod, labels: {app: istiod, istio.io/rev: default}}, spec: {containers: [{name: discovery, image: 'istio/pilot:1.27.1'}]}, status: {phase: Running}}");
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: cart, labels: {app: cart}, annotations: {sidecar.istio.io/status: '{}'}}, spec: {containers: [{name: istio-proxy, image: 'istio/proxyv2:1.27.1'}, {name: app, image: a, ports: [{containerPort: 8080}]}]}, status: {phase: Running}}");
    cluster.apply("{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: cart}, spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}}");
    let made = json!({"filter_metadata": {"istio": {"config": "/apis/networking.istio.io/v1/namespaces/shop/virtual-service/gone"}}});
    let routes = json!({"dynamic_route_configs": [{"route_config": {"name": "80", "virtual_hosts": [{"routes": [{"match": {"prefix": "/"}, "metadata": made}]}]}}]});
    let whole: Value = serde_json::from_str(&dump(&[], &[inbound(&["tls", "raw_buffer"], &[])])).unwrap();
    let masked = json!({"configs": [whole["configs"][0], whole["configs"][2], routes]});
    let active = json!({"configs": [{"cluster": {"name": CLUSTERS[0]}}, {"cluster": {"name": "outbound|80|v9|cart.shop.svc.cluster.local"}}]});
    let fields = "mask=cluster.name,cluster.type,cluster.cluster_type,cluster.metadata,last_updated";
    let pages = [
        ("/config_dump?mask=bootstrap,dynamic_listeners,static_listeners,dynamic_route_configs,static_route_configs".to_owned(), masked),
        (format!("/config_dump?resource=dynamic_active_clusters&{fields}"), active),
    ];
    let port = Port::Http(pages.into_iter().map(|(path, body)| (path, (200, body.to_string()))).collect());
    cluster.server().script(|scripts| scripts.set_port("shop", "cart", 15000, port));
    let (code, out, err) = said(&cluster.mesh(["proxy", "diff", "cart", "-n", "shop"]).output().unwrap());
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("VirtualService shop/gone   routes of the proxy were made of it"), "{out}");
    assert!(out.contains("subset v9 of cart.shop.svc.cluster.local"), "{out}");
    assert!(out.contains("✔ 1 port, 1 cluster as expected"), "{out}");
}
