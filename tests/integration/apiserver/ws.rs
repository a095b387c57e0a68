//! WebSocket subresources of pods with scripted answers: exec and port-forward (the channel protocols v4 and v5); also the scripts of logs and of
//! the pod proxy. kubectl's own port-forward tunnels SPDY, which is not spoken here: it fails as against an old proxy; exec works.

use super::answer::full;
use super::error::{ApiError, Result};
use super::handle::Call;
use super::rbac::{self, Action};
use super::route::{Route, Target};
use super::{Body, Shared};
use futures::{SinkExt, StreamExt};
use hyper::header::HeaderValue;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{HeaderMap, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, WriteHalf};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

/// What pods say, by namespace and name. What no script covers is refused as on a real node.
#[derive(Default)]
pub struct Scripts {
    logs: HashMap<(String, String, String), String>,
    log_of_all: Option<String>,
    execs: Vec<Exec>,
    ports: HashMap<(String, String, u16), Port>,
}

struct Exec {
    namespace: String,
    pod: String,
    command: Vec<String>,
    output: Output,
}

/// What a command in a container prints and how it ends.
#[derive(Clone, Default)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
}

/// Who listens on a port of a pod.
#[derive(Clone)]
pub enum Port {
    /// Answers to GET by path (with its query): status and body; 404 for the rest.
    Http(BTreeMap<String, (u16, String)>),
    /// A listener of the test's own.
    Forward(SocketAddr),
    /// Whatever is asked, these bytes; then the stream ends.
    Raw(Vec<u8>),
    /// Takes everything and never says a word.
    Silent,
    /// What the container runtime says instead of connecting.
    Refused(String),
}

impl Scripts {
    pub fn set_log(&mut self, namespace: &str, pod: &str, container: &str, text: &str) {
        self.logs.insert((namespace.into(), pod.into(), container.into()), text.into());
    }

    /// What every container has written that nothing else is said of.
    pub fn log_of_all(&mut self, text: &str) {
        self.log_of_all = Some(text.to_owned());
    }

    pub fn log(&self, namespace: &str, pod: &str, container: &str) -> Option<String> {
        self.logs.get(&(namespace.into(), pod.into(), container.into())).or(self.log_of_all.as_ref()).cloned()
    }

    /// The answer to a command that begins with `command`.
    pub fn set_exec(&mut self, namespace: &str, pod: &str, command: &[&str], output: Output) {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        self.execs.push(Exec { namespace: namespace.into(), pod: pod.into(), command, output });
    }

    pub fn set_port(&mut self, namespace: &str, pod: &str, port: u16, who: Port) {
        self.ports.insert((namespace.into(), pod.into(), port), who);
    }

    fn port(&self, namespace: &str, pod: &str, port: u16) -> Option<Port> {
        self.ports.get(&(namespace.to_owned(), pod.to_owned(), port)).cloned()
    }
}

pub fn wanted(headers: &HeaderMap) -> bool {
    headers.get("upgrade").and_then(|v| v.to_str().ok()).is_some_and(|v| v.eq_ignore_ascii_case("websocket"))
}

/// `pods/NAME:PORT/proxy/PATH` without an upgrade.
pub fn proxy(shared: &Shared, call: &Call, target: &Target) -> Result<Response<Body>> {
    let name = target.name.as_deref().unwrap_or_default();
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let parts: Vec<&str> = name.split(':').collect();
    let (pod, port) = match parts.as_slice() {
        [pod, port] | ["http" | "https", pod, port] => (*pod, port.parse().unwrap_or(80)),
        _ => (name, 80),
    };
    if shared.store().get("", "pods", &format!("{namespace}/{pod}")).is_none() {
        return Err(ApiError::not_found("", "pods", pod));
    }
    let Some(Port::Http(pages)) = shared.scripts().port(namespace, pod, port) else {
        let why = format!("error trying to reach service: dial tcp: {pod}:{port}: connect: connection refused");
        return Err(ApiError::new(503, "ServiceUnavailable", why));
    };
    let query: Vec<String> = call.query.0.iter().map(|(k, v)| if v.is_empty() { k.clone() } else { format!("{k}={v}") }).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let (status, text) = page(&pages, &format!("/{}{query}", target.rest.join("/")));
    Ok(full(StatusCode::from_u16(status).unwrap_or_default(), "text/plain", text))
}

