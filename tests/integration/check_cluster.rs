//! `check` on an API server: what it finds, what it may not see, what it says when there is nothing.

use serde_json::Value;

use crate::cluster::{TestCluster, rules};
use crate::mesh::said;

const RULE: &str = "istio-virtual-service-gateway-not-found";
const ROUTE: &str = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart.example.com], gateways: [public]}
";

fn report(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

#[test]
fn a_fault_is_found_without_a_file() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    let (code, out, err) = said(&cluster.mesh(["check", "--rule", RULE, "-o", "json"]).output().unwrap());
    let report = report(&out);
    assert_eq!((code, err.as_str()), (1, ""));
    assert_eq!(report["source"]["type"], "cluster");
    assert_eq!(report["findings"][0]["object"]["name"], "cart");
    assert_eq!(report["findings"][0]["location"], Value::Null);
}

#[test]
fn a_cluster_without_a_mesh_is_told_so() {
    let cluster = TestCluster::bare();
    let (code, out, err) = said(&cluster.mesh(["check"]).output().unwrap());
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("no mesh found") && err.contains("next:"), "{err}");
    assert!(out.contains("no trace of istio here") && out.contains("no trace of linkerd here"), "{out}");
}

#[test]
fn kinds_that_are_not_installed_are_no_objects_and_no_failure() {
    let cluster = TestCluster::bare();
    cluster.define(&[kubectl_mesh::model::Kind::VirtualService, kubectl_mesh::model::Kind::IstioGateway]);
    cluster.apply(ROUTE);
    let (code, out, _) = said(&cluster.mesh(["check", "--rule", RULE, "-o", "json"]).output().unwrap());
    let report = report(&out);
    assert_eq!(code, 1, "{out}");
    assert!(report["gaps"].as_array().unwrap().iter().any(|g| g["type"] == "not-served" && g["kind"] == "Gateway"), "{out}");
}

#[test]
fn who_may_read_one_namespace_is_told_about_that_one() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    cluster.apply(&ROUTE.replace("namespace: shop", "namespace: secret"));
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["*.networking.istio.io", "*.gateway.networking.k8s.io", "*"]));
    let (code, out, err) = said(&cluster.mesh_as("dev", ["check", "-n", "shop", "--rule", RULE, "-o", "json"]).output().unwrap());
    let report = report(&out);
    assert_eq!(code, 1, "{out}{err}");
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{out}");
    assert_eq!(findings[0]["object"]["namespace"], "shop");
    assert!(report["gaps"].as_array().unwrap().iter().any(|g| g["type"] == "forbidden"), "{out}");
}

#[test]
fn who_may_read_nothing_is_told_what_is_missing_and_gets_no_verdict() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    let (code, out, err) = said(&cluster.mesh_as("nobody", ["check"]).output().unwrap());
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("may not list in namespace default: "), "{out}");
    assert!(out.contains("nothing judged"), "{out}");
}

#[test]
fn a_reference_into_a_forbidden_namespace_is_not_called_missing() {
    let cluster = TestCluster::start();
    cluster.apply(&ROUTE.replace("[public]", "[edge/public]"));
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["*.networking.istio.io", "*.gateway.networking.k8s.io", "*"]));
    let (code, out, _) = said(&cluster.mesh_as("dev", ["check", "-n", "shop", "--rule", RULE, "-o", "json"]).output().unwrap());
    let report = report(&out);
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (3, 0), "{out}");
    assert!(report["skipped"][0]["because"].as_str().unwrap().contains("VirtualService shop/cart"), "{out}");
}

