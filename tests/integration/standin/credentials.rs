//! Who a request is taken to come from.

use crate::apiserver::rbac::Identity;
use crate::apiserver::{Content, Options};
use crate::cluster::{TestCluster, rules};
use crate::kubeconfig::{Credentials, Kubeconfig, exec_plugin, exec_plugin_calls};

fn who_am_i(cluster: &TestCluster, credentials: &Credentials) -> String {
    let path = cluster.home().join("own.kubeconfig");
    cluster.context(Kubeconfig::default(), "own", credentials, Some("shop")).write(&path);
    let output = cluster.command("kubectl", &path, ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"]).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn every_kind_of_credential_names_its_user() {
    let cluster = TestCluster::standin();
    assert_eq!(who_am_i(&cluster, &Credentials::Token(cluster.token("alice"))), "alice");
    assert_eq!(who_am_i(&cluster, &Credentials::Certificate(cluster.certificate("carl"))), "carl");
    let file = cluster.home().join("token");
    std::fs::write(&file, "alice").unwrap();
    assert_eq!(who_am_i(&cluster, &Credentials::TokenFile(file)), "alice");
    let plugin = exec_plugin(cluster.home(), "alice");
    assert_eq!(who_am_i(&cluster, &Credentials::Exec(plugin.clone())), "alice");
    // kubectl may ask it once for each of its clients.
    assert!(exec_plugin_calls(&plugin) >= 1);
    cluster.server().revoke("alice");
    let refused = who_am_i(&cluster, &Credentials::Token("alice".into()));
    assert!(refused.contains("Unauthorized") || refused.contains("logged in"), "{refused}");
    // kubectl would ask for a password here, so this is the kube crate's turn.
    let path = cluster.home().join("nobody.kubeconfig");
    cluster.context(Kubeconfig::default(), "nobody", &Credentials::None, None).write(&path);
    let client = cluster.client_with(&path);
    let refused = cluster.wait(async move { client.list_core_api_resources("v1").await }).unwrap_err().to_string();
    assert!(refused.contains("forbidden: User \"system:anonymous\" cannot get path \"/api/v1\""), "{refused}");
}

#[test]
fn service_accounts_are_in_their_groups() {
    let cluster = TestCluster::standin();
    cluster.server().token("sa", Identity::new("system:serviceaccount:shop:web", &[]));
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    cluster.apply(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}, rules: [{apiGroups: [''], resources: [pods], verbs: [list]}]}",
    );
    cluster.apply(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b, namespace: shop}, \
         roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}, \
         subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:serviceaccounts:shop'}]}",
    );
    let path = cluster.home().join("sa.kubeconfig");
    cluster.context(Kubeconfig::default(), "sa", &Credentials::Token("sa".into()), Some("shop")).write(&path);
    cluster.command("kubectl", &path, ["get", "pods"]).assert().success();
    cluster.command("kubectl", &path, ["get", "pods", "-n", "default"]).assert().failure();
}

#[test]
fn impersonation_needs_the_right_to_it() {
    let cluster = TestCluster::standin();
    cluster.grant("boss", &rules(&["impersonate"], &["users"]));
    cluster.grant("clerk", &rules(&["list"], &["pods"]));
    cluster.kubectl_as("boss", ["get", "pods", "-A", "--as", "clerk"]).assert().success();
    let refused = cluster.kubectl_as("clerk", ["get", "pods", "-A", "--as", "boss"]).assert().failure().get_output().stderr.clone();
    let refused = String::from_utf8(refused).unwrap();
    assert!(refused.contains("users \"boss\" is forbidden: User \"clerk\" cannot impersonate resource \"users\""), "{refused}");
}

#[test]
fn a_protobuf_encoder_serves_core_kinds_only_and_without_one_the_answer_is_406() {
    let ask = |content: Content, path: &str| {
        let cluster = TestCluster::standin_with(Options { content, ..Options::default() });
        let request = http::Request::get(path).header("accept", "application/vnd.kubernetes.protobuf").body(Vec::new()).unwrap();
        let client = cluster.client("admin");
        cluster.wait(async move { client.request_text(request).await }).map_err(|e| e.to_string())
    };
    let encoder = Content::Protobuf(|value| Some(format!("k8s {}", value["kind"]).into_bytes()));
    assert_eq!(ask(encoder, "/api/v1/pods").unwrap(), "k8s \"PodList\"");
    let custom = ask(encoder, "/apis/networking.istio.io/v1/virtualservices").unwrap_err();
    assert!(custom.contains("only the following media types are accepted"), "{custom}");
    assert!(ask(Content::Json, "/api/v1/pods").unwrap_err().contains("only the following media types are accepted"));
}

#[test]
fn a_schema_prunes_and_refuses_as_its_definition_says() {
    let cluster = TestCluster::bare();
    cluster.apply(
        "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.test.example}
spec:
  group: test.example
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [mode]
            properties:
              mode: {type: string, enum: [A, B]}
              size: {type: integer, default: 3}
",
    );
    let create = |spec: &str, extra: &'static str| {
        let mut command = cluster.kubectl(["create", "-o", "jsonpath={.spec}", extra, "-f", "-"]);
        let yaml = format!("{{apiVersion: test.example/v1, kind: Thing, metadata: {{generateName: t-}}, spec: {spec}}}");
        command.write_stdin(serde_saphyr::from_str::<serde_json::Value>(&yaml).unwrap().to_string());
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert_eq!(create("{mode: A, other: x}", "--validate=ignore"), r#"{"mode":"A","size":3}"#);
    if cluster.minor() < 25 {
        return; // kubectl validates by itself, in other words.
    }
    assert!(create("{mode: A, other: x}", "--validate=strict").contains("unknown field \"spec.other\""));
    assert!(create("{mode: C}", "--validate=strict").contains("spec.mode: Unsupported value: \"C\": supported values: \"A\", \"B\""));
    assert!(create("{size: 1}", "--validate=strict").contains("spec.mode: Required value"));
    assert!(create("{mode: A, size: big}", "--validate=strict").contains("must be of type integer"));
}
