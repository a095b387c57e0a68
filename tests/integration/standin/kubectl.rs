//! What the real kubectl makes of the stand-in.

use crate::cluster::TestCluster;

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
status: {phase: Running, containerStatuses: [{name: web, ready: true, restartCount: 3}]}
";

fn fails(mut command: assert_cmd::Command) -> String {
    let output = command.assert().failure().get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

fn out(mut command: assert_cmd::Command) -> String {
    let output = command.assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
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