fn page(pages: &BTreeMap<String, (u16, String)>, path: &str) -> (u16, String) {
    pages.get(path).cloned().unwrap_or((404, "not found\n".into()))
}

pub fn answer(shared: &Arc<Shared>, call: &Call, upgrade: OnUpgrade) -> Result<Response<Body>> {
    let Route::Resource(target) = &call.route else { return Err(ApiError::unknown_path()) };
    let sub = target.subresource.as_deref();
    let (namespace, pod) = (target.namespace.clone().unwrap_or_default(), target.name.clone().unwrap_or_default());
    let action = Action {
        verb: call.verb(),
        resource: &target.resource,
        subresource: sub,
        namespace: target.namespace.as_deref(),
        name: target.name.as_deref(),
        ..Action::default()
    };
    if !rbac::allowed(&shared.store(), &call.who, &action) {
        return Err(ApiError::forbidden(&call.who.user, call.verb(), target));
    }
    if target.resource != "pods" || shared.store().get("", "pods", &format!("{namespace}/{pod}")).is_none() {
        return Err(ApiError::not_found("", &target.resource, &pod));
    }
    let offered: Vec<&str> = call.header("sec-websocket-protocol").split(',').map(str::trim).collect();
    let protocol = ["v5.channel.k8s.io", "v4.channel.k8s.io"].into_iter().find(|p| offered.contains(p));
    let protocol = protocol.ok_or_else(|| ApiError::bad_request(format!("unable to upgrade: no supported protocol in {offered:?}")))?;
    match sub {
        Some("exec") => {
            let command: Vec<String> = call.query.all("command").map(str::to_owned).collect();
            let known = |e: &&Exec| e.namespace == namespace && e.pod == pod && command.starts_with(&e.command);
            let output = shared.scripts().execs.iter().find(known).map(|e| e.output.clone());
            let unknown = || Output { stderr: format!("{command:?}: no such file or directory\n"), code: 127, ..Output::default() };
            let output = output.unwrap_or_else(unknown);
            tokio::spawn(async move {
                if let Ok(upgraded) = upgrade.await {
                    let _ = exec(socket(upgraded).await, output).await;
                }
            });
        }
        Some("portforward") => {
            let ports: Vec<u16> = call.query.all("ports").filter_map(|p| p.parse().ok()).collect();
            if ports.is_empty() {
                return Err(ApiError::bad_request("query parameter \"ports\" is required"));
            }
            let shared = shared.clone();
            tokio::spawn(async move {
                if let Ok(upgraded) = upgrade.await {
                    let _ = forward(socket(upgraded).await, &shared, &namespace, &pod, &ports).await;
                }
            });
        }
        _ => return Err(ApiError::unknown_path()),
    }
    let mut response = full(StatusCode::SWITCHING_PROTOCOLS, "text/plain", "");
    let headers = response.headers_mut();
    headers.remove("content-type");
    headers.insert("connection", HeaderValue::from_static("Upgrade"));
    headers.insert("upgrade", HeaderValue::from_static("websocket"));
    headers.insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
    if let Ok(key) = derive_accept_key(call.header("sec-websocket-key").as_bytes()).parse() {
        headers.insert("sec-websocket-accept", key);
    }
    Ok(response)
}

type Socket = WebSocketStream<TokioIo<Upgraded>>;
type Ended = Result<(), tokio_tungstenite::tungstenite::Error>;

async fn socket(upgraded: Upgraded) -> Socket {
    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await
}

fn frame(channel: u8, bytes: &[u8]) -> Message {
    let mut all = vec![channel];
    all.extend_from_slice(bytes);
    Message::binary(all)
}

