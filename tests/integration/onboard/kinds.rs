//! Workloads that are no Deployments, and writes as a real API server takes them where there is one.

use serde_json::{Value, json};

use super::{ISTIO, LINKERD, behave, mesh, objects, shop};
use crate::apiserver::machinery::{Behaviour, Fate, Injector};
use crate::cluster::TestCluster;

const AGENT: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {serviceAccountName: agent, containers: [{name: app, image: 'shop/agent:1'}]}}
";

fn agent(fate: Fate) -> TestCluster {
    let cluster = shop(Injector::Linkerd, AGENT);
    let ready = || cluster.get("/apis/apps/v1/namespaces/shop/daemonsets/agent").unwrap()["status"]["numberAvailable"] == 1;
    assert!(
        (0..2000).any(|_| ready() || {
            std::thread::sleep(std::time::Duration::from_millis(5));
            false
        }),
        "no pod"
    );
    behave(&cluster, Behaviour { injector: Injector::Linkerd, fate, revision: "default", ..Behaviour::default() });
    cluster
}

#[test]
fn a_daemon_set_is_rolled_node_by_node_and_brought_back() {
    let cluster = agent(Fate::Ready);
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "ds/agent", "-n", "shop", "--yes"]);
    assert!(code == 0 && out.contains("1 pod as expected"), "{out}{err}");
    let (code, out, err) = mesh(&cluster, &["offboard", "-s", "ds/agent", "-n", "shop", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(objects(&cluster), before);
    let cluster = agent(Fate::CrashLoop);
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "ds/agent", "-n", "shop", "--yes"]);
    assert!(code == 1 && out.contains("exits 255") && out.contains("everything is as it was before"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
}

/// What no controller has to roll out.
const REPORT: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: report, namespace: shop}
spec: {selector: {app: report}, ports: [{name: nats, port: 4222}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: report, namespace: shop}
spec: {podSelector: {matchLabels: {app: report}}, policyTypes: [Ingress], ingress: [{ports: [{port: 4222, protocol: TCP}]}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec:
  schedule: '0 1 * * *'
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: report}}
        spec: {restartPolicy: Never, serviceAccountName: report, containers: [{name: nats, image: 'nats:2', ports: [{containerPort: 4222}]}]}
";

/// What a real server without an injector behind it stands in the way with.
const FORCED: [&str; 8] = ["--force", "injector-down", "--force", "rehearsal", "--force", "job-never-ends", "--force", "cluster-networks"];

#[test]
fn a_cron_job_is_written_for_its_next_run_and_taken_out_again() {
    let cluster = TestCluster::start();
    cluster.apply(LINKERD);
    cluster.apply(REPORT);
    let before = objects(&cluster);
    let template = || cluster.get("/apis/batch/v1/namespaces/shop/cronjobs/report").unwrap()["spec"]["jobTemplate"]["spec"]["template"].clone();
    let (code, out, err) = mesh(&cluster, &[&["onboard", "-s", "cronjob/report", "-n", "shop", "--dry-run=server"][..], &FORCED].concat());
    assert!(code == 0 && err.contains("the API server accepts every write"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
    let (code, out, err) = mesh(&cluster, &[&["onboard", "-s", "cronjob/report", "-n", "shop", "--yes"][..], &FORCED].concat());
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(template()["metadata"]["annotations"]["linkerd.io/inject"], "enabled");
    let opaque = cluster.get("/api/v1/namespaces/shop/services/report").unwrap()["metadata"]["annotations"]["config.linkerd.io/opaque-ports"].clone();
    assert!(opaque.as_str().is_some_and(|list| list.contains("4222")), "{opaque}");
    let also = ["offboard", "-s", "cronjob/report", "-n", "shop", "--also", "networkpolicy/report"];
    let (code, out, err) = mesh(&cluster, &[&also[..], &["--dry-run=server"]].concat());
    assert!(code == 0 && err.contains("the API server accepts every write"), "{out}{err}");
    let (code, out, err) = mesh(&cluster, &[&also[..], &["--yes"]].concat());
    assert_eq!(code, 0, "{out}{err}");
    assert!(cluster.get("/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/report").is_err(), "{out}");
    let gone = "\"podSelector\"";
    assert!(before.contains(gone) && !objects(&cluster).contains(gone), "{out}");
    assert_eq!(template()["metadata"], json!({"labels": {"app": "report"}}), "{out}");
}

#[test]
fn a_policy_is_made_and_edited_as_a_server_takes_it() {
    let cluster = TestCluster::start();
    // Without its webhook: there is nobody who would answer it.
    let plane = ISTIO.split("---").nth(1).unwrap();
    cluster.apply(plane);
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}");
    cluster.apply(
        "{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}}",
    );
    let metadata = "labels: {app: cart, pod-template-hash: 5d8f}, annotations: {sidecar.istio.io/status: '{\"revision\":\"default\"}'}";
    let containers = "containers: [{name: app, image: x}, {name: istio-proxy, image: 'istio/proxyv2:1.27.1'}]";
    cluster.apply(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: app, image: x, ports: [{containerPort: 80}]}]}}}
",
    );
    cluster.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: cart-5d8f-x, namespace: shop, {metadata}, ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: cart-5d8f, uid: '1', controller: true}}]}}
spec: {{{containers}}}
status: {{phase: Running, conditions: [{{type: Ready, status: 'True'}}]}}
"
    ));
    let before = objects(&cluster);
    let strict = ["onboard", "-s", "cart", "-n", "shop", "--mtls", "strict", "--yes", "--force", "injector-down", "--force", "rehearsal"];
    let (code, out, err) = mesh(&cluster, &[&strict[..], &["--force", "not-taken"]].concat());
    assert_eq!(code, 0, "{out}{err}");
    let made = cluster.get("/apis/security.istio.io/v1/namespaces/shop/peerauthentications/cart-strict").unwrap_or(Value::Null);
    assert_eq!(made["spec"]["mtls"]["mode"], "STRICT", "{out}{err}");
    assert_eq!(made["metadata"]["generation"], 1, "what undo goes by");
    let (code, out, err) = mesh(&cluster, &["offboard", "-s", "cart", "-n", "shop", "--dry-run=server"]);
    assert!(code == 0 && out.contains("- spec.mtls.mode: \"STRICT\"") && err.contains("accepts every write"), "{out}{err}");
    assert_ne!(objects(&cluster), before);
}
