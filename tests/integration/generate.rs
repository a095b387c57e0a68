//! `generate overlay`: sets that Kustomize builds and in which nothing is wrong, for every mesh and every part.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::mesh::{mesh, said};

/// A cart of two versions, and who calls it.
fn shop(front: &str) -> String {
    let version = |v: &str| {
        format!(
            "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart-{v}, namespace: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: cart, version: {v}}}}}
  template:
    metadata: {{labels: {{app: cart, version: {v}}}}}
    spec:
      serviceAccountName: cart-{v}
      containers: [{{name: app, image: 'shop/cart:{v}', ports: [{{containerPort: 8080}}, {{containerPort: 6379}}], readinessProbe: {{httpGet: {{path: /, port: 8080}}}}}}]
---"
        )
    };
    format!(
        "apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: shop}}
spec: {{selector: {{app: cart}}, ports: [{{name: web, port: 80, targetPort: 8080}}, {{name: cache, port: 6379}}]}}
---{}{}
apiVersion: apps/v1
kind: Deployment
metadata: {{name: front, namespace: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: front}}}}
  template:
    metadata: {{{front}}}
    spec: {{serviceAccountName: front, containers: [{{name: app, image: 'shop/front:1'}}]}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: front, namespace: shop}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: cart-v1, namespace: shop}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: cart-v2, namespace: shop}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: cart, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: cart}}}}
  policyTypes: [Ingress]
  ingress:
  - {{from: [{{podSelector: {{matchLabels: {{app: front}}}}}}], ports: [{{port: 8080}}, {{port: 6379}}, {{port: 4143}}, {{port: 15008}}]}}
  - {{from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: monitoring}}}}}}], ports: [{{port: 15020}}, {{port: 15090}}, {{port: 4191}}]}}
",
        version("v1"),
        version("v2")
    )
}

const FRONT: [(&str, &str, &str); 3] = [
    ("istio", "sidecar", "labels: {app: front, sidecar.istio.io/inject: 'true'}"),
    ("istio", "ambient", "labels: {app: front, istio.io/dataplane-mode: ambient}"),
    ("linkerd", "sidecar", "labels: {app: front}, annotations: {linkerd.io/inject: enabled}"),
];

const PARTS: [&str; 10] =
    ["policies", "circuit-breaker", "retries", "timeouts", "rate-limit", "fault", "canary", "network-policies", "monitoring", "all"];

fn write(home: &Path, name: &str, text: &str) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn base(front: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "base/shop.yaml", &shop(front));
    write(home.path(), "base/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [shop.yaml]\n");
    home
}

fn generate(home: &Path, args: &[&str]) -> (i32, String, String) {
    said(&mesh(home).args(["generate", "overlay", "-s", "cart"]).args(args).output().unwrap())
}

/// What kubectl makes of a directory.
fn kustomize(home: &Path, directory: &str) -> String {
    let built = Command::new("kubectl").args(["kustomize", directory]).current_dir(home).output().expect("these tests need kubectl on PATH");
    let (code, out, err) = said(&built);
    assert_eq!(code, 0, "{directory}: {err}");
    out
}

/// What Kustomize makes of it, in which no rule finds anything, not even something to know.
fn sound(home: &Path, directory: &str, mesh_name: &str, what: &str) -> String {
    let built = kustomize(home, directory);
    let (code, out, err) =
        said(&mesh(home).args(["validate", "-k", directory, "-m", mesh_name, "--fail-on", "info", "-o", "wide"]).output().unwrap());
    assert!(code == 0 && out.contains("nothing wrong") && !out.contains(" note"), "{what}: {out}{err}\n{built}");
    built
}

#[test]
fn every_part_builds_and_nothing_is_wrong_in_it() {
    for (mesh_name, mode, front) in FRONT {
        let home = base(front);
        let at = home.path();
        for part in PARTS {
            let what = format!("{mesh_name} {mode} {part}");
            let out = format!("out-{part}");
            let (code, written, err) = generate(at, &["-m", mesh_name, "--mode", mode, "-k", "base", "--output", &out, "--with", part]);
            assert_eq!(code, 0, "{what}: {err}");
            assert!(written.contains(&format!("{out}/kustomization.yaml")), "{written}");
            sound(at, &out, mesh_name, &what);
        }
        let (code, _, err) = generate(at, &["-m", mesh_name, "--mode", mode, "-k", "base", "--output", "ns", "--scope", "namespace"]);
        assert_eq!(code, 0, "{err}");
        let built = sound(at, "ns", mesh_name, "namespace");
        assert!(built.starts_with("apiVersion: v1\nkind: Namespace"), "{built}");
        // As a Component, listed by somebody else's kustomization.
        let (code, _, err) = generate(at, &["-m", mesh_name, "--mode", mode, "-k", "base", "--output", "part", "--component", "--with", "all"]);
        assert_eq!(code, 0, "{err}");
        write(
            at,
            "top/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\ncomponents: [../part]\n",
        );
        assert!(sound(at, "top", mesh_name, "component").lines().count() > 100, "all of it");
        let (code, _, err) = generate(at, &["-m", mesh_name, "--mode", mode, "-k", "base", "--output", "no", "--opt-out"]);
        assert_eq!(code, 0, "{err}");
        let built = kustomize(at, "no");
        let (code, out, err) = said(&mesh(at).args(["validate", "-k", "no", "-m", mesh_name]).output().unwrap());
        assert!(code == 0 && out.contains("nothing wrong"), "what the base says of ports is its own: {out}{err}");
        let word = match (mesh_name, mode) {
            ("linkerd", _) => "linkerd.io/inject: disabled",
            (_, "ambient") => "istio.io/dataplane-mode: none",
            _ => "sidecar.istio.io/inject: \"false\"",
        };
        assert_eq!(built.matches(word).count(), 2, "{built}");
    }
}

