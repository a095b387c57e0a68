//! A big cluster, served from bytes made once: for benchmarks. Stands alone: nothing of the other modules is used, so a bench can include the file.
//!
//! ```ignore
//! #[path = "../tests/integration/apiserver/bulk.rs"]
//! mod bulk;
//! let server = bulk::Bulk::new(10_000, 50).serve();
//! // kubeconfig: server = server.url(), no credentials
//! ```

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The objects: pods of about 25 KB in namespaces `ns-0`, `ns-1` …, one Deployment, ReplicaSet, Service and two policies for every ten pods.
pub struct Bulk {
    lists: BTreeMap<&'static str, List>,
    pages: Mutex<HashMap<Key, Arc<[Bytes]>>>,
    protobuf: Option<Encoder>,
}

/// Makes Kubernetes' protobuf of a list's kind, continue token, remaining count and items; nothing for kinds that have none.
pub type Encoder = fn(&str, &str, i64, &mut dyn Iterator<Item = Value>) -> Option<Vec<u8>>;

/// A list's kind and namespace, the page size, and whether it is in protobuf.
type Key = (String, String, bool);

struct List {
    kind: &'static str,
    /// The group's path, such as `/apis/apps/v1`.
    root: &'static str,
    /// Namespace and rendered object, in the order a real server lists them.
    items: Vec<(String, String)>,
}

