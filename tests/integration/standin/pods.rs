//! Logs, exec, port-forward and proxy of pods.

use crate::apiserver::ws::{Output, Port};
use crate::cluster::{ADMIN, TestCluster, rules};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, AttachParams};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn cluster() -> TestCluster {
    let cluster = TestCluster::standin();
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: a}, {name: b, image: b}]}}");
    cluster.server().script(|scripts| {
        scripts.set_log("default", "p", "a", "one\ntwo\n");
        scripts.set_exec("default", "p", &["cat"], Output { stdout: "text\n".into(), ..Output::default() });
        scripts.set_exec("default", "p", &["false"], Output { stderr: "no\n".into(), code: 3, ..Output::default() });
        scripts.set_port("default", "p", 15000, Port::Http([("/ready".to_owned(), (200, "LIVE\n".to_owned()))].into()));
    });
    cluster
}

#[test]
fn logs_need_a_container_where_there_are_two() {
    let cluster = cluster();
    let logs = cluster.kubectl(["logs", "p", "-c", "a", "--tail=1"]).assert().success().get_output().stdout.clone();
    assert_eq!(logs, b"two\n");
    let refused = cluster.get("/api/v1/namespaces/default/pods/p/log").unwrap_err().to_string();
    assert!(refused.contains("a container name must be specified for pod p, choose one of: [a b]"), "{refused}");
}

#[test]
fn exec_answers_by_script() {
    let cluster = cluster();
    let done = cluster.kubectl(["exec", "p", "-c", "a", "--", "cat", "/etc/x"]).assert().success().get_output().stdout.clone();
    assert_eq!(done, b"text\n");
    let failed = cluster.kubectl(["exec", "p", "-c", "a", "--", "false"]).assert().code(3).get_output().stderr.clone();
    assert_eq!(String::from_utf8_lossy(&failed), "no\ncommand terminated with exit code 3\n");
    let api: Api<Pod> = Api::default_namespaced(cluster.client(ADMIN));
    let text = cluster.wait(async {
        let mut process = api.exec("p", ["cat"], &AttachParams::default().container("a").stderr(false)).await.unwrap();
        let mut text = String::new();
        process.stdout().unwrap().read_to_string(&mut text).await.unwrap();
        text
    });
    assert_eq!(text, "text\n");
}

#[test]
fn ports_forward_to_scripted_pages() {
    let cluster = cluster();
    let api: Api<Pod> = Api::default_namespaced(cluster.client(ADMIN));
    let answer = cluster.wait(async {
        let mut forwarder = api.portforward("p", &[15000]).await.unwrap();
        let mut stream = forwarder.take_stream(15000).unwrap();
        stream.write_all(b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    });
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("LIVE\n"), "{answer}");
    let error = cluster.wait(async {
        let mut forwarder = api.portforward("p", &[1]).await.unwrap();
        forwarder.take_error(1).unwrap().await.unwrap()
    });
    assert!(error.contains("connection refused"), "{error}");
}

#[test]
fn the_proxy_of_a_pod_needs_its_own_right() {
    let cluster = cluster();
    cluster.grant("viewer", &rules(&["get", "list"], &["pods"]));
    let path = "/api/v1/namespaces/default/pods/p:15000/proxy/ready";
    let live = cluster.kubectl(["get", "--raw", path]).assert().success().get_output().stdout.clone();
    assert_eq!(live, b"LIVE\n");
    let refused = cluster.kubectl_as("viewer", ["get", "--raw", path]).assert().failure().get_output().stderr.clone();
    assert!(String::from_utf8_lossy(&refused).contains("cannot get resource \"pods/proxy\""), "{refused:?}");
}
