//! Requests as a patient but bounded client makes them: few connections, retries with back-off, and failures told apart.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};

use super::Trace;
use super::limits::{Limits, Most, size};
use super::page::Format;
use super::protobuf::{self, Message as _};

/// Connections at once: what a browser would open, so that an API server's fairness queues do not mind.
const CONNECTIONS: usize = 8;
/// How long retries of one request may go on.
const PATIENCE: Duration = Duration::from_secs(15);
/// API servers end their own requests after a minute; whoever is silent for longer is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// The part of an error's body that is worth reading.
const ERROR_BODY: usize = 64 * 1024;
/// After so many failures in a row, over all requests, nothing is asked twice any more: it is the server and not the request.
const STRIKES: usize = 24;
/// Memory set aside for an answer that announces its length.
const LENGTH_TRUSTED: usize = 16 << 20;

/// Why a request has no usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// 401.
    Unauthorized(String),
    /// 403.
    Forbidden(String),
    /// 404.
    NotFound,
    /// 410: the list that a continue token belongs to is gone.
    Expired,
    /// 406 or 415: the encoding is refused.
    NotAcceptable,
    /// No answer at all.
    Unreachable(String),
    /// The answer broke off, or is not what it should be; asking again may help.
    Broken(String),
    /// The request itself is refused: it contradicts what is there, or makes no sense.
    Refused {
        /// The status.
        status: u16,
        /// The server's words.
        message: String,
        /// The fields it is about, with what is said of each.
        causes: Vec<(String, String)>,
    },
    /// Any other answer.
    Other(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unauthorized(text) | Self::Forbidden(text) | Self::Unreachable(text) | Self::Broken(text) | Self::Other(text) => f.write_str(text),
            Self::Refused { message, .. } => f.write_str(message),
            Self::NotFound => f.write_str("not found (HTTP 404)"),
            Self::Expired => f.write_str("the list changed too much while it was read (HTTP 410)"),
            Self::NotAcceptable => f.write_str("the server refuses the encoding (HTTP 406)"),
        }
    }
}

/// The way to one API server.
pub(super) struct Http {
    pub(super) client: kube::Client,
    pub(super) limits: Limits,
    connections: Semaphore,
    pub(super) request_timeout: Option<Duration>,
    /// When the whole command has to be done.
    pub(super) deadline: Option<Instant>,
    answered: AtomicBool,
    /// Requests in a row that nothing was heard of.
    silences: AtomicUsize,
    /// Requests in a row without a usable answer.
    failures: AtomicUsize,
    pub(super) trace: Option<Trace>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) uri: &'a str,
    pub(super) accept: &'a str,
    /// An answer that is already known, by its tag.
    pub(super) unless: Option<&'a str>,
    /// What is sent along, as JSON.
    pub(super) body: Option<&'a str>,
    /// How it is sent: GET, or POST with a body, unless this says otherwise.
    pub(super) method: Option<&'a Method>,
    /// What the body is.
    pub(super) content_type: &'a str,
    /// Whether it may be sent again when nobody knows what became of it: true of reading, and of a POST that changes nothing.
    pub(super) repeatable: bool,
    /// The largest answer that is read, unpacked; of an endless one, the largest part that is waited for.
    pub(super) limit: Most,
    /// Whether the answer goes on for as long as the server likes: then only its silence ends it, it holds no connection that others wait for, and
    /// the time for the whole command is not its own.
    pub(super) endless: bool,
}

impl<'a> Ask<'a> {
    pub(super) const fn json(uri: &'a str) -> Self {
        let (method, content_type) = (None, "application/json");
        Self {
            uri,
            accept: "application/json",
            unless: None,
            body: None,
            method,
            content_type,
            repeatable: true,
            limit: Most::Answer,
            endless: false,
        }
    }

    /// A question that takes a POST and changes nothing, such as an access review.
    pub(super) const fn question(uri: &'a str, body: &'a str) -> Self {
        Self { body: Some(body), ..Self::json(uri) }
    }
}

/// An answer whose body is still coming.
pub(super) struct Incoming<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    incoming: Body,
    deadline: Option<Instant>,
    limit: usize,
    _connection: Option<SemaphorePermit<'a>>,
}

impl Http {
    pub(super) fn new(
        client: kube::Client,
        request_timeout: Option<Duration>,
        timeout: Option<Duration>,
        limits: Limits,
        trace: Option<Trace>,
    ) -> Self {
        Self {
            client,
            limits,
            connections: Semaphore::new(CONNECTIONS),
            request_timeout,
            deadline: timeout.and_then(after),
            answered: AtomicBool::new(false),
            silences: AtomicUsize::new(0),
            failures: AtomicUsize::new(0),
            trace,
        }
    }

