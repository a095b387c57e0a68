//! Streams to ports of pods, through the API server's port-forward: the one way on which proxies and control planes are asked themselves.
//!
//! Inside the pod the stream comes from localhost. So it reaches what listens only there, is let in by istiod's debug endpoints and by Linkerd's
//! inbound policy, and passes every NetworkPolicy. Each stream is a WebSocket of its own; few are open at once.

mod http;
mod stream;
mod unreached;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::Portforwarder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};

use super::Connection;
use super::http::after;
use crate::model::{Access, Gap, Kind, ObjectRef, Str, YesNo};
pub use http::{PodAnswer, PodHttp};
pub use stream::PodStream;
pub use unreached::Unreached;

/// Streams that are open at once: each costs the API server and a kubelet a connection.
const AT_ONCE: usize = 8;

/// A port of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodPort {
    /// Namespace.
    pub namespace: Str,
    /// Name of the pod.
    pub pod: Str,
    /// Port inside the pod.
    pub port: u16,
}

impl PodPort {
    /// A port of a pod.
    pub fn new(namespace: &str, pod: &str, port: u16) -> Self {
        Self { namespace: namespace.into(), pod: pod.into(), port }
    }

    /// The pod.
    pub fn object(&self) -> ObjectRef {
        ObjectRef { kind: Kind::Pod, namespace: self.namespace.clone(), name: self.pod.clone(), api_version: "v1".into() }
    }

    /// What is unknown because this port did not answer.
    pub fn gap(&self, why: &Unreached) -> Gap {
        Gap::Unanswered { object: self.object(), detail: format!("port {}: {why}", self.port).into() }
    }
}

impl fmt::Display for PodPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port {} of {}", self.port, self.object())
    }
}

/// How long a pod may take, from the opening of the stream to the last byte of an answer, and how much of an answer is read.
/// `--request-timeout` may make the time shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The time.
    pub within: Duration,
    /// Bytes of one answer.
    pub most: usize,
}

impl Bounds {
    /// For a state, a version, metrics, a handshake.
    pub const QUESTION: Self = Self { within: Duration::from_secs(10), most: 32 << 20 };
    /// For a dump of configuration, which a proxy builds whole before its first byte.
    pub const DUMP: Self = Self { within: Duration::from_secs(30), most: 1 << 30 };
}

/// What is known of the way to pods.
pub(super) struct Forwards {
    turns: Arc<Semaphore>,
    /// Namespaces into which nothing is forwarded: each is asked about once. Of an empty name: nothing is forwarded anywhere.
    closed: Mutex<BTreeMap<Str, Unreached>>,
}

impl Forwards {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), closed: Mutex::default() }
    }

    fn closed(&self, namespace: &str) -> Option<Unreached> {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.get("").or_else(|| closed.get(namespace)).cloned()
    }

    fn close(&self, namespace: &str, why: &Unreached) {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).insert(namespace.into(), why.clone());
    }
}

impl Connection {
    /// Opens a stream to a port of a pod, for whatever is spoken there: TLS, gRPC, HTTP. It waits for its turn, and the time runs from then on.
    /// Whether anything listens on the port is seen by the first read.
    pub async fn forward(&self, at: &PodPort, bounds: Bounds) -> Result<PodStream, Unreached> {
        let (turn, deadline) = self.turn(at, bounds).await?;
        self.open(at, turn, deadline).await
    }

    /// Opens a stream for questions in HTTP, one after the other. The time holds for all of them together.
    pub async fn pod_http(&self, at: &PodPort, bounds: Bounds) -> Result<PodHttp, Unreached> {
        let (turn, deadline) = self.turn(at, bounds).await?;
        PodHttp::over(self.open(at, turn, deadline).await?, at, bounds.most, deadline).await
    }

    /// The body of one GET, whole. Any other status than 200 is no answer.
    pub async fn pod_get(&self, at: &PodPort, path: &str, bounds: Bounds) -> Result<Vec<u8>, Unreached> {
        self.pod_http(at, bounds).await?.get(path).await?.ok().await?.bytes().await
    }

