//! What the real kubectl makes of the stand-in.

use crate::cluster::{TestCluster, rules};

const WEB: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web:1, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: web, image: web:1}]}
status: {phase: Running, containerStatuses: [{name: web, ready: true, restartCount: 3, state: {running: {}}}]}
";

fn fails(mut command: assert_cmd::Command) -> String {
    let output = command.assert().failure().get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

fn out(mut command: assert_cmd::Command) -> String {
    let output = command.assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

fn out_with(mut command: assert_cmd::Command, stdin: &str) -> String {
    command.write_stdin(json(stdin));
    out(command)
}

/// JSON for kubectl's stdin: what begins with a brace is JSON to it where it has to validate by itself, as with servers before 1.25.
fn json(yaml: &str) -> String {
    serde_saphyr::from_str::<serde_json::Value>(yaml).unwrap().to_string()
}

#[test]
fn get_shows_pods_in_a_table() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    let table = out(cluster.kubectl(["get", "pods", "-A"]));
    assert!(table.contains("NAMESPACE   NAME    READY   STATUS    RESTARTS"), "{table}");
    assert!(table.contains("shop        web-1   1/1     Running   3"), "{table}");
    let name = out(cluster.kubectl(["get", "pods", "-A", "-l", "app in (web),!gone", "--field-selector", "spec.nodeName=n1", "-o", "name"]));
    assert_eq!(name, "pod/web-1\n");
    let refused = fails(cluster.kubectl(["get", "pods", "-A", "--field-selector", "spec.x=n1"]));
    assert!(refused.contains("field label not supported: spec.x"), "{refused}");
}

#[test]
fn apply_diffs_and_prunes_as_the_last_applied_annotation_says() {
    let cluster = TestCluster::start();
    let apply = |yaml: &str| out_with(cluster.kubectl(["apply", "-f", "-"]), yaml);
    let two = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: '1', b: '2'}}";
    assert_eq!(apply(two), "configmap/c created\n");
    assert_eq!(apply(two), "configmap/c unchanged\n");
    assert_eq!(apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: '9'}}"), "configmap/c configured\n");
    assert_eq!(out(cluster.kubectl(["get", "cm", "c", "-o", "jsonpath={.data}"])), r#"{"a":"9"}"#);
}

#[test]
fn server_side_apply_names_the_manager_it_conflicts_with() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    let scaled = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 3}}";
    // A part of an object is none to kubectl's own validation, which it does for servers before 1.25.
    let apply =
        |extra: &[&'static str]| cluster.kubectl(["apply", "--server-side", "--validate=false", "-f", "-"].into_iter().chain(extra.iter().copied()));
    assert_eq!(out_with(apply(&["--field-manager=one"]), scaled), "deployment.apps/web serverside-applied\n");
    let other = scaled.replace("replicas: 3", "replicas: 4");
    let mut second = apply(&["--field-manager=two"]);
    second.write_stdin(json(&other));
    let refused = fails(second);
    assert!(refused.contains("Apply failed with 1 conflict: conflict with \"one\": .spec.replicas"), "{refused}");
    out_with(apply(&["--field-manager=two", "--force-conflicts"]), &other);
    assert_eq!(out(cluster.kubectl(["get", "deploy", "-n", "shop", "web", "-o", "jsonpath={.spec.replicas}"])), "4");
}

