//! `check` with several clusters: two API servers under two contexts of one kubeconfig.

use std::path::PathBuf;

use serde_json::Value;

use crate::cluster::{ADMIN, TestCluster, rules};
use crate::kubeconfig::{Credentials, Kubeconfig};
use crate::mesh::said;

const RULE: &str = "istio-service-differs-between-clusters";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n---";
const SERVICE: &str = "
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http-web, port: 80, protocol: TCP, targetPort: 8080}]}
";

/// The clusters `east`, which is current, and `west`.
struct Pair {
    east: TestCluster,
    west: TestCluster,
}

impl Pair {
    fn start(in_east: &str, in_west: &str) -> Self {
        let pair = Self { east: TestCluster::start(), west: TestCluster::start() };
        pair.east.apply(&format!("{NAMESPACE}{in_east}"));
        pair.west.apply(&format!("{NAMESPACE}{in_west}"));
        pair
    }

    /// A kubeconfig of both, with a third context that leads nowhere; in west one is `user`.
    fn kubeconfig(&self, user: &str) -> PathBuf {
        let path = self.east.home().join("both.kubeconfig");
        let credentials = |cluster: &TestCluster, user: &str| Credentials::Certificate(cluster.certificate(user));
        let config = self.east.context(Kubeconfig::default(), "east", &credentials(&self.east, ADMIN), None);
        let config = self.west.context(config, "west", &credentials(&self.west, user), None);
        config.context("down", "https://127.0.0.1:9", None, &Credentials::None, None).write(&path);
        path
    }

    fn check(&self, user: &str, args: &[&str]) -> (i32, String, String) {
        let args = ["check", "--rule", RULE, "-o", "json"].iter().chain(args).copied();
        said(&self.east.command(env!("CARGO_BIN_EXE_kubectl-mesh"), &self.kubeconfig(user), args).output().unwrap())
    }
}

