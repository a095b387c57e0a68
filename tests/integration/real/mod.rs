//! On real control planes: etcd, kube-apiserver, its controllers and scheduler, kwok in the place of kubelets, and istiod with its own webhooks, started
//! by `tests/real/control-plane` from the folder of binaries that `KUBECTL_MESH_REAL` names. Without it these tests are skipped, and say so.
//!
//! One control plane serves all of them; each test keeps to namespaces of its own.

mod injection;
mod kills;
mod onboard;
mod validation;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::TestCluster;
use crate::mesh::said;

/// A control plane that works by itself.
pub(crate) struct ControlPlane {
    kubeconfig: PathBuf,
    url: String,
    /// Its supervisor takes everything down when this is closed: at the latest when the tests end, or are ended.
    _open: ChildStdin,
}

/// The folder of binaries, where one was asked for.
fn binaries() -> Option<PathBuf> {
    std::env::var_os("KUBECTL_MESH_REAL").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real")
}

impl ControlPlane {
    #[allow(clippy::zombie_processes, reason = "it ends when the pipe that is held here does")]
    fn start() -> Self {
        // The supervisor makes and removes it.
        let folder = std::env::temp_dir().join(format!("kubectl-mesh-real-{}", std::process::id()));
        let mut supervisor = Command::new(here().join("control-plane"))
            .arg("up")
            .arg(&folder)
            .args(["--istio", "--attended"])
            .env("KWOK_CONFIG", here().join("stages.yaml"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if !line.starts_with("ready") {
            let mut why = String::new();
            supervisor.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("the control plane did not start: {why}");
        }
        let kubeconfig = folder.join("kubeconfig");
        let text = std::fs::read_to_string(&kubeconfig).unwrap();
        let url = text.split('"').find(|part| part.starts_with("https://")).unwrap().to_owned();
        Self { kubeconfig, url, _open: supervisor.stdin.take().unwrap() }
    }
}

/// The control plane that all tests share. Nothing, and a word past the capture of what tests print, where it was not asked for.
fn cluster(test: &str) -> Option<TestCluster> {
    static PLANE: OnceLock<ControlPlane> = OnceLock::new();
    if binaries().is_none() {
        let said = format!("skipped: real::{test}, since KUBECTL_MESH_REAL names no folder of control planes (tests/real/control-plane build)\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return None;
    }
    let plane = PLANE.get_or_init(ControlPlane::start);
    Some(TestCluster::over_control_plane(plane.kubeconfig.clone(), plane.url.clone()))
}

fn mesh(cluster: &TestCluster, args: &[&str]) -> (i32, String, String) {
    said(&cluster.mesh(args.iter().copied()).output().unwrap())
}

/// A program of the control plane's, as the administrator.
fn tool(cluster: &TestCluster, program: &str, args: &[&str]) -> (i32, String, String) {
    let program = binaries().unwrap().join(program);
    said(&cluster.command(program.to_str().unwrap(), &cluster.kubeconfig_for(crate::cluster::ADMIN), args.iter().copied()).output().unwrap())
}

/// A shop in a namespace: a cart that others call, with a Service whose port says nothing of its protocol, and another workload. `fate` is what becomes of
/// pods of the cart with a proxy, by a Stage of kwok's.
fn shop(cluster: &TestCluster, namespace: &str, labels: &str, fate: &str) {
    let text = format!(
        "
apiVersion: v1
kind: Namespace
metadata: {{name: {namespace}, labels: {{{labels}}}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: cart, namespace: {namespace}}}
---
apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: {namespace}}}
spec: {{selector: {{app: cart}}, ports: [{{name: web, port: 80, targetPort: 8080}}, {{name: cache, port: 6379}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart, namespace: {namespace}, annotations: {{note: kept}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: cart}}}}
  template:
    metadata: {{labels: {{app: cart, fate: '{fate}'}}}}
    spec:
      serviceAccountName: cart
      securityContext: {{runAsNonRoot: true, runAsUser: 1000, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
      - name: app
        image: shop/cart:1
        ports: [{{containerPort: 8080}}, {{containerPort: 6379}}]
        readinessProbe: {{httpGet: {{path: /, port: 8080}}}}
        resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{cpu: 100m, memory: 64Mi}}}}
        securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: other, namespace: {namespace}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: other}}}}
  template:
    metadata: {{labels: {{app: other}}}}
    spec:
      securityContext: {{runAsNonRoot: true, runAsUser: 1000, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
      - name: app
        image: shop/other:1
        resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{cpu: 100m, memory: 64Mi}}}}
        securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