    /// Why nothing more is to be asked: the time is over, or as many requests in a row were in vain as may be under way at once.
    pub(super) fn given_up(&self) -> Option<Failure> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Some(Failure::Other("the time for the whole command is over (--timeout)".to_owned()));
        }
        let silent = self.silences.load(Ordering::Relaxed);
        let dead = silent >= CONNECTIONS || (silent > 0 && !self.answered());
        dead.then(|| Failure::Unreachable("not asked any more: the server does not answer".to_owned()))
    }

    /// Whether the server has ever answered anything.
    pub(super) fn answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Asks, and again after 429, 5xx and lost connections, until there is an answer or patience ends. What may not be repeated is asked again only
    /// after 429, by which the server says that it did nothing.
    pub(super) async fn get(&self, ask: Ask<'_>) -> Result<Incoming<'_>, Failure> {
        let patience = Instant::now() + self.request_timeout.map_or(PATIENCE, |limit| limit.min(PATIENCE));
        let patience = self.deadline.map_or(patience, |deadline| deadline.min(patience));
        let mut pause = Duration::from_millis(100);
        loop {
            let (failure, wanted) = match self.once(ask).await {
                Ok(answer) => match judge(answer).await {
                    Verdict::Fine(answer) => {
                        self.failures.store(0, Ordering::Relaxed);
                        return Ok(answer);
                    }
                    Verdict::Final(failure) => return Err(failure),
                    Verdict::Later { failure, wanted, untouched } if untouched || ask.repeatable => (failure, wanted),
                    Verdict::Later { failure, .. } => return Err(failure),
                },
                // A server that never answered is down or the address is wrong: say so at once.
                Err(failure) if !self.answered() || !ask.repeatable => return Err(failure),
                Err(failure) => (failure, None),
            };
            let struck = self.failures.fetch_add(1, Ordering::Relaxed) >= STRIKES;
            let wait = wanted.unwrap_or(pause);
            if struck || wait > patience.saturating_duration_since(Instant::now()) {
                return Err(failure);
            }
            sleep(wait).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Asks and reads the whole answer.
    pub(super) async fn read(&self, ask: Ask<'_>) -> Result<Incoming<'_>, Failure> {
        let mut answer = self.get(ask).await?;
        while answer.more().await? {}
        Ok(answer)
    }

    async fn once(&self, ask: Ask<'_>) -> Result<Incoming<'_>, Failure> {
        let usual = if ask.body.is_some() { Method::POST } else { Method::GET };
        let method = ask.method.unwrap_or(&usual);
        let mut request = Request::builder().method(method).uri(ask.uri).header(ACCEPT, ask.accept);
        if let Some(tag) = ask.unless {
            request = request.header(IF_NONE_MATCH, tag);
        }
        if ask.body.is_some() {
            request = request.header(CONTENT_TYPE, ask.content_type);
        }
        let body = ask.body.map_or_else(Body::empty, |body| Body::from(body.as_bytes().to_vec()));
        let request = request.body(body).map_err(|error| Failure::Other(format!("cannot ask for {}: {error}", ask.uri)))?;
        // The semaphore is never closed, so that waiting for it cannot fail.
        let connection = self.connections.acquire().await.map_err(|error| Failure::Other(error.to_string()))?;
        if let Some(failure) = self.given_up().filter(|_| !ask.endless) {
            return Err(failure);
        }
        let deadline = self.request_timeout.and_then(after).into_iter().chain(self.deadline).min().filter(|_| !ask.endless);
        let begun = Instant::now();
        let method = request.method().clone();
        let sent = timeout_at(earlier(deadline), self.client.send(request)).await;
        if let Some(trace) = &self.trace {
            let said = match &sent {
                Ok(Ok(response)) => response.status().as_u16().to_string(),
                Ok(Err(_)) | Err(_) => "no answer".to_owned(),
            };
            trace(&format!("{method} {} {said} after {} ms", ask.uri, begun.elapsed().as_millis()));
        }
        let response: Response<Body> = match sent {
            Err(_) => {
                self.silences.fetch_add(1, Ordering::Relaxed);
                return Err(Failure::Unreachable(self.silent()));
            }
            Ok(Err(error)) => {
                self.silences.fetch_add(1, Ordering::Relaxed);
                let text = causes(&error);
                // What the layers of the client call themselves helps nobody.
                let text = text.trim_start_matches("ServiceError: ").trim_start_matches("client error (Connect): ");
                return Err(Failure::Unreachable(text.to_owned()));
            }
            Ok(Ok(response)) => response,
        };
        self.answered.store(true, Ordering::Relaxed);
        self.silences.store(0, Ordering::Relaxed);
        let (parts, incoming) = response.into_parts();
        // Trusted only so far: a wrong length must not cost memory.
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
        let body = Vec::with_capacity(length.min(LENGTH_TRUSTED));
        Ok(Incoming {
            status: parts.status,
            headers: parts.headers,
            body,
            incoming,
            deadline,
            limit: self.limits.bytes(ask.limit),
            _connection: Some(connection).filter(|_| !ask.endless),
        })
    }

    fn silent(&self) -> String {
        match self.request_timeout {
            _ if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) => "no answer before --timeout".to_owned(),
            Some(limit) => format!("no answer within --request-timeout {limit:?}"),
            None => format!("no answer within {SILENCE:?}"),
        }
    }
}

/// The time so far from now; nothing where that is beyond all clocks.
pub(super) fn after(limit: Duration) -> Option<Instant> {
    Instant::now().checked_add(limit)
}

fn earlier(deadline: Option<Instant>) -> Instant {
    let silence = Instant::now() + SILENCE;
    deadline.map_or(silence, |deadline| deadline.min(silence))
}

impl Incoming<'_> {
    /// Waits for the next piece of the body; false at its end.
    pub(super) async fn more(&mut self) -> Result<bool, Failure> {
        loop {
            match timeout_at(earlier(self.deadline), self.incoming.frame()).await {
                // Asking again would wait as long again.
                Err(_) => return Err(Failure::Unreachable("the answer stopped coming".to_owned())),
                Ok(None) => return Ok(false),
                Ok(Some(Err(error))) => return Err(Failure::Broken(format!("the answer broke off: {}", causes(&error)))),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        if self.body.len() + data.len() > self.limit {
                            return Err(Failure::Other(format!("the answer is larger than {}", size(self.limit))));
                        }
                        self.body.extend_from_slice(&data);
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// The encoding of the body, where it is one that is understood.
    pub(super) fn format(&self) -> Result<Format, Failure> {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim() {
            "application/json" => Ok(Format::Json),
            "application/vnd.kubernetes.protobuf" => Ok(Format::Protobuf),
            other => {
                let other = if other.is_empty() { "an answer without a type" } else { other };
                Err(Failure::Other(format!("got {other} instead of a Kubernetes answer: is there a proxy or a login page in between?")))
            }
        }
    }

    /// The words of a refusal, with the fields it is about.
    async fn refusal(mut self) -> Failure {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Status {
            details: Option<Details>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Details {
            causes: Vec<Cause>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Cause {
            field: String,
            message: String,
        }
        while self.body.len() < ERROR_BODY && matches!(self.more().await, Ok(true)) {}
        let status: Status = serde_json::from_slice(&self.body).unwrap_or_default();
        let causes = status.details.unwrap_or_default().causes.into_iter().map(|cause| (cause.field, cause.message)).collect();
        Failure::Refused { status: self.status.as_u16(), message: self.words().await, causes }
    }

    /// The words of an error.
    async fn words(mut self) -> String {
        while self.body.len() < ERROR_BODY && matches!(self.more().await, Ok(true)) {}
        #[derive(Deserialize)]
        struct Status {
            #[serde(default)]
            message: String,
        }
        let message = match self.format() {
            Ok(Format::Json) => serde_json::from_slice(&self.body).map(|status: Status| status.message).unwrap_or_default(),
            Ok(Format::Protobuf) => protobuf::open(&self.body).and_then(protobuf::Status::decode).map(|status| status.message).unwrap_or_default(),
            Err(_) => String::new(),
        };
        if message.is_empty() { format!("HTTP {}", self.status) } else { format!("{message} (HTTP {})", self.status.as_u16()) }
    }
}

enum Verdict<'a> {
    Fine(Incoming<'a>),
    Final(Failure),
    /// Worth another try.
    Later {
        failure: Failure,
        /// After this time, if the server names one.
        wanted: Option<Duration>,
        /// Whether the server turned the request away before doing anything.
        untouched: bool,
    },
}

async fn judge(answer: Incoming<'_>) -> Verdict<'_> {
    match answer.status {
        status if status.is_success() => Verdict::Fine(answer),
        StatusCode::NOT_MODIFIED => Verdict::Fine(answer),
        StatusCode::UNAUTHORIZED => Verdict::Final(Failure::Unauthorized(answer.words().await)),
        StatusCode::FORBIDDEN => Verdict::Final(Failure::Forbidden(answer.words().await)),
        StatusCode::NOT_FOUND => Verdict::Final(Failure::NotFound),
        StatusCode::GONE => Verdict::Final(Failure::Expired),
        StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Verdict::Final(answer.refusal().await),
        StatusCode::NOT_ACCEPTABLE | StatusCode::UNSUPPORTED_MEDIA_TYPE => Verdict::Final(Failure::NotAcceptable),
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            let wanted = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
            Verdict::Later { failure: Failure::Other(answer.words().await), wanted, untouched: status == StatusCode::TOO_MANY_REQUESTS }
        }
        // Redirects are never followed: the credentials would go with them.
        status if status.is_redirection() => {
            let to = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("nowhere").to_owned();
            Verdict::Final(Failure::Other(format!("the server redirects to {to} (HTTP {}), which is not followed", status.as_u16())))
        }
        _ => Verdict::Final(Failure::Other(answer.words().await)),
    }
}

/// An error and all that caused it on one line, each said once.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
