//! Twelve histories of onboardings that went wrong elsewhere, by what was learnt from them.

use serde_json::{Value, json};

use super::{behave, mesh, shop, template};
use crate::apiserver::machinery::{Behaviour, Injector};
use crate::cluster::TestCluster;

/// The pre-flight of the workload, as rows of id, verdict and text.
fn preflight(cluster: &TestCluster, args: &[&str]) -> Vec<(String, String, String)> {
    let (_, out, err) = mesh(cluster, &[&["onboard", "-n", "shop", "--dry-run=server", "-o", "json"], args].concat());
    let plan: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    plan["preflight"].as_array().unwrap().iter().map(|row| (text(&row["id"]), text(&row["verdict"]), text(&row["text"]))).collect()
}

fn has(rows: &[(String, String, String)], id: &str, verdict: &str) -> bool {
    rows.iter().any(|(i, v, _)| i == id && v == verdict)
}

/// A workload with this template, and its Service's ports.
fn workload(name: &str, metadata: &str, spec: &str) -> String {
    format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template: {{metadata: {{labels: {{app: {name}}}, annotations: {{{metadata}}}}}, spec: {{serviceAccountName: {name}, {spec}}}}}
"
    )
}

#[test]
fn l13702_pods_are_looked_at_one_by_one() {
    let cluster = shop(Injector::Linkerd, "");
    behave(&cluster, Behaviour { injector: Injector::Linkerd, ignored: true, ..Behaviour::default() });
    let (code, out, _) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--force", "rehearsal"]);
    assert!(code == 1 && out.contains("not in the mesh"), "{out}");
}

#[test]
fn l10817_i21147_an_injector_that_is_down_is_seen_before_pods_are_refused() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, down: true, ..Behaviour::default() });
    let rows = preflight(&cluster, &["-s", "cart"]);
    assert!(has(&rows, "injector-down", "block"), "{rows:?}");
}

#[test]
fn i35905_one_resource_annotation_of_the_sidecar_erases_the_others() {
    let spec = "containers: [{name: app, image: x}]";
    let cluster = shop(Injector::Istio, &workload("small", "sidecar.istio.io/proxyCPU: 50m", spec));
    assert!(has(&preflight(&cluster, &["-s", "small"]), "proxy-resources-replace", "block"));
    let all = "sidecar.istio.io/proxyCPU: 50m, sidecar.istio.io/proxyMemory: 64Mi, sidecar.istio.io/proxyCPULimit: '1', sidecar.istio.io/proxyMemoryLimit: 1Gi";
    let cluster = shop(Injector::Istio, &workload("small", all, spec));
    assert!(!has(&preflight(&cluster, &["-s", "small"]), "proxy-resources-replace", "block"));
}

#[test]
fn l2596_an_autoscaler_reckons_with_requests_that_linkerds_proxy_has_not() {
    let cluster = shop(Injector::Linkerd, "");
    cluster.server().plant_as("autoscaling", "horizontalpodautoscalers", json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "cart"}, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]}}));
    assert!(has(&preflight(&cluster, &["-s", "cart"]), "hpa-cpu", "step"));
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(template(&cluster, "cart")["annotations"]["config.linkerd.io/proxy-cpu-request"], "100m");
}

#[test]
fn i9332_l2750_a_quota_that_refuses_the_pod_is_found_by_rehearsing_it() {
    for injector in [Injector::Istio, Injector::Linkerd] {
        let cluster = shop(injector, "");
        behave(
            &cluster,
            Behaviour {
                injector,
                refuses: Some("failed quota: q: must specify limits.cpu"),
                refuses_rehearsed: true,
                revision: "default",
                ..Behaviour::default()
            },
        );
        assert!(has(&preflight(&cluster, &["-s", "cart"]), "quota", "block"));
    }
}

#[test]
fn i54968_pod_security_is_judged_by_the_server_and_not_by_guess() {
    let cluster = shop(Injector::Istio, "");
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline, team: shop}}}");
    let rows = preflight(&cluster, &["-s", "cart"]);
    assert!(has(&rows, "rehearsal", "ok") && !has(&rows, "pod-security", "block"), "the server took the pod: {rows:?}");
    behave(
        &cluster,
        Behaviour {
            injector: Injector::Istio,
            refuses: Some("violates PodSecurity \"baseline:latest\""),
            refuses_rehearsed: true,
            revision: "default",
            ..Behaviour::default()
        },
    );
    assert!(has(&preflight(&cluster, &["-s", "cart"]), "pod-security", "block"));
}