"
    );
    cluster.apply(&text);
    settle(cluster, namespace);
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until every Deployment of a namespace has its pods, and no others.
fn settle(cluster: &TestCluster, namespace: &str) {
    until("the Deployments come to rest", || {
        let list = cluster.get(&format!("/apis/apps/v1/namespaces/{namespace}/deployments")).unwrap();
        list["items"].as_array().unwrap().iter().all(|deployment| {
            let wanted = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
            let count = |field: &str| deployment["status"][field].as_u64().unwrap_or(0);
            let pods = pods(cluster, namespace, deployment["metadata"]["name"].as_str().unwrap());
            deployment["status"]["observedGeneration"] == deployment["metadata"]["generation"]
                && ["readyReplicas", "updatedReplicas", "replicas"].iter().all(|field| count(field) == wanted)
                && pods.len() as u64 == wanted
        })
    });
}

/// The containers of each pod of a workload, those of Istio among them.
fn pods(cluster: &TestCluster, namespace: &str, app: &str) -> Vec<Vec<String>> {
    let list = cluster.get(&format!("/api/v1/namespaces/{namespace}/pods?labelSelector=app%3D{app}")).unwrap();
    list["items"].as_array().unwrap().iter().map(containers).collect()
}

fn containers(pod: &Value) -> Vec<String> {
    let lists = ["containers", "initContainers"].iter().flat_map(|list| pod["spec"][*list].as_array().into_iter().flatten());
    lists.map(|container| container["name"].as_str().unwrap().to_owned()).collect()
}

fn is_proxied(pod: &[String]) -> bool {
    pod.iter().any(|container| container == "istio-proxy")
}

/// The objects that a plan may touch, without what servers and controllers count.
fn objects(cluster: &TestCluster, namespace: &str) -> String {
    let mut all = vec![cluster.get(&format!("/api/v1/namespaces/{namespace}")).unwrap()];
    for (group, plurals) in [
        ("/api/v1", &["services", "configmaps"][..]),
        ("/apis/apps/v1", &["deployments"]),
        ("/apis/security.istio.io/v1", &["peerauthentications", "authorizationpolicies"]),
        ("/apis/networking.istio.io/v1", &["destinationrules", "virtualservices"]),
        ("/apis/gateway.networking.k8s.io/v1", &["gateways", "httproutes"]),
        ("/apis/networking.k8s.io/v1", &["networkpolicies"]),
    ] {
        for plural in plurals {
            let list = cluster.get(&format!("{group}/namespaces/{namespace}/{plural}")).unwrap();
            all.extend(list["items"].as_array().unwrap().iter().cloned());
        }
    }
    // Those come from controllers, whenever they get to it.
    all.retain(|object| !object["metadata"]["name"].as_str().unwrap().ends_with("root-cert") && object["metadata"]["name"] != "kube-root-ca.crt");
    for object in &mut all {
        for field in ["managedFields", "resourceVersion", "generation"] {
            object["metadata"].as_object_mut().unwrap().remove(field);
        }
        object.as_object_mut().unwrap().remove("status");
        // The number of the ReplicaSet in force, which counts rollouts.
        if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
            annotations.remove("deployment.kubernetes.io/revision");
        }
    }
    all.iter().map(|object| serde_json::to_string_pretty(object).unwrap()).collect::<Vec<_>>().join("\n")
}

fn template(cluster: &TestCluster, namespace: &str, name: &str) -> Value {
    let deployment = cluster.get(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}"));
    deployment.map_or(json!(null), |deployment| deployment["spec"]["template"].clone())
}
