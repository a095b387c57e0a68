//! What a cluster does by itself: controllers that make and replace pods, kubelets that start them, injectors that put a proxy in. Each can be told
//! to fail.

use super::Shared;
use super::answer::View;
use super::error::ApiError;
use super::route::{Query, Target};
use super::store::Store;
use super::write::{Write, now};
use serde_json::{Value, json};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// What the injectors do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Injector {
    /// There is none.
    #[default]
    Absent,
    /// Istio's, for labels of namespaces and pods.
    Istio,
    /// Linkerd's, for annotations.
    Linkerd,
}

/// What becomes of pods with a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    Ready,
    /// The proxy's image cannot be pulled.
    ImageError,
    /// The proxy ends again and again.
    CrashLoop,
    /// The proxy never becomes ready.
    NeverReady,
}

/// How the cluster behaves.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    pub injector: Injector,
    /// Whether the proxy is an init container that runs on.
    pub native: bool,
    /// Whether pods the injector should see are refused, as with failurePolicy Fail.
    pub down: bool,
    /// Whether they start without a proxy, as with failurePolicy Ignore.
    pub ignored: bool,
    /// What the API server says to pods with a proxy, when they are created for good.
    pub refuses: Option<&'static str>,
    /// The same already when they are rehearsed.
    pub refuses_rehearsed: bool,
    pub fate: Fate,
    /// The revision that injects.
    pub revision: &'static str,
    /// Whether pods with a sidecar never become endpoints that are ready.
    pub loses_endpoints: bool,
    /// The hash of the roots that Linkerd's injector writes on pods.
    pub roots: Option<&'static str>,
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

impl Behaviour {
    /// Whether the injector means this pod.
    fn wants(&self, pod: &Value, namespace: &Value) -> bool {
        let (labels, annotations) = (&pod["metadata"]["labels"], &pod["metadata"]["annotations"]);
        match self.injector {
            Injector::Absent => false,
            Injector::Istio => {
                let of_namespace = &namespace["metadata"]["labels"];
                let (injection, rev) = (text(of_namespace, "istio-injection"), text(of_namespace, "istio.io/rev"));
                let inject = text(labels, "sidecar.istio.io/inject");
                inject != "false"
                    && (injection == "enabled"
                        || (injection.is_empty() && (!rev.is_empty() || inject == "true" || !text(labels, "istio.io/rev").is_empty())))
            }
            Injector::Linkerd => {
                let key = "linkerd.io/inject";
                match text(annotations, key) {
                    "enabled" | "ingress" => true,
                    "disabled" => false,
                    _ => text(&namespace["metadata"]["annotations"], key) == "enabled",
                }
            }
        }
    }