#[test]
fn files_are_laid_over_the_cluster() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    let gateway = ROUTE
        .replace("VirtualService", "Gateway")
        .replace("name: cart", "name: public")
        .replace("hosts: [cart.example.com], gateways: [public]", "selector: {a: b}");
    std::fs::write(cluster.home().join("gateway.yaml"), gateway).unwrap();
    let args = ["check", "-f", "gateway.yaml", "--with-cluster", "--all-findings", "--rule", RULE, "-o", "json"];
    let (code, out, err) = said(&cluster.mesh(args).output().unwrap());
    assert_eq!((code, report(&out)["findings"].as_array().unwrap().len()), (0, 0), "{out}{err}");

    std::fs::write(cluster.home().join("other.yaml"), ROUTE.replace("name: cart", "name: other")).unwrap();
    let (_, out, _) = said(&cluster.mesh(["check", "-f", "other.yaml", "--with-cluster", "--rule", RULE, "-o", "name"]).output().unwrap());
    assert_eq!(out, "shop/virtualservice.networking.istio.io/other\n", "only what the files bring");
}

#[test]
fn a_snapshot_gives_the_same_findings_without_the_cluster() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    let findings = |args: &[&str]| {
        let (_, out, _) = said(&cluster.mesh(args.iter().copied()).output().unwrap());
        report(&out)["findings"].clone()
    };
    let live = findings(&["check", "-o", "json"]);
    let (code, _, err) = said(&cluster.mesh(["snapshot", "-o", "s.tar.zst"]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert_eq!(findings(&["check", "--snapshot", "s.tar.zst", "--kubeconfig", "/nonexistent", "-o", "json"]), live);
    assert!(!live.as_array().unwrap().is_empty());
}

#[test]
fn an_unreachable_server_is_no_verdict() {
    let cluster = TestCluster::start();
    let path = cluster.home().join("dead.kubeconfig");
    let config = std::fs::read_to_string(cluster.kubeconfig_for("admin")).unwrap().replace(cluster.url(), "https://127.0.0.1:9");
    std::fs::write(&path, config).unwrap();
    let (code, out, err) = said(&cluster.mesh(["check", "--kubeconfig", "dead.kubeconfig"]).output().unwrap());
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(err.contains("cannot reach https://127.0.0.1:9"), "{err}");
}

/// Credentials of every type that a Link and gateways take, and one of each that is not there.
const CREDENTIALS: &str = "
apiVersion: multicluster.linkerd.io/v1alpha3
kind: Link
metadata: {name: west, namespace: linkerd-multicluster}
spec: {targetClusterName: west, clusterCredentialsSecret: there}
---
apiVersion: v1
kind: Secret
metadata: {name: there, namespace: linkerd-multicluster}
type: mirror.linkerd.io/remote-kubeconfig
data: {kubeconfig: YQ==}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress, namespace: edge}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: istio-proxy, image: auto}]}}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: istio, namespace: shop}
spec: {selector: {a: b}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: there}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: api, namespace: edge}
spec: {gatewayClassName: istio, listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: there}]}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: there, namespace: edge}
type: Opaque
data: {tls.crt: YQ==, tls.key: YQ==}
";

#[test]
fn credentials_are_found_whatever_the_type_of_their_secrets() {
    const RULES: [&str; 3] = ["linkerd-link-credentials-not-found", "istio-gateway-credential-not-found", "gateway-certificate-not-found"];
    let cluster = TestCluster::start();
    cluster.apply(CREDENTIALS);
    let mut args = vec!["check", "-o", "json"];
    args.extend(RULES.iter().flat_map(|rule| ["--rule", rule]));
    let findings = || {
        let (_, out, _) = said(&cluster.mesh(args.iter().copied()).output().unwrap());
        report(&out)["findings"].as_array().unwrap().len()
    };
    assert_eq!(findings(), 0);
    cluster.apply(
        &CREDENTIALS.replace("Secret: there", "Secret: gone").replace("Name: there", "Name: gone").replace("[{name: there}]", "[{name: gone}]"),
    );
    assert_eq!(findings(), 3);
}

#[test]
fn clusters_are_connected_by_secrets_of_any_type() {
    let cluster = TestCluster::start();
    cluster.apply(
        "
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: mesh}
data: {meshNetworks: 'networks: {west: {endpoints: [{fromRegistry: west}], gateways: []}, south: {endpoints: [{fromRegistry: south}], gateways: []}}'}
---
apiVersion: v1
kind: Pod
metadata: {name: istiod-1, namespace: mesh, labels: {app: istiod}}
spec: {containers: [{name: discovery, image: 'pilot:1.27.1'}]}
---
apiVersion: v1
kind: Secret
metadata: {name: any, namespace: mesh, labels: {istio/multiCluster: 'true'}}
type: Opaque
data: {west: YQ==}
",
    );
    let (_, out, err) = said(&cluster.mesh(["check", "--rule", "IST0126", "-o", "json"]).output().unwrap());
    let report = report(&out);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{out}{err}");
    assert!(findings[0]["message"].as_str().unwrap().contains("south"), "{out}");
}