#[test]
fn server_side_apply_drops_what_its_manager_no_longer_states() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    let apply = |env: &str| {
        let yaml = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: shop}}, spec: {{template: {{spec: {{containers: [{{name: web, \
             env: [{env}]}}]}}}}}}}}"
        );
        out_with(cluster.kubectl(["apply", "--server-side", "--validate=false", "--field-manager=env", "-f", "-"]), &yaml);
        out(cluster.kubectl(["get", "deploy", "-n", "shop", "web", "-o", "jsonpath={.spec.template.spec.containers[0]['image','env']}"]))
    };
    assert_eq!(apply("{name: A, value: a}, {name: B, value: b}"), r#"web:1 [{"name":"A","value":"a"},{"name":"B","value":"b"}]"#);
    assert_eq!(apply("{name: B, value: b}"), r#"web:1 [{"name":"B","value":"b"}]"#);
}

#[test]
fn all_patches_work_and_custom_resources_refuse_the_strategic_one() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    let patch = |kind: &'static str, body: &'static str| cluster.kubectl(["patch", "deploy", "web", "-n", "shop", "--type", kind, "-p", body]);
    out(patch("strategic", r#"{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}"#));
    out(patch("merge", r#"{"metadata":{"annotations":{"a":"b"}}}"#));
    out(patch("json", r#"[{"op":"replace","path":"/spec/replicas","value":2}]"#));
    let seen = out(cluster.kubectl([
        "get",
        "deploy",
        "web",
        "-n",
        "shop",
        "-o",
        "jsonpath={.spec.template.spec.containers[*].name} {.metadata.annotations.a} {.spec.replicas} {.metadata.generation}",
    ]));
    assert!(matches!(seen.as_str(), "web side b 2 4" | "side web b 2 4"), "{seen}");
    let failed = fails(patch("json", r#"[{"op":"test","path":"/spec/replicas","value":7}]"#));
    assert!(failed.contains("the server rejected our request due to an error in our request"), "{failed}");

    cluster.apply("{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v}, spec: {hosts: [a]}}");
    let refused = cluster.request(
        "PATCH",
        "/apis/networking.istio.io/v1/namespaces/default/virtualservices/v",
        "application/strategic-merge-patch+json",
        &serde_json::json!({}),
    );
    assert!(matches!(refused, Err(kube::Error::Api(ref status)) if status.code == 415), "{refused:?}");
}

#[test]
fn a_dry_run_changes_nothing() {
    let cluster = TestCluster::start();
    let yaml = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}";
    assert_eq!(out_with(cluster.kubectl(["apply", "--dry-run=server", "-f", "-"]), yaml), "configmap/c created (server dry run)\n");
    let absent = fails(cluster.kubectl(["get", "cm", "c"]));
    assert_eq!(absent, "Error from server (NotFound): configmaps \"c\" not found\n");
}

#[test]
fn deletes_take_dependents_along_and_wait_for_finalizers() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    let uid = out(cluster.kubectl(["get", "deploy", "web", "-n", "shop", "-o", "jsonpath={.metadata.uid}"]));
    let owned = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: owned, namespace: shop, ownerReferences: [{{apiVersion: apps/v1, kind: Deployment, name: web, uid: {uid}}}]}}}}"
    );
    if !cluster.is_real() {
        cluster.apply(&owned);
    }
    assert_eq!(out(cluster.kubectl(["delete", "deploy", "web", "-n", "shop"])), "deployment.apps \"web\" deleted\n");
    assert!(fails(cluster.kubectl(["get", "cm", "owned", "-n", "shop"])).contains("NotFound"));
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [test.example/hold]}}");
    out(cluster.kubectl(["delete", "cm", "held", "--wait=false"]));
    assert_ne!(out(cluster.kubectl(["get", "cm", "held", "-o", "jsonpath={.metadata.deletionTimestamp}"])), "");
    out(cluster.kubectl(["patch", "cm", "held", "--type=merge", "-p", r#"{"metadata":{"finalizers":null}}"#]));
    assert!(fails(cluster.kubectl(["get", "cm", "held"])).contains("NotFound"));
}

#[test]
fn can_i_answers_by_the_rules_granted() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["pods", "pods/log", "virtualservices.networking.istio.io"]));
    assert_eq!(out(cluster.kubectl_as("dev", ["auth", "can-i", "list", "pods", "-n", "shop"])), "yes\n");
    let mut elsewhere = cluster.kubectl_as("dev", ["auth", "can-i", "list", "pods", "-A"]);
    assert_eq!(elsewhere.assert().code(1).get_output().stdout, b"no\n");
    let listed = out(cluster.kubectl_as("dev", ["auth", "can-i", "--list", "-n", "shop"]));
    assert!(listed.contains("virtualservices.networking.istio.io"), "{listed}");
    let refused = fails(cluster.kubectl_as("dev", ["get", "pods", "-A"]));
    assert_eq!(
        refused,
        "Error from server (Forbidden): pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" at the cluster scope\n"
    );
    let refused = fails(cluster.kubectl(["get", "pods", "-n", "shop", "--as", "nobody"]));
    assert!(refused.contains("User \"nobody\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\""), "{refused}");
}