/// A server at work; it stops when dropped.
pub struct Running {
    address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Running {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A kubeconfig for it; whoever asks is answered.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: bulk\nclusters: [{{name: c, cluster: {{server: \"{}\"}}}}]\n\
             contexts: [{{name: bulk, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {{}}}}]\n",
            self.url()
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

const RESOURCES: &[(&str, &str, &str, bool)] = &[
    ("/api/v1", "namespaces", "Namespace", false),
    ("/api/v1", "pods", "Pod", true),
    ("/api/v1", "services", "Service", true),
    ("/api/v1", "serviceaccounts", "ServiceAccount", true),
    ("/api/v1", "configmaps", "ConfigMap", true),
    ("/api/v1", "nodes", "Node", false),
    ("/apis/apps/v1", "deployments", "Deployment", true),
    ("/apis/apps/v1", "replicasets", "ReplicaSet", true),
    ("/apis/apps/v1", "statefulsets", "StatefulSet", true),
    ("/apis/apps/v1", "daemonsets", "DaemonSet", true),
    ("/apis/networking.istio.io/v1", "virtualservices", "VirtualService", true),
    ("/apis/networking.istio.io/v1", "destinationrules", "DestinationRule", true),
    ("/apis/security.istio.io/v1", "authorizationpolicies", "AuthorizationPolicy", true),
    ("/apis/security.istio.io/v1", "peerauthentications", "PeerAuthentication", true),
];

/// The `apiVersion` of a group's path.
fn version(root: &str) -> &str {
    root.trim_start_matches("/apis/").trim_start_matches("/api/")
}

impl Bulk {
    /// `pods` pods spread over `namespaces` namespaces.
    pub fn new(pods: usize, namespaces: usize) -> Self {
        let mut lists: BTreeMap<&'static str, List> = BTreeMap::new();
        for (root, plural, kind, _) in RESOURCES {
            lists.insert(*plural, List { kind, root, items: Vec::new() });
        }
        let mut push = |plural: &str, namespace: &str, text: String| {
            if let Some(list) = lists.get_mut(plural) {
                list.items.push((namespace.to_owned(), text));
            }
        };
        let namespaces = namespaces.max(1);
        let mut uid = 0;
        let mut meta = |name: &str, namespace: &str, more: &str| {
            uid += 1;
            let place = if namespace.is_empty() { String::new() } else { format!(r#""namespace":"{namespace}","#) };
            format!(
                r#""metadata":{{"name":"{name}",{place}"uid":"{uid:08x}-5eed-4000-8000-00000000b01c","resourceVersion":"{uid}","creationTimestamp":"2026-01-01T00:00:00Z"{more}}}"#
            )
        };
        for n in 0..namespaces {
            let namespace = format!("ns-{n}");
            let labels = format!(r#","labels":{{"kubernetes.io/metadata.name":"{namespace}","istio-injection":"enabled"}}"#);
            push(
                "namespaces",
                "",
                format!(r#"{{{},"spec":{{"finalizers":["kubernetes"]}},"status":{{"phase":"Active"}}}}"#, meta(&namespace, "", &labels)),
            );
            push("serviceaccounts", &namespace, format!("{{{}}}", meta("default", &namespace, "")));
            push("peerauthentications", &namespace, format!(r#"{{{},"spec":{{"mtls":{{"mode":"STRICT"}}}}}}"#, meta("default", &namespace, "")));
            for i in (n..pods).step_by(namespaces) {
                let app = format!("app-{}", i / namespaces / 10);
                let labels = format!(r#""labels":{{"app":"{app}","version":"v1"}}"#);
                if (i / namespaces).is_multiple_of(10) {
                    let selector = format!(
                        r#""selector":{{"matchLabels":{{"app":"{app}"}}}},"template":{{"metadata":{{{labels}}},"spec":{{"containers":[{{"name":"app","image":"app:1"}}]}}}}"#
                    );
                    push("deployments", &namespace, format!(r#"{{{},"spec":{{"replicas":10,{selector}}}}}"#, meta(&app, &namespace, "")));
                    let owner =
                        format!(r#","ownerReferences":[{{"apiVersion":"apps/v1","kind":"Deployment","name":"{app}","uid":"d","controller":true}}]"#);
                    push(
                        "replicasets",
                        &namespace,
                        format!(r#"{{{},"spec":{{"replicas":10,{selector}}}}}"#, meta(&format!("{app}-1"), &namespace, &owner)),
                    );
                    let spec = format!(
                        r#""spec":{{"clusterIP":"10.96.0.1","selector":{{"app":"{app}"}},"ports":[{{"name":"http","port":80,"targetPort":8080,"protocol":"TCP"}}]}}"#
                    );
                    push("services", &namespace, format!("{{{},{spec}}}", meta(&app, &namespace, "")));
                    for (plural, spec) in policies(&app, (i / namespaces / 10).is_multiple_of(2)) {
                        push(plural, &namespace, format!(r#"{{{},"spec":{spec}}}"#, meta(&app, &namespace, "")));
                    }
                }
                let name = format!("{app}-1-{i:06}");
                let more = format!(
                    r#",{labels},"annotations":{{"sidecar.istio.io/status":"{{}}"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{app}-1","uid":"r","controller":true}}],"managedFields":{}"#,
                    managed_fields()
                );
                push("pods", &namespace, format!("{{{},{}}}", meta(&name, &namespace, &more), pod_rest(i)));
            }
        }
        for list in lists.values_mut() {
            // As etcd orders its keys: by the text "namespace/name".
            list.items.sort_by(|a, b| (a.0.as_bytes(), a.1.as_bytes()).cmp(&(b.0.as_bytes(), b.1.as_bytes())));
        }
        Bulk { lists, pages: Mutex::default(), protobuf: None }
    }

    /// Answers in protobuf those who accept it.
    pub fn protobuf(self, encode: Encoder) -> Self {
        Bulk { protobuf: Some(encode), ..self }
    }

    /// Every object whole, with the path that it is created at: namespaces first.
    pub fn objects(&self) -> impl Iterator<Item = (String, String)> {
        RESOURCES.iter().filter_map(|(root, plural, ..)| Some((*root, *plural, self.lists.get(plural)?))).flat_map(|(root, plural, list)| {
            list.items.iter().map(move |(namespace, text)| {
                let place = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
                (format!("{root}{place}/{plural}"), whole(list, text))
            })
        })
    }

    /// Bytes of all pods, as one list holds them.
    pub fn pod_bytes(&self) -> usize {
        self.lists.get("pods").map_or(0, |list| list.items.iter().map(|(_, text)| text.len() + 1).sum())
    }

    /// Serves over plain HTTP on a free port of 127.0.0.1.
    pub fn serve(self) -> Running {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let bulk = Arc::new(self);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let bulk = bulk.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let accept = request.headers().get("accept").and_then(|accept| accept.to_str().ok()).unwrap_or_default();
                    let protobuf = accept.starts_with(PROTOBUF) && !accept.starts_with(METADATA) && bulk.protobuf.is_some();
                    let (status, bytes) = bulk.answer(request.uri().path(), request.uri().query().unwrap_or_default(), protobuf);
                    let content = if bytes.starts_with(b"k8s\0") { PROTOBUF } else { "application/json" };
                    let mut response = Response::new(Full::new(bytes));
                    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
                    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static(content));
                    async move { Ok::<_, Infallible>(response) }
                });
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Running { address, runtime: Some(runtime) }
    }

    fn answer(&self, path: &str, query: &str, protobuf: bool) -> (u16, Bytes) {
        let param = |key: &str| query.split('&').find_map(|p| p.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
        let rest = match parts.as_slice() {
            ["version"] => return ok(r#"{"major":"1","minor":"33","gitVersion":"v1.33.1","platform":"linux/amd64"}"#),
            ["api"] => return ok(r#"{"kind":"APIVersions","versions":["v1"]}"#),
            ["apis"] => return (200, groups()),
            ["api", "v1"] | ["apis", _, _] => return (200, discovery(path)),
            ["api", "v1", rest @ ..] | ["apis", _, _, rest @ ..] => rest,
            _ => return not_found(),
        };
        let (namespace, plural, name) = match rest {
            ["namespaces", namespace, plural] => (*namespace, *plural, ""),
            ["namespaces", namespace, plural, name] => (*namespace, *plural, *name),
            ["namespaces", name] => ("", "namespaces", *name),
            [plural] => ("", *plural, ""),
            _ => return not_found(),
        };
        if !self.lists.get(plural).is_some_and(|list| path.starts_with(list.root)) {
            return not_found();
        }
        if !name.is_empty() {
            return self.one(plural, namespace, name);
        }
        let limit = if param("resourceVersion") == "0" { "" } else { param("limit") };
        let pages = self.pages(plural, namespace, limit, protobuf);
        // The token is the number of the page: opaque to a client, and free of any search.
        let page = param("continue").parse::<usize>().unwrap_or(0);
        pages.get(page).map_or_else(not_found, |bytes| (200, bytes.clone()))
    }

    fn one(&self, plural: &str, namespace: &str, name: &str) -> (u16, Bytes) {
        let begins = format!(r#"{{"metadata":{{"name":"{name}","#);
        let list = self.lists.get(plural);
        let found = list.and_then(|list| Some((list, list.items.iter().find(|(n, text)| n == namespace && text.starts_with(&begins))?)));
        found.map_or_else(not_found, |(list, (_, text))| (200, Bytes::from(whole(list, text))))
    }

    /// The pages of a list for one limit, made at the first request.
    fn pages(&self, plural: &str, namespace: &str, limit: &str, protobuf: bool) -> Arc<[Bytes]> {
        let key = (format!("{plural}/{namespace}"), limit.to_owned(), protobuf);
        let mut made = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pages) = made.get(&key) {
            return pages.clone();
        }
        let Some(list) = self.lists.get(plural) else { return Arc::new([]) };
        let items: Vec<&str> = list.items.iter().filter(|(n, _)| namespace.is_empty() || n == namespace).map(|(_, text)| text.as_str()).collect();
        let size = limit.parse::<usize>().ok().filter(|n| *n > 0).unwrap_or(usize::MAX).min(items.len().max(1));
        let count = items.len().div_ceil(size).max(1);
        let page = |n: usize| {
            let slice = &items[(n * size).min(items.len())..((n + 1) * size).min(items.len())];
            let (next, remaining) = if n + 1 < count { ((n + 1).to_string(), items.len() - (n + 1) * size) } else { (String::new(), 0) };
            if let Some(encode) = self.protobuf.filter(|_| protobuf)
                && let Some(bytes) = encode(&format!("{}List", list.kind), &next, remaining as i64, &mut slice.iter().map(|item| value(item)))
            {
                return Bytes::from(bytes);
            }
            let mut text = format!(r#"{{"kind":"{}List","apiVersion":"{}","metadata":{{"resourceVersion":"1000000""#, list.kind, version(list.root));
            if !next.is_empty() {
                let _ = write!(text, r#","continue":"{next}","remainingItemCount":{remaining}"#);
            }
            text.push_str(r#"},"items":["#);
            for (i, item) in slice.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(item);
            }
            text.push_str("]}\n");
            Bytes::from(text)
        };
        let pages: Arc<[Bytes]> = (0..count).map(page).collect();
        made.insert(key, pages.clone());
        pages
    }

    /// Makes the pages of every whole list for `limit` now, so that no measured request has to.
    pub fn prepare(&self, limit: usize) {
        for (_, plural, ..) in RESOURCES {
            self.pages(plural, "", &limit.to_string(), self.protobuf.is_some());
        }
    }
}

fn ok(text: &'static str) -> (u16, Bytes) {
    (200, Bytes::from_static(text.as_bytes()))
}

fn not_found() -> (u16, Bytes) {
    (404, Bytes::from_static(br#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"not found"}"#))
}

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
/// Metadata alone is made in JSON only.
const METADATA: &str = "application/vnd.kubernetes.protobuf;as=";

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// An object as it is created: with its kind, which items of a list lack, and without what the server decides.
fn whole(list: &List, text: &str) -> String {
    let mut object = value(text);
    object["kind"] = list.kind.into();
    object["apiVersion"] = version(list.root).into();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        ["uid", "resourceVersion", "creationTimestamp", "managedFields"].iter().for_each(|field| drop(metadata.remove(*field)));
    }
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.remove("clusterIP");
    }
    for owner in object["metadata"]["ownerReferences"].as_array_mut().into_iter().flatten() {
        owner["blockOwnerDeletion"] = false.into();
    }
    object.to_string()
}

/// Two policies for one app: who may call it, or how it is called.
fn policies(app: &str, security: bool) -> [(&'static str, String); 2] {
    let host = format!("{app}.example.com");
    if security {
        let from = r#"[{"from":[{"source":{"namespaces":["ns-0"]}}],"to":[{"operation":{"methods":["GET"],"paths":["/v1/*"]}}]}]"#;
        let allow = format!(r#"{{"selector":{{"matchLabels":{{"app":"{app}"}}}},"rules":{from}}}"#);
        let strict = format!(r#"{{"selector":{{"matchLabels":{{"app":"{app}"}}}},"mtls":{{"mode":"STRICT"}}}}"#);
        [("authorizationpolicies", allow), ("peerauthentications", strict)]
    } else {
        let route = format!(r#"{{"hosts":["{app}"],"http":[{{"route":[{{"destination":{{"host":"{app}","subset":"v1"}}}}],"name":"{host}"}}]}}"#);
        let rule = format!(r#"{{"host":"{app}","subsets":[{{"name":"v1","labels":{{"version":"v1"}}}}]}}"#);
        [("virtualservices", route), ("destinationrules", rule)]
    }
}

fn groups() -> Bytes {
    let mut roots: Vec<&str> = RESOURCES.iter().map(|(root, ..)| version(root)).filter(|version| version.contains('/')).collect();
    roots.dedup();
    let group = |groupversion: &&str| {
        let (name, version) = groupversion.split_once('/').unwrap_or_default();
        let served = format!(r#"{{"groupVersion":"{groupversion}","version":"{version}"}}"#);
        format!(r#"{{"name":"{name}","versions":[{served}],"preferredVersion":{served}}}"#)
    };
    let all: Vec<String> = roots.iter().map(group).collect();
    Bytes::from(format!(r#"{{"kind":"APIGroupList","apiVersion":"v1","groups":[{}]}}"#, all.join(",")))
}

fn discovery(path: &str) -> Bytes {
    let entry = |(_, plural, kind, namespaced, ..): &(&str, &str, &str, bool)| {
        format!(
            r#"{{"name":"{plural}","singularName":"{}","namespaced":{namespaced},"kind":"{kind}","verbs":["get","list","watch"]}}"#,
            kind.to_lowercase()
        )
    };
    let all: Vec<String> = RESOURCES.iter().filter(|(root, ..)| *root == path).map(entry).collect();
    let version = version(path);
    Bytes::from(format!(r#"{{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"{version}","resources":[{}]}}"#, all.join(",")))
}

/// What two managers own of a pod with a sidecar: about 6 KB, as seen on real pods.
fn managed_fields() -> String {
    let mut fields = String::new();
    for i in 0..60 {
        let _ = write!(fields, r#""k:{{\"name\":\"SETTING_{i}\"}}":{{".":{{}},"f:name":{{}},"f:valueFrom":{{".":{{}},"f:fieldRef":{{}}}}}},"#);
    }
    let entry = |manager: &str| {
        format!(
            r#"{{"manager":"{manager}","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{{"f:spec":{{"f:containers":{{"k:{{\"name\":\"app\"}}":{{"f:env":{{{fields}".":{{}}}}}}}}}}}}}}"#
        )
    };
    format!("[{}]", entry("kube-controller-manager"))
}

/// Spec and status of a pod with an injected sidecar.
fn pod_rest(i: usize) -> String {
    let mut env = String::new();
    for n in 0..60 {
        let _ = write!(env, r#"{{"name":"SETTING_{n}","value":"a value of the usual length, number {n} of pod {i}, with some more words in it"}},"#);
    }
    let env = env.trim_end_matches(',');
    let mut volumes = String::new();
    let mut mounts = String::new();
    for n in 0..12 {
        let _ = write!(
            volumes,
            r#"{{"name":"volume-{n}","projected":{{"defaultMode":420,"sources":[{{"configMap":{{"name":"settings-{n}","items":[{{"key":"a","path":"a"}}]}}}}]}}}},"#
        );
        let _ = write!(mounts, r#"{{"name":"volume-{n}","mountPath":"/var/run/volume-{n}","readOnly":true}},"#);
    }
    let (volumes, mounts) = (volumes.trim_end_matches(','), mounts.trim_end_matches(','));
    let container =
        |name: &str, image: &str, more: &str| format!(r#"{{"name":"{name}","image":"{image}","env":[{env}],"volumeMounts":[{mounts}]{more}}}"#);
    let app = container("app", "registry.example/app:1", r#","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}]"#);
    let sidecar = container(
        "istio-proxy",
        "docker.io/istio/proxyv2:1.27.0",
        r#","args":["proxy","sidecar","--domain","$(POD_NAMESPACE).svc.cluster.local"],"restartPolicy":"Always""#,
    );
    let status = |name: &str| {
        format!(
            r#"{{"name":"{name}","ready":true,"started":true,"restartCount":0,"image":"x","imageID":"x@sha256:0","state":{{"running":{{"startedAt":"2026-01-01T00:00:00Z"}}}}}}"#
        )
    };
    let ip = format!("10.{}.{}.{}", 1 + (i >> 16), (i >> 8) & 255, i & 255);
    format!(
        r#""spec":{{"serviceAccountName":"default","nodeName":"node-{}","restartPolicy":"Always","initContainers":[{sidecar}],"containers":[{app}],"volumes":[{volumes}]}},"status":{{"phase":"Running","podIP":"{ip}","podIPs":[{{"ip":"{ip}"}}],"conditions":[{{"type":"Ready","status":"True"}}],"containerStatuses":[{}],"initContainerStatuses":[{}]}}"#,
        i % 100,
        status("app"),
        status("istio-proxy")
    )
}
