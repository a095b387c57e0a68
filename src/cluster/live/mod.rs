//! A live cluster: only the kinds that are wanted, several at once, in pages, reduced on arrival to what the model keeps.

mod config;
mod discovery;
mod error;
mod events;
mod exec;
mod facts;
mod forward;
mod handshake;
mod http;
mod limits;
mod list;
mod names;
mod page;
mod prometheus;
mod protobuf;
mod proxy;
mod read;
mod stream;
mod watch;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::model::Kind;
pub(crate) use config::understand;
use discovery::Cache;
pub use error::{ConnectError, ReadError};
pub use events::{Event, Watched};
pub use forward::{Bounds, PodAnswer, PodHttp, PodPort, PodStream, Unreached};
use http::{Http, causes};
pub use limits::Limits;
pub(crate) use page::{binary_kinds, page_of};
pub use prometheus::Prometheus;
pub use read::{Question, Scope, Wanted};
pub use watch::{Change, Watch};
pub use write::{Refused, Resource, Written};

/// What was typed about the cluster.
#[derive(Clone)]
pub struct ConnectOptions {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// What takes the place of what the kubeconfig says.
    pub overrides: Overrides,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-uid`.
    pub impersonate_uid: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// `--request-timeout`; nothing means no limit but a server's silence.
    pub request_timeout: Option<Duration>,
    /// `--timeout`: all requests together; nothing means no limit.
    pub timeout: Option<Duration>,
    /// How long a credential plugin may take, which may have to ask somebody.
    pub plugin_timeout: Duration,
    /// How much is read.
    pub limits: Limits,
    /// Whether standard input holds manifests, so that no credential plugin may ask on it. Read it before connecting.
    pub stdin_in_use: bool,
    /// Objects per page.
    pub page_size: usize,
    /// Whether core kinds are asked for in Kubernetes' binary encoding.
    pub protobuf: bool,
    /// The directory in which discovery is remembered; nothing for not at all.
    pub cache: Option<PathBuf>,
    /// Is told of every request, once there is an answer.
    pub trace: Option<Trace>,
}

/// Where requests are told of, a line each.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// What takes the place of what a kubeconfig says.
#[derive(Clone, Default)]
pub struct Overrides {
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--server`.
    pub server: Option<String>,
    /// `--token`.
    pub token: Option<String>,
    /// `--insecure-skip-tls-verify`.
    pub insecure: bool,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate` and `--client-key`.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

impl std::fmt::Debug for Overrides {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overrides").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            overrides: Overrides::default(),
            impersonate: None,
            impersonate_uid: None,
            impersonate_groups: Vec::new(),
            request_timeout: None,
            timeout: None,
            plugin_timeout: Duration::from_secs(60),
            limits: Limits::default(),
            stdin_in_use: false,
            page_size: 500,
            protobuf: true,
            cache: discovery::cache_dir(),
            trace: None,
        }
    }
}

/// Is called while reading, with how far it has come.
pub trait Progress: Send + Sync {
    /// `read` objects of `kind` are here, `remaining` are to come, where the server says so.
    fn page(&self, kind: Kind, read: usize, remaining: Option<u64>);
}

/// Nobody watches.
impl Progress for () {
    fn page(&self, _: Kind, _: usize, _: Option<u64>) {}
}

/// A way to one cluster. Making one sends nothing to the server.
pub struct Connection {
    http: Http,
    forwards: forward::Forwards,
    /// As many pages are decoded at once as there are cores.
    decoders: Semaphore,
    cache: Option<Cache>,
    page_size: usize,
    protobuf: bool,
    server: String,
    context: String,
    from: String,
    namespace: String,
}

/// Resolves kubeconfig and credentials, and prepares a connection.
pub async fn connect(options: &ConnectOptions) -> Result<Connection, ConnectError> {
    // Two providers are in the tree; the first to connect chooses, and being second is no error.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let target = config::resolve(options).await?;
    let namespace = target.config.default_namespace.clone();
    let client = kube::Client::try_from(target.config).map_err(|error| ConnectError::Entry {
        place: "the credentials".to_owned(),
        file: target.from.clone(),
        detail: causes(&error),
    })?;
    Ok(Connection {
        cache: options.cache.as_deref().map(|dir| Cache::within(dir, &target.server)),
        server: target.server,
        context: target.context,
        from: target.from,
        ..Connection::over(client, namespace, options)
    })
}

impl Connection {
    /// A connection through a client that is already there.
    pub fn over(client: kube::Client, namespace: String, options: &ConnectOptions) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
        Self {
            http: Http::new(client, options.request_timeout, options.timeout, options.limits, options.trace.clone()),
            forwards: forward::Forwards::new(),
            decoders: Semaphore::new(cores),
            cache: None,
            page_size: options.page_size,
            protobuf: options.protobuf,
            server: String::new(),
            context: String::new(),
            from: String::new(),
            namespace,
        }
    }

    /// The namespace that the context names, else `default`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The context's name; empty for a pod's own account.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }
}

#[cfg(test)]
mod tests;