fn report(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

#[test]
fn the_same_service_in_both_clusters_is_fine() {
    let pair = Pair::start(SERVICE, SERVICE);
    let (code, out, err) = pair.check(ADMIN, &["--remote-context", "west"]);
    let report = report(&out);
    assert_eq!((code, &report["findings"], &report["skipped"]), (0, &Value::Array(vec![]), &Value::Array(vec![])), "{err}");
    assert_eq!(report["source"]["remotes"][0]["context"], "west");
    assert_eq!(report["summary"]["evaluated"], 1);
}

#[test]
fn a_service_that_differs_is_named_with_the_cluster() {
    let pair = Pair::start(SERVICE, &SERVICE.replace("http-web", "web"));
    let (code, out, _) = pair.check(ADMIN, &["--remote-context", "west", "--fail-on", "warning"]);
    let finding = &report(&out)["findings"][0];
    assert_eq!((code, finding["path"].as_str()), (1, Some("spec.ports[0].name")), "{out}");
    assert_eq!(finding["message"], r#"port 80 is called "http-web" here, but is called "web" in cluster west"#);
}

#[test]
fn saved_states_are_compared_too_and_told_apart() {
    let pair = Pair::start(SERVICE, &SERVICE.replace("port: 80", "port: 81"));
    let kubeconfig = pair.kubeconfig(ADMIN);
    let mesh = |args: &[&str]| said(&pair.east.command(env!("CARGO_BIN_EXE_kubectl-mesh"), &kubeconfig, args.iter().copied()).output().unwrap());
    for file in ["a.tar.zst", "b.tar.zst"] {
        assert_eq!(mesh(&["snapshot", "--context", "west", "-o", file]).0, 0);
    }
    let remotes = ["--remote-snapshot", "a.tar.zst", "--remote-snapshot", "b.tar.zst"];
    let (code, out, err) = pair.check(ADMIN, &remotes);
    let message = r#"port "http-web" is 80 here, but is 81 in cluster west (a.tar.zst), is 81 in cluster west (b.tar.zst)"#;
    assert_eq!((code, report(&out)["findings"][0]["message"].as_str()), (0, Some(message)), "{err}");

    let (_, offline, _) = mesh(&["check", "--rule", RULE, "-o", "json", "--snapshot", "a.tar.zst", "--remote-snapshot", "b.tar.zst"]);
    assert_eq!(report(&offline)["summary"]["evaluated"], 1, "{offline}");
    assert_eq!(report(&offline)["findings"], Value::Array(vec![]), "{offline}");

    let (code, out, err) = pair.check(ADMIN, &["--remote-snapshot", "a.tar.zst", "--remote-snapshot", "a.tar.zst"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("cluster west (a.tar.zst) is to be compared with twice"), "{err}");
}

#[test]
fn what_may_not_be_listed_there_is_not_judged() {
    let pair = Pair::start(SERVICE, &SERVICE.replace("http-web", "web"));
    pair.west
        .grant("dev", &rules(&["get", "list"], &["configmaps", "serviceaccounts", "mutatingwebhookconfigurations.admissionregistration.k8s.io"]));
    let (code, out, _) = pair.check("dev", &["--remote-context", "west"]);
    let report = report(&out);
    assert_eq!((code, &report["findings"]), (3, &Value::Array(vec![])), "{out}");
    assert_eq!(report["skipped"][0]["because"], "cluster west: may not list services cluster-wide");
    assert_eq!(report["source"]["remotes"][0]["gaps"][0]["type"], "forbidden");
    assert_eq!(report["gaps"], Value::Array(vec![]), "nothing is hidden here");
}

#[test]
fn a_cluster_that_is_down_is_no_verdict_and_the_others_are_judged() {
    let pair = Pair::start(SERVICE, &SERVICE.replace("http-web", "web"));
    let (code, out, err) = pair.check(ADMIN, &["--remote-context", "down", "--remote-context", "west"]);
    let report = report(&out);
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (3, 1), "{out}{err}");
    assert!(err.contains("cluster down: cannot reach https://127.0.0.1:9"), "{err}");
    let because = report["skipped"][0]["because"].as_str().unwrap();
    assert!(because.starts_with("cluster down: could not read services"), "{because}");
}

#[test]
fn a_principal_of_another_cluster_is_a_note_and_unknown_where_that_one_hides_it() {
    let policy = "
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: cart, namespace: shop}
spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/checkout, cluster.local/ns/shop/sa/nobody]}}]}]}
";
    let account = "\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: checkout, namespace: shop}\n";
    let pair = Pair::start(policy, account);
    pair.west.grant("dev", &rules(&["get", "list"], &["services"]));
    let principals = |user: &str, args: &[&str]| {
        let args = ["check", "--rule", "KIA0107", "-o", "json"].iter().chain(args).copied();
        let (_, out, _) = said(&pair.east.command(env!("CARGO_BIN_EXE_kubectl-mesh"), &pair.kubeconfig(user), args).output().unwrap());
        report(&out)
    };
    let severities = |report: &Value| report["findings"].as_array().unwrap().iter().map(|f| f["severity"].clone()).collect::<Vec<_>>();
    assert_eq!(severities(&principals(ADMIN, &[])), ["error", "error"]);
    let compared = principals(ADMIN, &["--remote-context", "west"]);
    assert_eq!(severities(&compared), ["error", "info"], "{compared}");
    assert_eq!(compared["findings"][1]["aliases"][0], "KIA0107");
    let hidden = principals("dev", &["--remote-context", "west"]);
    assert!(severities(&hidden).is_empty(), "{hidden}");
    assert!(hidden["skipped"][0]["because"].as_str().unwrap().contains("cluster west: may not list"), "{hidden}");
}

#[test]
fn a_context_that_is_not_there_is_named_before_anything_is_read() {
    let pair = Pair::start(SERVICE, SERVICE);
    let (code, out, err) = pair.check(ADMIN, &["--remote-context", "north"]);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(err.contains(r#"cluster north: context "north" is not in"#) && err.contains("--remote-context: east, west, down"), "{err}");
}

#[test]
fn a_cluster_is_not_compared_with_itself() {
    let pair = Pair::start(SERVICE, SERVICE);
    let (code, _, err) = pair.check(ADMIN, &["--remote-contexts", "east"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("cluster east cannot be compared with itself"), "{err}");
}

#[test]
fn one_namespace_here_is_one_namespace_there() {
    let elsewhere = SERVICE.replace("namespace: shop", "namespace: bank");
    let pair = Pair::start(&format!("{SERVICE}---{elsewhere}"), &format!("{SERVICE}---{}", elsewhere.replace("http-web", "web")));
    pair.west.grant_in("dev", "shop", &rules(&["get", "list"], &["services"]));
    let (code, out, _) = pair.check("dev", &["--remote-context", "west", "-n", "shop"]);
    let report = report(&out);
    assert_eq!((code, &report["findings"], report["summary"]["evaluated"].as_u64()), (0, &Value::Array(vec![]), Some(1)), "{out}");
}

#[test]
fn a_tab_offers_the_contexts() {
    let pair = Pair::start(SERVICE, SERVICE);
    let (_, out, _) = said(
        &pair
            .east
            .command(env!("CARGO_BIN_EXE_kubectl-mesh"), &pair.kubeconfig(ADMIN), ["__complete", "check", "--remote-context", "w"])
            .output()
            .unwrap(),
    );
    assert_eq!(out, "west\tcluster west\n:4\n");
}
