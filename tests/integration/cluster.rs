//! A cluster for one test: the stand-in, or the real API server when `KUBEBUILDER_ASSETS` names its binaries. Tests speak to both alike.

#![allow(dead_code, unreachable_pub, reason = "a library for tests: not every helper is in use at every time")]

use crate::apiserver::tls::{Authority, Pair};
use crate::apiserver::{ApiServer, Content, Identity, Options, SETUP_USER, schema};
use crate::encode::kubernetes_protobuf;
use crate::envtest::{self, Envtest};
use crate::kubeconfig::{Credentials, Kubeconfig};
use kubectl_mesh::model::Kind;
use serde_json::{Value, json};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub struct TestCluster {
    server: Server,
    home: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    setup: kube::Client,
    grants: AtomicUsize,
}

enum Server {
    Standin(ApiServer),
    Real(Envtest),
    /// One that works by itself, which all tests share.
    ControlPlane {
        kubeconfig: PathBuf,
        url: String,
    },
}

/// The user of [`TestCluster::mesh`] and [`TestCluster::kubectl`]: may do everything.
pub const ADMIN: &str = "admin";

impl TestCluster {
    /// With every custom kind of the model installed, by definitions that keep whatever they are given.
    pub fn start() -> Self {
        let cluster = Self::bare();
        cluster.define_all();
        cluster
    }

    /// Without any custom kind.
    pub fn bare() -> Self {
        match envtest::assets() {
            Some(assets) => Self::over(Server::Real(Envtest::start(&assets))),
            None => Self::over(Server::Standin(ApiServer::start(Options { content: Content::Protobuf(kubernetes_protobuf), ..Options::default() }))),
        }
    }

    /// The stand-in even where a real server could be had: for faults that only it can produce. Custom kinds are installed.
    pub fn standin() -> Self {
        Self::standin_with(Options::default())
    }

    pub fn standin_with(options: Options) -> Self {
        let cluster = Self::bare_standin(options);
        cluster.define_all();
        cluster
    }

    /// The stand-in without any custom kind.
    pub fn bare_standin(options: Options) -> Self {
        Self::over(Server::Standin(ApiServer::start(options)))
    }

    /// The control plane that works by itself, with a home of this test's own; every test keeps to namespaces of its own.
    #[allow(dead_code, reason = "benchmarks use none")]
    pub fn over_control_plane(kubeconfig: PathBuf, url: String) -> Self {
        Self::over(Server::ControlPlane { kubeconfig, url })
    }

