//! Every fault, as the kube crate sees it.

use crate::apiserver::{Act, Fault};
use crate::cluster::{ADMIN, TestCluster};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams};
use std::time::Duration;

fn list(cluster: &TestCluster, params: &ListParams) -> Result<kube::core::ObjectList<ConfigMap>, kube::Error> {
    let api: Api<ConfigMap> = Api::namespaced(cluster.client(ADMIN), "default");
    cluster.wait(api.list(params))
}

fn said(act: Act) -> String {
    let cluster = TestCluster::standin();
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}");
    cluster.server().fault(Fault::new(act).verb("list").resource("configmaps").times(1));
    let first = match list(&cluster, &ListParams::default()) {
        Err(kube::Error::Api(status)) => format!("{} {}: {}", status.code, status.reason, status.message),
        Err(other) => format!("error {other:?}"),
        Ok(list) => format!("ok {}", list.items.len()),
    };
    assert_eq!(list(&cluster, &ListParams::default()).unwrap().items.len(), 1, "the fault was ordered once");
    first
}

fn starts(act: Act, with: &str) {
    let said = said(act);
    assert!(said.starts_with(with), "{said}");
}

#[test]
fn refusals_are_those_of_the_real_server() {
    assert_eq!(said(Act::Unauthorized), "401 Unauthorized: Unauthorized");
    assert_eq!(
        said(Act::Forbidden),
        "403 Forbidden: configmaps is forbidden: User \"admin\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\""
    );
    assert!(said(Act::NotServed).starts_with("404"));
    assert!(said(Act::Expired { fresh: None }).starts_with("410 Expired: The provided continue parameter is too old"));
    assert_eq!(said(Act::TooManyRequests { seconds: 1 }), "429 TooManyRequests: too many requests, please try again later");
    assert!(said(Act::Internal).starts_with("500 InternalError"));
    assert!(said(Act::Unavailable).starts_with("503 ServiceUnavailable"));
}

#[test]
fn broken_bodies_are_errors() {
    starts(Act::Truncate { bytes: 40 }, "error SerdeError");
    starts(Act::Cut { bytes: 40 }, "error Service(hyper::Error(Body");
    starts(Act::Drop, "error");
    let html = Act::Raw { status: 200, content_type: "text/html", body: b"<html>Sign in</html>".to_vec() };
    starts(html, "error SerdeError");
    starts(Act::Edit(|list| list["items"][0]["data"] = "x".into()), "error SerdeError");
}

#[test]
fn slow_and_huge_bodies_arrive() {
    assert_eq!(said(Act::Delay(Duration::from_millis(20))), "ok 1");
    assert_eq!(said(Act::Drip { bytes: 100, pause: Duration::from_millis(1) }), "ok 1");
    assert_eq!(said(Act::Pad { bytes: 5_000_000 }), "ok 1");
}

#[test]
fn a_compacted_continue_token_comes_with_one_for_the_inconsistent_rest() {
    let cluster = TestCluster::standin();
    for name in ["a", "b", "c"] {
        cluster.apply(&format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}"));
    }
    let first = list(&cluster, &ListParams::default().limit(1)).unwrap();
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: d}}");
    cluster.server().compact();
    let page = |token: &str| list(&cluster, &ListParams::default().continue_token(token));
    let Err(kube::Error::Api(status)) = page(&first.metadata.continue_.unwrap()) else { panic!("the token is too old") };
    assert_eq!((status.code, status.reason.as_str()), (410, "Expired"));
    let fresh = status.metadata.unwrap().continue_.unwrap();
    assert_eq!(page(&fresh).unwrap().items.len(), 3);
}

#[test]
fn requests_are_recorded_without_those_that_build_the_cluster() {
    let cluster = TestCluster::standin();
    assert!(cluster.server().requests().is_empty());
    list(&cluster, &ListParams::default().labels("a=b").limit(7)).unwrap();
    let requests = cluster.server().requests();
    let [one] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((one.verb, one.path.as_str(), one.user.as_str(), one.status), ("list", "/api/v1/namespaces/default/configmaps", "admin", 200));
    assert_eq!((one.param("labelSelector"), one.param("limit")), (Some("a=b"), Some("7")));
}