#[test]
fn an_authority_is_read_whatever_the_type_of_its_secret() {
    let fixture = include_str!("../checks/linkerd-issuer-certificate-invalid/fires-algorithm.yaml");
    let cluster = TestCluster::start();
    cluster.apply(fixture);
    let (_, out, err) = said(&cluster.mesh(["check", "--rule", "linkerd-issuer-certificate-invalid", "-o", "json"]).output().unwrap());
    let report = report(&out);
    assert_eq!(report["findings"][0]["object"]["name"], "linkerd-identity-issuer", "{out}{err}");
}

/// A run that waits ends well once the fault is gone, and with the fault when the time is over.
#[test]
fn waiting_ends_with_the_fault_or_with_the_time() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    let (code, _, err) = said(&cluster.mesh(["check", "--rule", RULE, "--wait", "--timeout", "1s"]).output().unwrap());
    assert_eq!(code, 1, "{err}");
    let (code, out, err) = std::thread::scope(|scope| {
        let mut command = cluster.mesh(["check", "--rule", RULE, "--wait", "--timeout", "60s", "-o", "json"]);
        let waiting = scope.spawn(move || said(&command.output().unwrap()));
        cluster.apply("{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: public, namespace: shop}, spec: {}}");
        waiting.join().unwrap()
    });
    assert_eq!((code, &report(&out)["findings"]), (0, &serde_json::json!([])), "{out}{err}");
    let (code, _, err) = crate::mesh::run(&[], &["check", "--demo", "--wait"]);
    assert!(code == 2 && err.contains("--wait waits for a cluster"), "{err}");
}

/// Other people's programs run only when they are asked for, and what they say is theirs.
#[cfg(unix)]
#[test]
fn extensions_are_asked_only_with_their_flag() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = tempfile::tempdir().unwrap();
    let program = |name: &str, body: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n: > \"$0.called\"\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let answer = r#"{"success":false,"categories":[{"categoryName":"agent","checks":[{"description":"agent runs","error":"no\u001b[31m pods","hint":"https://example.com/a","result":"error"},{"description":"is new","result":"success"}]}]}"#;
    program(
        "linkerd-thing",
        &format!("case $1 in _extension-metadata) echo '{{\"name\":\"linkerd-thing\",\"checks\":\"always\"}}';; check) echo '{answer}';; esac"),
    );
    program(
        "linkerd-babble",
        "case $1 in _extension-metadata) echo '{\"name\":\"linkerd-babble\",\"checks\":\"always\"}';; check) echo no document; echo why >&2;; esac",
    );
    program("linkerd-other", "echo '{\"name\":\"linkerd-else\",\"checks\":\"always\"}'");
    let check = |more: &[&str]| {
        let mut command = crate::mesh::mesh(home.path());
        command.env("PATH", home.path()).args(["check", "--demo", "--rule", "linkerd-extension-check", "-o", "json"]).args(more);
        said(&command.output().unwrap())
    };
    let (code, out, err) = check(&[]);
    assert!(code == 0 && !home.path().join("linkerd-thing.called").exists(), "{out}{err}");
    let (code, out, err) = check(&["--extensions"]);
    let report = report(&out);
    let messages: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|f| f["message"].as_str().unwrap()).collect();
    let told = |text: &str| messages.iter().any(|message| message.contains(text));
    assert!(code == 1 && told("linkerd-thing, agent: agent runs: no") && told("linkerd-babble: it did not answer in JSON: why"), "{out}{err}");
    assert!(!out.contains("u001b") && !told("is new") && !told("linkerd-other"), "{out}");
}