    fn over(server: Server) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let home = tempfile::tempdir().unwrap();
        let path = match &server {
            Server::ControlPlane { kubeconfig, .. } => kubeconfig.clone(),
            server => {
                let path = home.path().join("setup.kubeconfig");
                let (url, authority) = server.address();
                let token = Credentials::Token(SETUP_USER.to_owned());
                Kubeconfig::default().context("setup", url, authority.map(Authority::pem).as_deref(), &token, None).write(&path);
                path
            }
        };
        let setup = runtime.block_on(client(&path));
        let cluster = TestCluster { server, home, runtime, setup, grants: AtomicUsize::new(0) };
        if let Server::Real(real) = &cluster.server {
            cluster.wait_until("the API server is ready", || cluster.get_text("/readyz").is_ok_and(|text| text == "ok"), || real.log());
        }
        cluster
    }

    /// The server's minor version: the real one may be older than what the stand-in resembles.
    pub fn minor(&self) -> u32 {
        let version = self.get("/version").unwrap();
        version["minor"].as_str().unwrap().trim_end_matches('+').parse().unwrap()
    }

    pub fn is_real(&self) -> bool {
        !matches!(self.server, Server::Standin(_))
    }

    /// The stand-in, for faults and recorded requests.
    pub fn server(&self) -> &ApiServer {
        match &self.server {
            Server::Standin(server) => server,
            Server::Real(_) | Server::ControlPlane { .. } => panic!("this needs the stand-in: begin the test with TestCluster::standin()"),
        }
    }

    pub fn url(&self) -> &str {
        self.server.address().0
    }

    /// A directory of this test alone; the HOME of its commands.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a future to its end, also when the caller is itself inside a runtime.
    pub fn wait<F: Future + Send>(&self, future: F) -> F::Output
    where
        F::Output: Send,
    {
        std::thread::scope(|scope| scope.spawn(|| self.runtime.block_on(future)).join().unwrap())
    }

    fn wait_until(&self, what: &str, mut done: impl FnMut() -> bool, why: impl Fn() -> String) {
        let end = Instant::now() + Duration::from_secs(60);
        while !done() {
            assert!(Instant::now() < end, "waited in vain until {what}: {}", why());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// One request as the setup user.
    pub fn request(&self, method: &str, path: &str, content_type: &str, body: &Value) -> Result<Value, kube::Error> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = http::Request::builder().method(method).uri(path).header("content-type", content_type).body(body).unwrap();
        self.wait(self.setup.request::<Value>(request))
    }

    pub fn get(&self, path: &str) -> Result<Value, kube::Error> {
        self.request("GET", path, "application/json", &Value::Null)
    }

    fn get_text(&self, path: &str) -> Result<String, kube::Error> {
        self.wait(self.setup.request_text(http::Request::get(path).body(Vec::new()).unwrap()))
    }

    fn define_all(&self) {
        let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| is_custom(*kind)).collect();
        match &self.server {
            // Forty definitions in every test: past HTTP.
            Server::Standin(server) => kinds.iter().for_each(|kind| server.plant(definition(*kind))),
            Server::Real(_) => self.define(&kinds),
            // It has the definitions of the meshes themselves.
            Server::ControlPlane { .. } => {}
        }
    }

    /// Installs our definitions of these kinds and waits until they are served.
    pub fn define(&self, kinds: &[Kind]) {
        for kind in kinds {
            self.apply_object(&definition(*kind));
        }
        for kind in kinds {
            let path = format!("/apis/{}/{}", kind.api_version(), kind.plural());
            self.wait_until(&format!("{} is served", kind.resource()), || self.get(&path).is_ok(), String::new);
        }
    }

    /// Uninstalls every kind of a group.
    pub fn undefine(&self, group: &str) {
        for kind in Kind::ALL.iter().filter(|kind| kind.group() == group) {
            let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", kind.resource());
            if matches!(self.request("DELETE", &path, "application/json", &Value::Null), Err(kube::Error::Api(status)) if status.code == 404) {
                continue;
            }
            let path = format!("/apis/{}/{}", kind.api_version(), kind.plural());
            self.wait_until(&format!("{} is gone", kind.resource()), || self.get(&path).is_err(), String::new);
        }
    }

    /// Applies manifests (YAML, any number of documents) by server-side apply, with their status through the status subresource.
    /// Namespaces that a manifest lies in are made when they are missing.
    pub fn apply(&self, yaml: &str) {
        let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|e| panic!("the test's YAML: {e}\n{yaml}"));
        documents.iter().filter(|d| !d.is_null()).for_each(|d| self.apply_object(d));
    }

    pub fn apply_object(&self, object: &Value) {
        let version = object["apiVersion"].as_str().expect("apiVersion");
        let kind = object["kind"].as_str().expect("kind");
        let name = object["metadata"]["name"].as_str().expect("metadata.name");
        let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        let list = self.get(&root).unwrap_or_else(|e| panic!("{version} is not served: {e}"));
        let resources = list["resources"].as_array().cloned().unwrap_or_default();
        let found = resources.iter().find(|r| r["kind"] == kind && !r["name"].as_str().unwrap_or_default().contains('/'));
        let found = found.unwrap_or_else(|| panic!("{version} has no kind {kind}"));
        let plural = found["name"].as_str().unwrap_or_default();
        let path = if found["namespaced"] == true {
            let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
            let place = format!("/api/v1/namespaces/{namespace}");
            if self.get(&place).is_err() {
                let made = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
                self.patch(&place, &made);
            }
            format!("{root}/namespaces/{namespace}/{plural}/{name}")
        } else {
            format!("{root}/{plural}/{name}")
        };
        self.patch(&path, object);
        let has_status = resources.iter().any(|r| r["name"] == format!("{plural}/status"));
        if object["status"].is_object() && has_status {
            self.patch(&format!("{path}/status"), object);
        }
    }

    fn patch(&self, path: &str, object: &Value) {
        let path = format!("{path}?fieldManager=test-setup&force=true");
        self.request("PATCH", &path, "application/apply-patch+yaml", object).unwrap_or_else(|e| panic!("PATCH {path}: {e}\n{object}"));
    }

    /// Grants `user` the rules in the whole cluster.
    pub fn grant(&self, user: &str, rules: &[Value]) {
        self.bind(user, rules, None);
    }

    /// Grants `user` the rules in one namespace.
    pub fn grant_in(&self, user: &str, namespace: &str, rules: &[Value]) {
        self.bind(user, rules, Some(namespace));
    }

    fn bind(&self, user: &str, rules: &[Value], namespace: Option<&str>) {
        let name = format!("test-grant-{}", self.grants.fetch_add(1, Ordering::Relaxed));
        let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
        let metadata = namespace.map_or_else(|| json!({"name": name}), |n| json!({"name": name, "namespace": n}));
        const GROUP: &str = "rbac.authorization.k8s.io";
        let version = format!("{GROUP}/v1");
        self.apply_object(&json!({"apiVersion": version, "kind": kind, "metadata": metadata, "rules": rules}));
        self.apply_object(&json!({
            "apiVersion": version, "kind": format!("{kind}Binding"), "metadata": metadata,
            "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
            "subjects": [{"apiGroup": GROUP, "kind": "User", "name": user}],
        }));
    }

    /// A client certificate of `user`.
    pub fn certificate(&self, user: &str) -> Pair {
        let groups: &[&str] = if user == ADMIN { &["system:masters"] } else { &[] };
        self.server.address().1.expect("a server with TLS").client(user, groups)
    }

    /// The token of `user`. On the real server only those of [`envtest::TOKEN_USERS`] have one.
    pub fn token(&self, user: &str) -> String {
        match &self.server {
            Server::Standin(server) => server.token(user, identity(user)),
            Server::Real(_) => assert!(envtest::TOKEN_USERS.contains(&user), "{user} has no token on the real server"),
            Server::ControlPlane { .. } => assert_eq!(user, ADMIN, "nobody else has a token there"),
        }
        user.to_owned()
    }

    /// A context of `user` to build a kubeconfig from.
    pub fn context(&self, config: Kubeconfig, name: &str, credentials: &Credentials, namespace: Option<&str>) -> Kubeconfig {
        let (url, authority) = self.server.address();
        config.context(name, url, authority.map(Authority::pem).as_deref(), credentials, namespace)
    }

    /// A kubeconfig with which `user` is let in: by certificate, or by token where there is no TLS.
    pub fn kubeconfig_for(&self, user: &str) -> PathBuf {
        if let Server::ControlPlane { kubeconfig, .. } = &self.server {
            assert_eq!(user, ADMIN, "nobody else is let in there");
            return kubeconfig.clone();
        }
        let path = self.home().join(format!("{}.kubeconfig", user.replace([':', '/'], "-")));
        if !path.exists() {
            let credentials = match self.server.address().1 {
                Some(_) => Credentials::Certificate(self.certificate(user)),
                None => Credentials::Token(self.token(user)),
            };
            self.context(Kubeconfig::default(), "test", &credentials, None).write(&path);
        }
        path
    }

    /// A client of the kube crate for `user`.
    pub fn client(&self, user: &str) -> kube::Client {
        self.client_with(&self.kubeconfig_for(user))
    }

    /// A client of the kube crate by a kubeconfig of the test's own.
    pub fn client_with(&self, kubeconfig: &Path) -> kube::Client {
        self.wait(client(kubeconfig))
    }

    /// `kubectl mesh ARGS` as the administrator.
    pub fn mesh<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> assert_cmd::Command {
        self.mesh_as(ADMIN, args)
    }

    pub fn mesh_as<'a>(&self, user: &str, args: impl IntoIterator<Item = &'a str>) -> assert_cmd::Command {
        self.command(env!("CARGO_BIN_EXE_kubectl-mesh"), &self.kubeconfig_for(user), args)
    }

    /// The real kubectl on the PATH, as the administrator.
    pub fn kubectl<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> assert_cmd::Command {
        self.kubectl_as(ADMIN, args)
    }

    pub fn kubectl_as<'a>(&self, user: &str, args: impl IntoIterator<Item = &'a str>) -> assert_cmd::Command {
        self.command("kubectl", &self.kubeconfig_for(user), args)
    }

    /// Any program with an environment of nothing but what is named here.
    pub fn command<'a>(&self, program: &str, kubeconfig: &Path, args: impl IntoIterator<Item = &'a str>) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(program);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home()).env("NO_COLOR", "1").env("COLUMNS", "120").env("KUBECONFIG", kubeconfig);
        command.current_dir(self.home()).args(args).timeout(Duration::from_secs(60));
        command
    }
}

