//! What the kube crate makes of the stand-in.

use crate::cluster::{ADMIN, TestCluster};
use futures::TryStreamExt;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, WatchEvent, WatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::json;

fn virtual_services(cluster: &TestCluster) -> Api<DynamicObject> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("networking.istio.io", "v1", "VirtualService"));
    Api::namespaced_with(cluster.client(ADMIN), "default", &kind)
}

fn config_maps(cluster: &TestCluster, n: usize) {
    for i in 0..n {
        cluster.apply(&format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{i}, labels: {{half: h{}}}}}}}", i % 2));
    }
}

fn list(cluster: &TestCluster, query: &str) -> Result<serde_json::Value, kube::Error> {
    cluster.get(&format!("/api/v1/namespaces/default/configmaps?{query}"))
}

fn names(list: &serde_json::Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|i| i["metadata"]["name"].as_str().unwrap()).collect()
}

fn code(result: Result<serde_json::Value, kube::Error>) -> u16 {
    match result {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("expected a refusal: {other:?}"),
    }
}

#[test]
fn pages_stay_at_the_version_of_the_first() {
    let cluster = TestCluster::start();
    config_maps(&cluster, 5);
    let first = list(&cluster, "limit=2").unwrap();
    assert_eq!((names(&first), &first["metadata"]["remainingItemCount"]), (vec!["c0", "c1"], &json!(3)));
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c2a}}");
    cluster.request("DELETE", "/api/v1/namespaces/default/configmaps/c3", "application/json", &json!(null)).unwrap();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let rest = list(&cluster, &format!("continue={token}")).unwrap();
    assert_eq!(names(&rest), ["c2", "c3", "c4"]);
    assert_eq!(rest["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert!(rest["metadata"]["continue"].is_null() && rest["items"][0]["kind"].is_null());
    assert_eq!(names(&list(&cluster, "").unwrap()), ["c0", "c1", "c2", "c2a", "c4"]);
    assert_eq!(code(list(&cluster, &format!("continue={token}&resourceVersion=7"))), 400);
}

#[test]
fn a_selector_hides_how_many_remain() {
    let cluster = TestCluster::start();
    config_maps(&cluster, 5);
    let page = list(&cluster, "limit=1&labelSelector=half%3Dh1").unwrap();
    assert_eq!(names(&page), ["c1"]);
    assert!(page["metadata"]["continue"].is_string() && page["metadata"]["remainingItemCount"].is_null());
    assert_eq!(names(&list(&cluster, "limit=1&resourceVersion=0").unwrap()).len(), 5, "the watch cache pays no attention to a limit");
    assert_eq!(code(list(&cluster, "resourceVersion=999999")), 504);
}

#[test]
fn a_watch_from_a_list_misses_nothing() {
    let cluster = TestCluster::start();
    let api = virtual_services(&cluster);
    let service = |hosts: &str| {
        format!(
            "{{apiVersion: networking.istio.io/v1beta1, kind: VirtualService, metadata: {{name: v, labels: {{a: b}}}}, spec: {{hosts: [{hosts}]}}}}"
        )
    };
    cluster.apply(&service("one"));
    let version = cluster.wait(api.list(&ListParams::default())).unwrap().metadata.resource_version.unwrap();
    cluster.apply(&service("two"));
    cluster.request("DELETE", "/apis/networking.istio.io/v1/namespaces/default/virtualservices/v", "application/json", &json!(null)).unwrap();
    let seen = cluster.wait(async {
        let events = api.watch(&WatchParams::default().labels("a=b").timeout(1), &version).await.unwrap();
        events.try_collect::<Vec<_>>().await.unwrap()
    });
    let said: Vec<String> = seen
        .iter()
        .map(|event| match event {
            WatchEvent::Modified(o) => format!("modified {} {}", o.types.as_ref().unwrap().api_version, o.data["spec"]["hosts"][0]),
            WatchEvent::Deleted(o) => format!("deleted {}", o.metadata.name.as_ref().unwrap()),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(said, ["modified networking.istio.io/v1 \"two\"", "deleted v"]);
}

#[test]
fn apply_conflicts_carry_their_causes() {
    let cluster = TestCluster::start();
    let api = virtual_services(&cluster);
    let apply = |manager: &str, hosts: &str| {
        let object = json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "v"}, "spec": {"hosts": [hosts]}});
        cluster.wait(api.patch("v", &PatchParams::apply(manager), &Patch::Apply(object)))
    };
    apply("one", "a").unwrap();
    let version = apply("one", "a").unwrap().metadata.resource_version;
    assert_eq!(apply("one", "a").unwrap().metadata.resource_version, version, "an apply that changes nothing writes nothing");
    apply("two", "a").unwrap();
    let Err(kube::Error::Api(status)) = apply("three", "b") else { panic!("two managers own the field") };
    assert_eq!(status.code, 409);
    assert_eq!(status.message, "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.hosts\nconflicts with \"two\":\n- .spec.hosts");
    let causes = status.details.unwrap().causes;
    assert_eq!(causes.iter().map(|c| c.field.as_str()).collect::<Vec<_>>(), [".spec.hosts", ".spec.hosts"]);
}

#[test]
fn a_stale_replace_is_a_conflict_and_status_has_a_door_of_its_own() {
    let cluster = TestCluster::start();
    let api = virtual_services(&cluster);
    cluster.apply("{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v}, spec: {hosts: [a]}, status: {ready: true}}");
    let mut first = cluster.wait(api.get("v")).unwrap();
    assert_eq!(first.data["status"], json!({"ready": true}));
    first.data["status"] = json!({"ready": false});
    first.data["spec"]["hosts"] = json!(["b"]);
    let stored = cluster.wait(api.replace("v", &Default::default(), &first)).unwrap();
    assert_eq!((&stored.data["status"], stored.metadata.generation), (&json!({"ready": true}), Some(2)));
    let Err(kube::Error::Api(status)) = cluster.wait(api.replace("v", &Default::default(), &first)) else { panic!("stale") };
    assert_eq!((status.code, status.reason.as_str()), (409, "Conflict"));
}

#[test]
fn definitions_come_and_go() {
    let cluster = TestCluster::bare();
    let path = "/apis/policy.linkerd.io/v1beta3/servers";
    assert_eq!(code(cluster.get(path)), 404);
    cluster.define(&[kubectl_mesh::model::Kind::Server]);
    assert_eq!(cluster.get(path).unwrap()["kind"], "ServerList");
    let groups = cluster.get("/apis/policy.linkerd.io").unwrap();
    assert_eq!(groups["preferredVersion"]["version"], "v1beta3");
    cluster.undefine("policy.linkerd.io");
    assert_eq!(code(cluster.get("/apis/policy.linkerd.io")), 404);
}

#[test]
fn metadata_lists_and_aggregated_discovery_are_understood() {
    let cluster = TestCluster::start();
    config_maps(&cluster, 2);
    let api: Api<DynamicObject> =
        Api::namespaced_with(cluster.client(ADMIN), "default", &ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap")));
    assert_eq!(cluster.wait(api.list_metadata(&ListParams::default())).unwrap().items.len(), 2);
    if cluster.minor() < 26 {
        return; // Discovery was not aggregated yet.
    }
    let client = cluster.client(ADMIN);
    let all = cluster.wait(async { kube::discovery::Discovery::new(client).run_aggregated().await.unwrap() });
    assert!(all.groups().any(|g| g.name() == "networking.istio.io"));
}