    /// The admission chain: what it puts into a pod, or says against it.
    pub fn admit(&self, pod: &mut Value, namespace: &Value, rehearsed: bool) -> Result<(), ApiError> {
        if !self.wants(pod, namespace) {
            return Ok(());
        }
        if self.down {
            let why = "Internal error occurred: failed calling webhook \"namespace.sidecar-injector.istio.io\": no endpoints available for service \"istiod\"";
            return Err(ApiError::new(500, "InternalError", why));
        }
        if self.ignored {
            return Ok(());
        }
        let name = if self.injector == Injector::Linkerd { "linkerd-proxy" } else { "istio-proxy" };
        let mut proxy = json!({"name": name, "image": format!("mesh/{name}:1.27.1"), "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}});
        let list = if self.native { "initContainers" } else { "containers" };
        if self.native {
            proxy["restartPolicy"] = json!("Always");
        }
        if !pod["spec"][list].is_array() {
            pod["spec"][list] = json!([]);
        }
        if let Some(list) = pod["spec"][list].as_array_mut() {
            list.push(proxy);
        }
        for field in ["labels", "annotations"] {
            if !pod["metadata"][field].is_object() {
                pod["metadata"][field] = json!({});
            }
        }
        match self.injector {
            Injector::Linkerd => {
                pod["metadata"]["labels"]["linkerd.io/control-plane-ns"] = json!("linkerd");
                if let Some(roots) = self.roots {
                    pod["metadata"]["annotations"]["linkerd.io/trust-root-sha256"] = json!(roots);
                }
            }
            _ => {
                pod["metadata"]["annotations"]["sidecar.istio.io/status"] = json!(json!({"revision": self.revision}).to_string());
                pod["metadata"]["labels"]["security.istio.io/tlsMode"] = json!("istio");
            }
        }
        if let Some(why) = self.refuses.filter(|_| !rehearsed || self.refuses_rehearsed) {
            let pod_name = pod["metadata"]["name"].as_str().unwrap_or_default();
            return Err(ApiError::new(403, "Forbidden", format!("pods \"{pod_name}\" is forbidden: {why}")));
        }
        Ok(())
    }
}

/// Runs until the server stops.
pub async fn run(shared: Arc<Shared>) {
    loop {
        let changed = {
            let mut store = shared.store();
            let before = store.version();
            reconcile(&mut store);
            store.version() != before
        };
        if changed {
            shared.announce();
        }
        tokio::time::sleep(Duration::from_millis(if changed { 1 } else { 4 })).await;
    }
}

fn reconcile(store: &mut Store) {
    let of = |store: &Store, plural: &str| -> Vec<Value> { store.all("apps", plural).map(|o| o.as_ref().clone()).collect() };
    for deployment in of(store, "deployments") {
        roll(store, &deployment, "deployments");
    }
    // Those of meshes are parts of nodes that are not played here.
    for set in of(store, "daemonsets").iter().filter(|set| !matches!(text(&set["metadata"], "namespace"), "istio-system" | "linkerd-cni")) {
        roll(store, set, "daemonsets");
    }
    for set in of(store, "statefulsets") {
        roll_in_order(store, &set);
    }
    let pods: Vec<Value> = store.all("", "pods").map(|o| o.as_ref().clone()).collect();
    for pod in pods {
        // A kubelet ends what is to be deleted.
        if pod["metadata"]["deletionTimestamp"].is_null() { start(store, pod) } else { delete(store, &pod) }
    }
    collect(store);
    for service in store.all("", "services").map(|o| o.as_ref().clone()).collect::<Vec<Value>>() {
        slice(store, &service);
    }
    let gateways: Vec<Value> = store.all("gateway.networking.k8s.io", "gateways").map(|o| o.as_ref().clone()).collect();
    for mut gateway in gateways.into_iter().filter(|gateway| gateway["spec"]["gatewayClassName"] == "istio-waypoint") {
        let programmed = if store.behaviour.as_ref().is_some_and(|b| b.fate != Fate::NeverReady) { "True" } else { "False" };
        let status = json!({"conditions": [{"type": "Programmed", "status": programmed, "message": "waits for its pods"}]});
        if gateway["status"] != status {
            gateway["status"] = status;
            store.put("gateway.networking.k8s.io", "gateways", gateway);
        }
    }
}

fn hash(template: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    template.to_string().hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}

fn pods_of(store: &Store, owner: &Value) -> Vec<Value> {
    let owned = |pod: &Value| pod["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"];
    store.all("", "pods").filter(|pod| owned(pod)).map(|pod| pod.as_ref().clone()).collect()
}

fn is_ready(pod: &Value) -> bool {
    pod["status"]["conditions"][0]["status"] == "True"
}

/// Creates a pod through the same door as everybody else.
fn create(store: &mut Store, owner: &Value, name: &str, hash: &str) -> Result<(), String> {
    let namespace = text(&owner["metadata"], "namespace").to_owned();
    let mut pod = owner["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["namespace"] = json!(namespace);
    if name.is_empty() {
        pod["metadata"]["generateName"] = json!(format!("{}-{hash}-", text(&owner["metadata"], "name")));
    } else {
        pod["metadata"]["name"] = json!(name);
    }
    pod["metadata"]["labels"]["pod-template-hash"] = json!(hash);
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": true}]);
    let resource = store.find("", "v1", "pods").cloned().ok_or("no pods")?;
    let target = Target { version: "v1".into(), resource: "pods".into(), namespace: Some(namespace), ..Target::default() };
    let query = Query(Vec::new());
    let mut write = Write { store, resource, target: &target, query: &query, agent: "controller/1", view: View::Object, warnings: Vec::new() };
    write.create(pod).map(|_| ()).map_err(|error| error.status()["message"].as_str().unwrap_or_default().to_owned())
}

fn delete(store: &mut Store, pod: &Value) {
    let key = format!("{}/{}", text(&pod["metadata"], "namespace"), text(&pod["metadata"], "name"));
    store.remove("", "pods", &key);
}

/// A Deployment: one more than wanted, none less. A DaemonSet of one node likewise.
fn roll(store: &mut Store, deployment: &Value, plural: &str) {
    let wanted = deployment["spec"]["replicas"].as_u64().unwrap_or(1) as usize;
    let hash = hash(&deployment["spec"]["template"]);
    let is_new = |pod: &&Value| pod["metadata"]["labels"]["pod-template-hash"] == *hash;
    let mut failure = Value::Null;
    let pods = pods_of(store, deployment);
    let (new, old): (Vec<&Value>, Vec<&Value>) = pods.iter().partition(is_new);
    let ready = new.iter().filter(|pod| is_ready(pod)).count();
    if new.len() > wanted {
        delete(store, new[0]);
    } else if new.len() < wanted
        && pods.len() <= wanted
        && let Err(why) = create(store, deployment, "", &hash)
    {
        failure = json!(why);
    }
    if !old.is_empty() && (ready + old.len() > wanted || old.iter().any(|pod| !is_ready(pod))) {
        let broken = old.iter().find(|pod| !is_ready(pod));
        delete(store, broken.unwrap_or(&old[0]));
    }
    let pods = pods_of(store, deployment);
    let all_ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let updated = pods.iter().filter(is_new).count();
    let mut conditions = vec![json!({"type": "Progressing", "status": "True"})];
    if failure.is_string() {
        conditions.push(json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure}));
    }
    let status = json!({"observedGeneration": deployment["metadata"]["generation"], "replicas": pods.len(), "updatedReplicas": updated,
        "readyReplicas": all_ready, "availableReplicas": all_ready, "conditions": conditions});
    let of_nodes = json!({"observedGeneration": deployment["metadata"]["generation"], "desiredNumberScheduled": wanted, "currentNumberScheduled": pods.len(),
        "updatedNumberScheduled": updated, "numberReady": all_ready, "numberAvailable": all_ready, "numberMisscheduled": 0});
    put_status(store, plural, deployment, if plural == "daemonsets" { of_nodes } else { status });
}

fn put_status(store: &mut Store, plural: &str, object: &Value, status: Value) {
    if object["status"] != status {
        let mut changed = object.clone();
        changed["status"] = status;
        store.put("apps", plural, changed);
    }
}

/// A StatefulSet: from the last to the first, and not past one that is not ready.
fn roll_in_order(store: &mut Store, set: &Value) {
    let wanted = set["spec"]["replicas"].as_u64().unwrap_or(1) as usize;
    let hash = hash(&set["spec"]["template"]);
    let name = text(&set["metadata"], "name");
    let pods = pods_of(store, set);
    let find = |ordinal: usize| pods.iter().find(|pod| pod["metadata"]["name"] == format!("{name}-{ordinal}"));
    let missing = (0..wanted).find(|ordinal| find(*ordinal).is_none());
    let unready = (0..wanted).any(|ordinal| find(ordinal).is_some_and(|pod| !is_ready(pod)));
    let outdated = (0..wanted).rev().filter_map(find).find(|pod| pod["metadata"]["labels"]["pod-template-hash"] != *hash);
    match (missing, unready, outdated) {
        (Some(ordinal), false, _) => drop(create(store, set, &format!("{name}-{ordinal}"), &hash)),
        (None, false, Some(pod)) => delete(store, pod),
        _ => {}
    }
    let pods = pods_of(store, set);
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let updated = pods.iter().filter(|pod| pod["metadata"]["labels"]["pod-template-hash"] == *hash).count();
    let current = if updated == wanted { json!(hash) } else { json!("before") };
    let status = json!({"observedGeneration": set["metadata"]["generation"], "replicas": pods.len(), "readyReplicas": ready,
        "updatedReplicas": updated, "updateRevision": hash, "currentRevision": current});
    put_status(store, "statefulsets", set, status);
}

/// Pods go with the controller that made them.
fn collect(store: &mut Store) {
    let owners = ["deployments", "statefulsets", "daemonsets"].iter().flat_map(|plural| store.all("apps", plural));
    let owners: Vec<Value> = owners.map(|owner| owner["metadata"]["uid"].clone()).collect();
    let kinds = ["Deployment", "StatefulSet", "DaemonSet"];
    let is_orphan = |pod: &Value| {
        let owner = &pod["metadata"]["ownerReferences"][0];
        kinds.contains(&text(owner, "kind")) && !owners.contains(&owner["uid"])
    };
    let orphans: Vec<Value> = store.all("", "pods").filter(|pod| is_orphan(pod)).map(|pod| pod.as_ref().clone()).collect();
    orphans.iter().for_each(|pod| delete(store, pod));
}

/// The endpoints of a Service, where it selects pods.
fn slice(store: &mut Store, service: &Value) {
    let behaviour = store.behaviour.clone();
    let Some(selector) = service["spec"]["selector"].as_object().filter(|selector| !selector.is_empty()) else { return };
    let (namespace, name) = (text(&service["metadata"], "namespace"), text(&service["metadata"], "name"));
    let selects = |pod: &Value| {
        text(&pod["metadata"], "namespace") == namespace && selector.iter().all(|(key, value)| pod["metadata"]["labels"][key] == *value)
    };
    let lost = behaviour.is_some_and(|behaviour| behaviour.loses_endpoints);
    let proxied = |pod: &Value| pod["metadata"]["labels"]["security.istio.io/tlsMode"] == "istio";
    let endpoint = |pod: &Value| {
        let target = json!({"kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]});
        json!({"addresses": ["10.0.0.1"], "conditions": {"ready": is_ready(pod) && !(lost && proxied(pod))}, "targetRef": target})
    };
    let endpoints: Vec<Value> = store.all("", "pods").filter(|pod| selects(pod)).map(|pod| endpoint(pod)).collect();
    let meta = json!({"name": format!("{name}-x"), "namespace": namespace, "labels": {"kubernetes.io/service-name": name}});
    let key = format!("{namespace}/{name}-x");
    match store.get("discovery.k8s.io", "endpointslices", &key).map(|o| o.as_ref().clone()) {
        Some(slice) if slice["endpoints"] == json!(endpoints) => {}
        Some(mut slice) => {
            slice["endpoints"] = json!(endpoints);
            store.put("discovery.k8s.io", "endpointslices", slice);
        }
        None => {
            let new = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "metadata": meta, "endpoints": endpoints});
            store.put("discovery.k8s.io", "endpointslices", new);
        }
    }
}

/// The node that everything runs on.
const NODE: &str = "node-1";

/// The scheduler's and the kubelet's part, and the CNI plugin's in ambient.
fn start(store: &mut Store, pod: Value) {
    let behaviour = store.behaviour.clone();
    let Some(behaviour) = behaviour else { return };
    let namespace = store.get("", "namespaces", text(&pod["metadata"], "namespace")).cloned();
    let lists = ["containers", "initContainers"].map(|list| pod["spec"][list].as_array().cloned().unwrap_or_default());
    let proxy = lists.iter().flatten().find(|c| matches!(text(c, "name"), "istio-proxy" | "linkerd-proxy")).map(|c| text(c, "name").to_owned());
    let fate = if proxy.is_some() { behaviour.fate } else { Fate::Ready };
    let mut started = pod.clone();
    if started["spec"]["nodeName"].is_null() {
        started["spec"]["nodeName"] = json!(NODE);
    }
    let mut state = json!({"name": proxy.clone().unwrap_or_else(|| "app".to_owned()), "ready": fate == Fate::Ready, "restartCount": 0});
    match fate {
        Fate::ImageError => state["state"] = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
        Fate::CrashLoop => {
            state["restartCount"] = json!(3);
            state["state"] = json!({"waiting": {"reason": "CrashLoopBackOff"}});
            state["lastState"] = json!({"terminated": {"exitCode": 255}});
        }
        Fate::Ready | Fate::NeverReady => state["state"] = json!({"running": {}}),
    }
    let ready = if fate == Fate::Ready { "True" } else { "False" };
    started["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": ready}], "containerStatuses": [state]});
    let ambient = |object: &Value| text(&object["metadata"]["labels"], "istio.io/dataplane-mode") == "ambient";
    if ambient(&pod) || namespace.as_ref().is_some_and(|n| ambient(n)) {
        if !started["metadata"]["annotations"].is_object() {
            started["metadata"]["annotations"] = json!({});
        }
        started["metadata"]["annotations"]["ambient.istio.io/redirection"] = json!("enabled");
    }
    if started != pod {
        store.put("", "pods", started);
    }
}