impl Server {
    fn address(&self) -> (&str, Option<&Authority>) {
        match self {
            Server::Standin(server) => (server.url(), server.authority()),
            Server::Real(real) => (&real.url, Some(&real.authority)),
            Server::ControlPlane { url, .. } => (url, None),
        }
    }
}

fn identity(user: &str) -> Identity {
    Identity::new(user, if user == ADMIN { &["system:masters"] } else { &[] })
}

fn definition(kind: Kind) -> Value {
    schema::open_definition(kind.group(), kind.name(), kind.plural(), kind.namespaced(), kind.versions())
}

/// Kinds that a definition has to bring: all but those of Kubernetes' own groups.
fn is_custom(kind: Kind) -> bool {
    const OWN: &[&str] = &["", "apps", "batch", "networking.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"];
    !OWN.contains(&kind.group()) && !matches!(kind.group(), "admissionregistration.k8s.io" | "rbac.authorization.k8s.io")
}

/// RBAC rules: the verbs for each `plural`, `plural.group` or `plural.group/subresource`.
pub fn rules(verbs: &[&str], resources: &[&str]) -> Vec<Value> {
    let rule = |resource: &&str| {
        let (resource, sub) = resource.split_once('/').map_or((*resource, String::new()), |(r, s)| (r, format!("/{s}")));
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        json!({"apiGroups": [group], "resources": [format!("{plural}{sub}")], "verbs": verbs})
    };
    resources.iter().map(rule).collect()
}

async fn client(kubeconfig: &Path) -> kube::Client {
    // The crate panics when it has to choose between two providers or finds none; a second installation is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(config, &kube::config::KubeConfigOptions::default()).await.unwrap();
    // Refusals are to be seen at once, and a proxy of the environment is no way to 127.0.0.1.
    config.default_retry = false;
    config.proxy_url = None;
    kube::Client::try_from(config).unwrap()
}
