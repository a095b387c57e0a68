//! A stand-in Kubernetes API server, over real HTTP and TLS.
//!
//! It keeps objects, versions and field ownership, authorises by the RBAC objects it holds, and refuses in the real server's words, so that a test
//! does not pass by its leniency. It does not know the schemas of built-in kinds (unknown fields there are kept) and does not evaluate CEL rules.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "a library for tests: not every helper is in use at every time")]

pub mod answer;
pub mod bulk;
mod defaults;
mod delete;
mod discovery;
pub mod error;
pub mod faults;
mod fields;
mod handle;
mod http;
mod list;
pub mod machinery;
mod patch;
mod protobuf;
pub mod rbac;
mod resources;
pub mod route;
mod scale;
pub mod schema;
mod selectors;
mod ssa;
mod store;
mod table;
pub mod tls;
mod topology;
mod validate;
mod watch;
mod write;
pub mod ws;

pub use answer::Content;
pub use faults::{Act, Fault};
pub use rbac::Identity;

use hyper::body::Bytes;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;

pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;

/// The user that builds the cluster for a test: may do everything, is hit by no fault and left out of what is recorded.
pub const SETUP_USER: &str = "test-setup";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub user: String,
    /// The RBAC verb; empty for paths outside the resources.
    pub verb: &'static str,
    pub body: String,
    /// The status answered; 0 while under way and for connections dropped.
    pub status: u16,
}

impl Recorded {
    pub fn param(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// How a server is to be.
pub struct Options {
    pub tls: bool,
    /// `gitVersion` of `/version`.
    pub version: &'static str,
    pub content: Content,
    /// Whether aggregated discovery is offered.
    pub aggregated: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { tls: true, version: "v1.33.1", content: Content::Json, aggregated: true }
    }
}

/// What every connection shares.
pub struct Shared {
    store: Mutex<Store>,
    changed: tokio::sync::watch::Sender<u64>,
    tokens: Mutex<HashMap<String, Identity>>,
    faults: Mutex<Vec<Fault>>,
    recorded: Mutex<Vec<Recorded>>,
    scripts: Mutex<ws::Scripts>,
    content: Content,
    version: &'static str,
    aggregated: bool,
}

/// A handler that panicked has left nothing half-written that a test could not live with.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Identity>> {
        lock(&self.tokens)
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        lock(&self.faults)
    }

    fn scripts(&self) -> MutexGuard<'_, ws::Scripts> {
        lock(&self.scripts)
    }

    /// Wakes the watches.
    fn announce(&self) {
        let version = self.store().version();
        self.changed.send_replace(version);
    }

    fn note(&self, request: Recorded) -> usize {
        let mut all = lock(&self.recorded);
        all.push(request);
        all.len() - 1
    }

    fn finish(&self, index: usize, status: u16) {
        if let Some(request) = lock(&self.recorded).get_mut(index) {
            request.status = status;
        }
    }
}

/// A running server; it stops when dropped.
pub struct ApiServer {
    shared: Arc<Shared>,
    authority: Option<tls::Authority>,
    url: String,
    runtime: Option<tokio::runtime::Runtime>,
}

impl ApiServer {
    pub fn start(options: Options) -> Self {
        let mut store = Store::default();
        let shared = |store| Shared {
            store: Mutex::new(store),
            changed: tokio::sync::watch::Sender::new(0),
            tokens: Mutex::default(),
            faults: Mutex::default(),
            recorded: Mutex::default(),
            scripts: Mutex::default(),
            content: options.content,
            version: options.version,
            aggregated: options.aggregated,
        };
        seed(&mut store);
        let shared = Arc::new(shared(store));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let authority = options.tls.then(tls::Authority::new);
        let scheme = if options.tls { "https" } else { "http" };
        let url = format!("{scheme}://127.0.0.1:{}", listener.local_addr().unwrap().port());
        runtime.spawn(http::accept(listener, authority.as_ref().map(tls::Authority::acceptor), shared.clone()));
        let server = ApiServer { shared, authority, url, runtime: Some(runtime) };
        server.token(SETUP_USER, Identity::new(SETUP_USER, &["system:masters"]));
        server
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The authority that signs its certificates, when it speaks TLS.
    pub fn authority(&self) -> Option<&tls::Authority> {
        self.authority.as_ref()
    }

    /// Lets `token` stand for `identity`.
    pub fn token(&self, token: &str, identity: Identity) {
        self.shared.tokens().insert(token.to_owned(), identity);
    }

    /// Lets controllers, kubelets and injectors work from now on.
    pub fn operate(&self, behaviour: machinery::Behaviour) {
        let working = self.shared.store().behaviour.replace(behaviour).is_some();
        if let (false, Some(runtime)) = (working, &self.runtime) {
            runtime.spawn(machinery::run(self.shared.clone()));
        }
    }

    /// From now on `token` is refused with 401.
    pub fn revoke(&self, token: &str) {
        self.shared.tokens().remove(token);
    }

    pub fn fault(&self, fault: Fault) {
        self.shared.faults().push(fault);
    }

    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// What has been asked so far, without what the setup user asked.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.recorded).iter().filter(|r| r.user != SETUP_USER).cloned().collect()
    }

    pub fn forget_requests(&self) {
        lock(&self.shared.recorded).clear();
    }

    /// Puts an object into the store as it is, past validation and defaults: how a broken one gets there.
    pub fn plant(&self, object: Value) {
        let (group, kind) = {
            let version = object["apiVersion"].as_str().unwrap_or_default();
            (version.rsplit_once('/').map_or("", |(g, _)| g).to_owned(), object["kind"].as_str().unwrap_or_default().to_owned())
        };
        let mut store = self.shared.store();
        let plural = store.kind(&group, &kind).unwrap_or_else(|| panic!("no kind {kind} in group {group:?}")).plural.clone();
        store.put(&group, &plural, object);
        drop(store);
        self.shared.announce();
    }

    /// The same for a kind that the server would not know otherwise, which it serves from now on.
    pub fn plant_as(&self, group: &str, plural: &str, object: Value) {
        let (version, kind) = (object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default());
        let served = version.rsplit('/').next().unwrap_or_default().to_owned();
        let known = self.shared.store().kind(group, kind).is_some();
        if !known {
            self.plant(schema::open_definition(group, kind, plural, true, &[&served]));
        }
        self.plant(object);
    }

    /// Forgets old versions: list pages begun before and watches from before get 410.
    pub fn compact(&self) {
        self.shared.store().compact();
    }

    /// What pods answer to log, exec and port-forward.
    pub fn script(&self, change: impl FnOnce(&mut ws::Scripts)) {
        change(&mut self.shared.scripts());
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What every cluster has from the start.
fn seed(store: &mut Store) {
    let stamp = |store: &mut Store, mut object: Value| {
        object["metadata"]["uid"] = json!(store.uid());
        object["metadata"]["creationTimestamp"] = json!(write::now());
        object
    };
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        let object = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
        });
        let object = stamp(store, object);
        store.put("", "namespaces", object);
    }
    for object in rbac::bootstrap() {
        let plural = if object["kind"] == "ClusterRole" { "clusterroles" } else { "clusterrolebindings" };
        let object = stamp(store, object);
        store.put("rbac.authorization.k8s.io", plural, object);
    }
}