#[test]
fn i52765_probes_of_ambient_pods_come_from_an_address_that_policies_drop() {
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {matchLabels: {app: cart}}, policyTypes: [Ingress]}}";
    let cluster = shop(Injector::Istio, policy);
    let rows = preflight(&cluster, &["-s", "cart", "--mode", "ambient"]);
    assert!(rows.iter().any(|(id, _, text)| id == "probe-ambient" && text.contains("169.254.7.127")), "{rows:?}");
    assert!(!has(&preflight(&cluster, &["-s", "cart"]), "probe-ambient", "warn"), "sidecars have their probes rewritten");
}

#[test]
fn i48876_joining_ambient_cuts_connections() {
    let cluster = shop(Injector::Istio, "");
    assert!(has(&preflight(&cluster, &["-s", "cart", "--mode", "ambient"]), "live-connections", "warn"));
    assert!(!has(&preflight(&cluster, &["-s", "cart"]), "live-connections", "warn"));
}

#[test]
fn l12382_a_network_policy_has_to_open_the_proxys_ports() {
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {matchLabels: {app: cart}}, policyTypes: [Egress], egress: [{ports: [{port: 5432}]}]}}";
    let cluster = shop(Injector::Linkerd, policy);
    let rows = preflight(&cluster, &["-s", "cart"]);
    assert!(rows.iter().any(|(id, _, text)| id == "dns" && text.contains("4143")), "{rows:?}");
    assert!(rows.iter().any(|(id, _, text)| id == "dns" && text.contains("port 53")), "{rows:?}");
}

#[test]
fn l10745_a_server_that_speaks_first_is_opaque_on_its_service_and_on_its_pods() {
    let nats = workload("nats", "", "containers: [{name: nats, image: 'nats:2', ports: [{containerPort: 4222}]}]");
    let service = "{apiVersion: v1, kind: Service, metadata: {name: nats, namespace: shop}, spec: {selector: {app: nats}, ports: [{name: client, port: 4222}]}}";
    let cluster = shop(Injector::Linkerd, &format!("{nats}---\n{service}"));
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "svc/nats", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let list = "25,587,3306,4222,4444,5432,6379,9300,11211";
    assert_eq!(template(&cluster, "nats")["annotations"]["config.linkerd.io/opaque-ports"], list, "the default list and its own");
    assert_eq!(cluster.get("/api/v1/namespaces/shop/services/nats").unwrap()["metadata"]["annotations"]["config.linkerd.io/opaque-ports"], list);
    // Istio waits for the client just so, unless it is told.
    let cluster = shop(Injector::Istio, &format!("{nats}---\n{service}"));
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "svc/nats", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(cluster.get("/api/v1/namespaces/shop/services/nats").unwrap()["spec"]["ports"][0]["appProtocol"], "tcp");
}

#[test]
fn i23802_init_containers_have_no_network_before_the_proxy_runs() {
    let spec = "initContainers: [{name: migrate, image: x}], containers: [{name: app, image: x}]";
    let cluster = shop(Injector::Istio, &workload("late", "", spec));
    assert!(has(&preflight(&cluster, &["-s", "late"]), "init-needs-network", "warn"));
    behave(&cluster, Behaviour { injector: Injector::Istio, native: true, revision: "default", ..Behaviour::default() });
    assert!(!has(&preflight(&cluster, &["-s", "late"]), "init-needs-network", "warn"), "a native sidecar starts before them");
}

#[test]
fn i56084_onboarding_never_tightens() {
    let off = "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: istio-system}, spec: {mtls: {mode: DISABLE}}}";
    let cluster = shop(Injector::Istio, off);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let policies = cluster.get("/apis/security.istio.io/v1/peerauthentications").unwrap()["items"].as_array().unwrap().len();
    assert_eq!(policies, 1, "STRICT under a mesh that is DISABLE would be an outage: no policy is made");
}