#[test]
fn the_parts_say_what_they_are_called() {
    let says = |of: usize, part: &str, words: &[&str]| {
        let (mesh_name, mode, front) = FRONT[of];
        let home = base(front);
        let (code, _, err) =
            generate(home.path(), &["-m", mesh_name, "--mode", mode, "-k", "base", "--output", "out", "--with", part, "--allow-envoyfilter"]);
        assert_eq!(code, 0, "{err}");
        let built = kustomize(home.path(), "out");
        for word in words {
            assert!(built.contains(word), "{mesh_name} {mode} {part}: {word}\n{built}");
        }
        (home, built)
    };
    says(
        0,
        "policies",
        &["kind: PeerAuthentication", "mode: PERMISSIVE", "cluster.local/ns/shop/sa/front", "sidecar.istio.io/inject: \"true\"", "appProtocol: tcp"],
    );
    says(0, "circuit-breaker", &["outlierDetection", "consecutive5xxErrors: 5", "host: cart.shop.svc.cluster.local"]);
    says(0, "retries", &["attempts: 2"]);
    says(0, "timeouts", &["timeout: 10s"]);
    let (home, _) = says(0, "rate-limit", &["kind: EnvoyFilter", "local_ratelimit", "priority: 10"]);
    sound(home.path(), "out", "istio", "rate-limit");
    says(0, "canary", &["name: v1", "name: v2", "weight: 100", "weight: 0"]);
    says(
        0,
        "monitoring",
        &["kind: PodMonitor", "kind: PrometheusRule", "> 0.05", "> 1000", "< 0.95", "for: 2m", "for: 5m", "MeshCircuitBreakerOpen"],
    );
    let (home, _) = says(0, "network-policies", &["port: 6379", "app: front", "port: 15020"]);
    let deny = fs::read_to_string(home.path().join("out/networkpolicy-deny.yaml")).unwrap();
    assert!(deny.contains("name: cart-v1-deny") && deny.contains("port: 15012") && deny.contains("port: 53"), "{deny}");
    let listed = fs::read_to_string(home.path().join("out/kustomization.yaml")).unwrap();
    assert!(!listed.contains("- networkpolicy-deny.yaml") && listed.contains("networkpolicy-deny.yaml"), "it is for people to list: {listed}");
    let (home, _) = says(0, "retries,fault", &[]);
    assert!(fs::read_to_string(home.path().join("out/traffic.yaml")).unwrap().contains("#   fault:"));
    says(
        1,
        "policies,timeouts",
        &["gatewayClassName: istio-waypoint", "istio.io/use-waypoint: waypoint", "kind: Service\n    name: cart", "istio.io/dataplane-mode: ambient"],
    );
    says(1, "network-policies", &["port: 15008", "169.254.7.127/32"]);
    says(2, "policies", &["kind: Server", "accessPolicy: audit", "kind: MeshTLSAuthentication", "linkerd.io/inject: enabled"]);
    says(2, "policies,rate-limit", &["kind: HTTPLocalRateLimitPolicy", "requestsPerSecond: 100"]);
    says(2, "canary,retries", &["kind: HTTPRoute", "name: cart-v1", "weight: 100", "retry.linkerd.io/limit: \"2\""]);
    says(2, "circuit-breaker", &["balancer.linkerd.io/failure-accrual: consecutive"]);
    says(2, "network-policies", &["port: 4143", "port: 4191"]);
    says(2, "monitoring", &["port: linkerd-admin", "response_total"]);
}

#[test]
fn nothing_that_others_wrote_is_replaced_without_being_told() {
    let home = base(FRONT[0].2);
    let at = home.path();
    let args = ["-m", "istio", "-k", "base", "--output", "out"];
    assert_eq!(generate(at, &args).0, 0);
    let (code, _, err) = generate(at, &args);
    assert_eq!(code, 0, "the same again: {err}");
    write(at, "out/workload-patch.yaml", "mine\n");
    let (code, _, err) = generate(at, &args);
    assert!(code == 2 && err.contains("workload-patch.yaml is there and says something else") && err.contains("--overwrite"), "{err}");
    assert_eq!(fs::read_to_string(at.join("out/workload-patch.yaml")).unwrap(), "mine\n");
    assert_eq!(generate(at, &[&args[..], &["--overwrite"]].concat()).0, 0);
    let (code, _, err) = generate(at, &["-m", "istio", "-k", "base", "--output", "base"]);
    assert!(code == 2 && err.contains("beside its base"), "{err}");
}

#[test]
fn who_is_not_known_is_not_shut_out() {
    let home = tempfile::tempdir().unwrap();
    let alone = shop(FRONT[0].2).split("---\napiVersion: networking.k8s.io").next().unwrap().to_owned();
    write(home.path(), "shop.yaml", &alone);
    let (code, _, err) = generate(home.path(), &["-m", "istio", "-f", "shop.yaml", "--output", "out", "--with", "all"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("no object names who calls Deployment shop/cart-v1") && err.contains("--allow-envoyfilter"), "{err}");
    let security = fs::read_to_string(home.path().join("out/security.yaml")).unwrap();
    assert!(!security.contains("AuthorizationPolicy"), "{security}");
    assert!(!home.path().join("out/networkpolicy.yaml").exists());
    assert!(fs::read_to_string(home.path().join("out/kustomization.yaml")).unwrap().contains("kind: Component"));
    let (code, _, err) =
        said(&mesh(home.path()).args(["generate", "overlay", "-s", "nobody", "-m", "istio", "-f", "shop.yaml", "--output", "x"]).output().unwrap());
    assert!(code == 2 && err.contains("nobody"), "{err}");
}