    /// A turn, and when the time is over that begins with it.
    async fn turn(&self, at: &PodPort, bounds: Bounds) -> Result<(OwnedSemaphorePermit, Deadline), Unreached> {
        // Never closed, so that there is always a turn.
        let turn = self.forwards.turns.clone().acquire_owned().await.map_err(|error| Unreached::ApiServer(error.to_string()))?;
        if let Some(why) = self.forwards.closed(&at.namespace) {
            return Err(why);
        }
        if let Some(failure) = self.http.given_up() {
            return Err(Unreached::ApiServer(failure.to_string()));
        }
        let within = self.http.request_timeout.map_or(bounds.within, |limit| limit.min(bounds.within));
        let until = after(within).into_iter().chain(self.http.deadline).min().unwrap_or_else(Instant::now);
        Ok((turn, Deadline { until, within }))
    }

    async fn open(&self, at: &PodPort, turn: OwnedSemaphorePermit, deadline: Deadline) -> Result<PodStream, Unreached> {
        let first = self.upgrade(at, deadline).await;
        let forwarder = match first {
            Err(Failed { again: true, .. }) => {
                // Pods that were turned away together do not come back together.
                sleep(Duration::from_millis(100 + RandomState::new().hash_one(&at.pod) % 200)).await;
                self.upgrade(at, deadline).await
            }
            done => done,
        };
        match forwarder {
            Ok(forwarder) => PodStream::new(forwarder, at.port, turn),
            Err(Failed { why, .. }) => Err(self.explain(at, why).await),
        }
    }

    async fn upgrade(&self, at: &PodPort, deadline: Deadline) -> Result<Portforwarder, Failed> {
        let api: Api<Pod> = Api::namespaced(self.http.client.clone(), &at.namespace);
        let begun = Instant::now();
        let opened = timeout_at(deadline.until, api.portforward(&at.pod, &[at.port])).await;
        if let Some(trace) = &self.http.trace {
            let said = match &opened {
                Ok(Ok(_)) => "101",
                Ok(Err(_)) => "refused",
                Err(_) => "no answer",
            };
            trace(&format!("port-forward to {at} {said} after {} ms", begun.elapsed().as_millis()));
        }
        match opened {
            Ok(Ok(forwarder)) => Ok(forwarder),
            Ok(Err(error)) => Err(Failed::of(error)),
            Err(_) => Err(Failed { why: deadline.passed(), again: false }),
        }
    }

    /// Says of a refusal what it takes, and remembers what would be refused to every pod.
    async fn explain(&self, at: &PodPort, why: Unreached) -> Unreached {
        match why {
            Unreached::Forbidden { said, .. } => {
                let access = |verb: &str| Access {
                    verb: verb.into(),
                    group: Str::default(),
                    resource: "pods/portforward".into(),
                    namespace: at.namespace.clone(),
                };
                let (get, create) = (access("get"), access("create"));
                let (get, create) = tokio::join!(self.may(&get), self.may(&create));
                let missing = [("get", get), ("create", create)].into_iter().filter(|(_, may)| matches!(may, YesNo::No(_)));
                let missing: Vec<&'static str> = missing.map(|(verb, _)| verb).collect();
                let why = Unreached::Forbidden { said, namespace: at.namespace.clone(), missing };
                if matches!(&why, Unreached::Forbidden { missing, .. } if !missing.is_empty()) {
                    self.forwards.close(&at.namespace, &why);
                }
                why
            }
            Unreached::NoUpgrade(_) => {
                self.forwards.close("", &why);
                why
            }
            why => why,
        }
    }
}

/// When the time is over, and how much of it there was.
#[derive(Clone, Copy)]
struct Deadline {
    until: Instant,
    within: Duration,
}

impl Deadline {
    fn passed(self) -> Unreached {
        Unreached::TimedOut(self.within)
    }
}

/// A stream that was not opened.
struct Failed {
    why: Unreached,
    /// Whether another try may help.
    again: bool,
}

impl Failed {
    fn of(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => {
                let again = status.code == 429 || status.code >= 500;
                Self { why: Unreached::answered(status.code, &status.message, &status.reason), again }
            }
            kube::Error::UpgradeConnection(error) => Self { why: Unreached::NoUpgrade(error.to_string()), again: false },
            error => Self { why: Unreached::ApiServer(super::causes(&error)), again: true },
        }
    }
}