#[test]
fn a_watch_reports_what_happens() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    let mut watch = std::process::Command::new("kubectl")
        .args(["get", "pods", "-n", "shop", "-w", "--no-headers", "--output-watch-events", "--request-timeout=20s"])
        .env("KUBECONFIG", cluster.kubeconfig_for("admin"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(watch.stdout.take().unwrap()));
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next().split_whitespace().take(2).collect::<Vec<_>>(), ["ADDED", "web-1"]);
    out(cluster.kubectl(["label", "pod", "web-1", "-n", "shop", "x=y"]));
    assert_eq!(next().split_whitespace().take(2).collect::<Vec<_>>(), ["MODIFIED", "web-1"]);
    // It is on a node, whose kubelet is to end it: until then it is only marked.
    out(cluster.kubectl(["delete", "pod", "web-1", "-n", "shop", "--wait=false"]));
    assert_eq!(next().split_whitespace().take(2).collect::<Vec<_>>(), ["MODIFIED", "web-1"]);
    out(cluster.kubectl(["delete", "pod", "web-1", "-n", "shop", "--grace-period=0", "--force"]));
    let last = std::iter::from_fn(|| Some(next())).find(|line| !line.starts_with("MODIFIED")).unwrap();
    assert_eq!(last.split_whitespace().take(2).collect::<Vec<_>>(), ["DELETED", "web-1"]);
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn invalid_objects_are_refused() {
    let cluster = TestCluster::start();
    let refused = |yaml: &str| {
        let mut create = cluster.kubectl(["create", "-f", "-"]);
        create.write_stdin(json(yaml));
        fails(create)
    };
    let missing = refused("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: nowhere}}");
    assert!(missing.contains("namespaces \"nowhere\" not found"), "{missing}");
    let name = refused("{apiVersion: v1, kind: ConfigMap, metadata: {name: Upper}}");
    assert!(name.contains("The ConfigMap \"Upper\" is invalid: metadata.name: Invalid value: \"Upper\""), "{name}");
    let label = refused("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, labels: {a: 'no spaces'}}}");
    assert!(label.contains("metadata.labels: Invalid value: \"no spaces\""), "{label}");
    let image = refused("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c}]}}");
    assert!(image.contains("spec.containers[0].image: Required value"), "{image}");
    let ports = refused("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}, {port: 81, name: b}]}}");
    assert!(ports.contains("spec.ports[0].name: Required value"), "{ports}");
    let protected = refused(
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: as.x.k8s.io}, spec: {group: x.k8s.io, scope: Cluster, \
         names: {kind: A, plural: as}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}",
    );
    assert!(protected.contains("api-approved.kubernetes.io"), "{protected}");
}

#[test]
fn scale_goes_through_its_subresource() {
    let cluster = TestCluster::start();
    cluster.apply(WEB);
    assert_eq!(out(cluster.kubectl(["scale", "deploy", "web", "-n", "shop", "--replicas=5"])), "deployment.apps/web scaled\n");
    assert_eq!(out(cluster.kubectl(["get", "deploy", "-n", "shop", "web", "-o", "jsonpath={.spec.replicas}"])), "5");
}
