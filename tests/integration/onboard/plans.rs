//! What is shown before anything changes, and when nothing does.

use serde_json::{Value, json};

use super::{deployment, mesh, mesh_as, objects, shop};
use crate::apiserver::machinery::Injector;
use crate::cluster::rules;

fn plan(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

#[test]
fn a_dry_run_changes_nothing_and_says_everything() {
    let cluster = shop(Injector::Istio, "");
    let before = (objects(&cluster), deployment(&cluster, "cart")["metadata"]["resourceVersion"].clone());
    for sort in ["client", "server"] {
        let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", &format!("--dry-run={sort}"), "-o", "json"]);
        assert_eq!(code, 0, "{err}");
        let plan = plan(&out);
        let steps = plan["steps"].as_array().unwrap();
        let actions: Vec<&str> = steps.iter().map(|step| step["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["patch", "label", "wait", "verify"], "{out}");
        assert_eq!(steps[1]["diff"], json!([{"path": "spec.template.metadata.labels[\"sidecar.istio.io/inject\"]", "after": "true"}]));
        assert!(steps[1]["inverse"].as_str().unwrap().ends_with("away"), "{out}");
        assert_eq!((&plan["outcome"], &steps[0]["status"]), (&json!("planned"), &json!("planned")));
        let rehearsed = plan["preflight"].as_array().unwrap().iter().find(|row| row["id"] == "rehearsal").unwrap();
        assert_eq!(rehearsed["verdict"], if sort == "client" { "unknown" } else { "ok" });
    }
    assert_eq!((objects(&cluster), deployment(&cluster, "cart")["metadata"]["resourceVersion"].clone()), before);
    let writes: Vec<String> = cluster
        .server()
        .requests()
        .iter()
        .filter(|r| ["patch", "update", "delete"].contains(&r.verb) && r.param("dryRun").is_none())
        .map(|r| r.path.clone())
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn the_same_plan_has_the_same_name() {
    let cluster = shop(Injector::Istio, "");
    let of = || plan(&mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--dry-run=client", "-o", "json"]).1)["id"].clone();
    assert_eq!(of(), of());
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let cluster = shop(Injector::Istio, "");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(err.contains("--yes"), "{err}");
}

#[test]
fn rights_are_asked_for_before_anything_changes() {
    let cluster = shop(Injector::Istio, "");
    cluster.grant(
        "dev",
        &rules(
            &["get", "list", "watch"],
            &["*", "deployments.apps", "*.apps", "*.networking.istio.io", "*.security.istio.io", "*.admissionregistration.k8s.io"],
        ),
    );
    cluster.grant_in("dev", "shop", &rules(&["patch"], &["services"]));
    let before = objects(&cluster);
    let (code, out, err) = mesh_as(&cluster, "dev", &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert_eq!(code, 1, "{out}{err}");
    for missing in ["create configmaps in namespace shop", "patch deployments.apps in namespace shop", "rights are missing"] {
        assert!(err.contains(missing), "{missing}: {err}");
    }
    assert!(!err.contains("patch services"), "{err}");
    assert_eq!(objects(&cluster), before);
}

#[test]
fn what_a_tool_owns_becomes_a_patch_for_its_source() {
    let helm = "
apiVersion: apps/v1
kind: Deployment
metadata:
  name: owned
  namespace: shop
  labels: {app.kubernetes.io/managed-by: Helm}
  annotations: {meta.helm.sh/release-name: web, meta.helm.sh/release-namespace: shop}
spec:
  selector: {matchLabels: {app: owned}}
  template: {metadata: {labels: {app: owned}}, spec: {containers: [{name: app, image: x}]}}
";
    let cluster = shop(Injector::Istio, helm);
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "owned", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("managed by Helm release shop/web") && out.contains("sidecar.istio.io/inject: \"true\"") && out.contains("podLabels"),
        "{out}"
    );
    assert_eq!(objects(&cluster), before, "a tool's object is not written");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "owned", "-n", "shop", "--yes", "--direct"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_ne!(objects(&cluster), before);
}

#[test]
fn what_others_wrote_is_not_changed_unless_that_is_said() {
    let cluster = shop(Injector::Istio, "");
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: disabled, team: shop}}}");
    let (code, out, _) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("keeps every webhook away"), "{out}");
    let (code, _, err) = mesh(&cluster, &["namespace", "enable", "shop", "--yes"]);
    assert!(code == 1 && err.contains("istio-injection") && err.contains("written by test-setup"), "{err}");
    let (code, out, err) = mesh(&cluster, &["namespace", "enable", "shop", "--yes", "--force-conflicts"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(cluster.get("/api/v1/namespaces/shop").unwrap()["metadata"]["labels"]["istio-injection"], "enabled");
}

#[test]
fn a_second_run_waits_for_the_first() {
    let cluster = shop(Injector::Istio, "");
    let held = json!({"plan": "1", "title": "bring deploy/x into Istio", "namespace": "shop", "holder": {"run": "r", "host": "elsewhere", "pid": 7},
        "started": "2026-01-01T00:00:00Z", "heard": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "steps": []});
    let lock = |journal: &Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kubectl-mesh", "namespace": "shop"}, "data": {"journal.json": journal.to_string()}});
    cluster.apply_object(&lock(&held));
    let (code, _, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert!(code == 1 && err.contains("another run is under way") && err.contains("elsewhere, process 7"), "{err}");
    let (code, _, err) = mesh(&cluster, &["onboard", "--undo", "-n", "shop"]);
    assert!(code == 1 && err.contains("another run is under way"), "{err}");
    let (code, out, _) = mesh(&cluster, &["onboard", "--status", "-n", "shop"]);
    assert!(code == 0 && out.contains("0 of 0 steps are done"), "{out}");
    let mut silent = held;
    silent["heard"] = json!("2026-01-01T00:00:00Z");
    cluster.apply_object(&lock(&silent));
    let (code, out, err) = mesh(&cluster, &["onboard", "--resume", "-n", "shop"]);
    assert_eq!(code, 0, "{out}{err}");
    let (_, out, _) = mesh(&cluster, &["onboard", "--status", "-n", "shop"]);
    assert!(out.contains("No run is under way"), "{out}");
}

/// Whether the pre-flight of a plan has an answer of this id and verdict.
fn answers(cluster: &crate::cluster::TestCluster, args: &[&str], id: &str, verdict: &str) -> bool {
    let (_, out, err) = mesh(cluster, &[args, &["-n", "shop", "--dry-run=client", "-o", "json"]].concat());
    let plan: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    plan["preflight"].as_array().unwrap().iter().any(|row| row["id"] == id && row["verdict"] == verdict)
}

#[test]
fn checks_of_the_plan_itself_fire_and_stay_silent() {
    let host = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: host, namespace: shop}, spec: {selector: {matchLabels: {app: host}}, template: {metadata: {labels: {app: host}}, spec: {hostNetwork: true, containers: [{name: app, image: x}]}}}}";
    let strict =
        "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: shop}, spec: {mtls: {mode: STRICT}}}";
    let cluster = shop(Injector::Istio, host);
    let cart = ["onboard", "-s", "cart"];
    assert!(answers(&cluster, &["onboard", "-s", "cart", "--revision", "nope"], "revision", "block"));
    assert!(!answers(&cluster, &cart, "revision", "block"));
    assert!(answers(&cluster, &["onboard", "-s", "host"], "not-taken", "block"));
    assert!(!answers(&cluster, &cart, "not-taken", "block"));
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let leave = ["offboard", "-s", "cart", "-m", "istio"];
    assert!(!answers(&cluster, &leave, "depends", "warn"));
    cluster.apply(strict);
    assert!(answers(&cluster, &leave, "depends", "warn"));
}