async fn exec(mut socket: Socket, output: Output) -> Ended {
    // Every channel is opened by an empty frame; then stdout is 1, stderr 2 and the outcome 3.
    for (channel, text) in [(1, ""), (2, ""), (1, output.stdout.as_str()), (2, output.stderr.as_str())] {
        socket.send(frame(channel, text.as_bytes())).await?;
    }
    let status = match output.code {
        0 => json!({"metadata": {}, "status": "Success"}),
        code => json!({
            "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "message": format!("command terminated with non-zero exit code: exit status {code}"),
            "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]},
        }),
    };
    socket.send(frame(3, status.to_string().as_bytes())).await?;
    // Without a code kubectl takes the end for a fault.
    socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Port n has the data channel 2n and the error channel 2n + 1; each begins with a frame that names the port.
async fn forward(mut socket: Socket, shared: &Shared, namespace: &str, pod: &str, ports: &[u16]) -> Ended {
    let (sender, mut answers) = mpsc::channel::<Message>(16);
    let mut writers: HashMap<u8, WriteHalf<Box<dyn Stream>>> = HashMap::new();
    for (i, port) in (0u8..100).zip(ports) {
        let (data, error) = (2 * i, 2 * i + 1);
        for channel in [data, error] {
            socket.send(frame(channel, &port.to_le_bytes())).await?;
        }
        let who = shared.scripts().port(namespace, pod, *port);
        let refused = |why: std::io::Error| {
            format!("error forwarding port {port} to pod {pod}: failed to connect to localhost:{port} inside namespace {namespace:?}: {why}")
        };
        let opened = match who {
            Some(Port::Refused(text)) => Err(text),
            who => open(who).await.map_err(refused),
        };
        match opened {
            Ok(stream) => {
                let (mut reader, writer) = tokio::io::split(stream);
                writers.insert(data, writer);
                let sender = sender.clone();
                tokio::spawn(async move {
                    let mut buffer = vec![0; 16 * 1024];
                    while let Ok(n @ 1..) = reader.read(&mut buffer).await {
                        if sender.send(frame(data, &buffer[..n])).await.is_err() {
                            return;
                        }
                    }
                    let _ = sender.send(Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))).await;
                });
            }
            Err(text) => {
                socket.send(frame(error, text.as_bytes())).await?;
            }
        }
    }
    loop {
        tokio::select! {
            Some(answer) = answers.recv() => socket.send(answer).await?,
            asked = socket.next() => match asked {
                Some(Ok(Message::Binary(bytes))) => {
                    let Some((channel, data)) = bytes.split_first() else { continue };
                    if let Some(writer) = writers.get_mut(channel) {
                        writer.write_all(data).await?;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                Some(Ok(_)) => {}
            },
        }
    }
}

async fn open(who: Option<Port>) -> std::io::Result<Box<dyn Stream>> {
    match who {
        None | Some(Port::Refused(_)) => Err(std::io::Error::other("connection refused")),
        Some(Port::Silent) => {
            let (near, mut far) = tokio::io::duplex(1024);
            tokio::spawn(async move { tokio::io::copy(&mut far, &mut tokio::io::sink()).await });
            Ok(Box::new(near))
        }
        Some(Port::Raw(bytes)) => {
            let (near, mut far) = tokio::io::duplex(64 * 1024);
            tokio::spawn(async move {
                if far.read(&mut [0; 1024]).await.is_ok() {
                    let _ = far.write_all(&bytes).await;
                }
            });
            Ok(Box::new(near))
        }
        Some(Port::Forward(address)) => Ok(Box::new(tokio::net::TcpStream::connect(address).await?)),
        Some(Port::Http(pages)) => {
            let (near, far) = tokio::io::duplex(64 * 1024);
            let pages = Arc::new(pages);
            let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
                let (status, text) = page(&pages, path);
                async move { Ok::<_, std::convert::Infallible>(full(StatusCode::from_u16(status).unwrap_or_default(), "text/plain", text)) }
            });
            tokio::spawn(async move {
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
            });
            Ok(Box::new(near))
        }
    }
}
