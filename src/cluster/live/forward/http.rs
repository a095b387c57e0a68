//! HTTP/1.1 over a stream to a port, with bodies that come in pieces.

use std::io::{self, Read};

use ::http::header::HOST;
use ::http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::super::causes;
use super::super::limits::size;
use super::unreached::words;
use super::{Deadline, PodPort, PodStream, Unreached};

/// Pieces of a body that wait for whoever decodes it.
const WAITING: usize = 16;
/// The part of a refusal's body that is worth reading.
const REFUSAL: usize = 4096;

/// A stream to a port that is asked in HTTP, one question after the other.
pub struct PodHttp {
    requests: SendRequest<Full<Bytes>>,
    host: String,
    most: usize,
    deadline: Deadline,
}

/// An answer whose body is still coming.
pub struct PodAnswer {
    /// The status.
    pub status: u16,
    body: Incoming,
    read: usize,
    most: usize,
    deadline: Deadline,
}

impl PodHttp {
    pub(super) async fn over(stream: PodStream, at: &PodPort, most: usize, deadline: Deadline) -> Result<Self, Unreached> {
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| ended(&error))?;
        // It ends with the last of `requests` and the bodies; what it fails with, they say.
        tokio::spawn(connection);
        Ok(Self { requests, host: format!("localhost:{}", at.port), most, deadline })
    }

    /// Asks for a path. The answer before has to be read to its end or dropped.
    pub async fn get(&mut self, path: &str) -> Result<PodAnswer, Unreached> {
        self.send(Method::GET, path, "").await
    }

    /// Sends something to a path.
    pub async fn send(&mut self, method: Method, path: &str, body: &str) -> Result<PodAnswer, Unreached> {
        let request = Request::builder().method(method).uri(path).header(HOST, &self.host).body(Full::from(body.as_bytes().to_vec()));
        let request = request.map_err(|error| Unreached::Unreadable(format!("{path} cannot be asked for: {error}")))?;
        let answer = async {
            self.requests.ready().await?;
            self.requests.send_request(request).await
        };
        let answer = timeout_at(self.deadline.until, answer).await.map_err(|_| self.deadline.passed())?.map_err(|error| ended(&error))?;
        let (parts, body) = answer.into_parts();
        Ok(PodAnswer { status: parts.status.as_u16(), body, read: 0, most: self.most, deadline: self.deadline })
    }
}

impl PodAnswer {
    /// The answer, if its status is 200.
    pub async fn ok(mut self) -> Result<Self, Unreached> {
        if self.status == 200 {
            return Ok(self);
        }
        let mut said = Vec::new();
        while said.len() < REFUSAL
            && let Ok(Some(piece)) = self.piece().await
        {
            said.extend_from_slice(&piece);
        }
        Err(Unreached::Status { status: self.status, said: words(&String::from_utf8_lossy(&said)) })
    }

    /// The next piece of the body; nothing at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Unreached> {
        loop {
            match timeout_at(self.deadline.until, self.body.frame()).await {
                Err(_) => return Err(self.deadline.passed()),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(ended(&error)),
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.read += data.len();
                    if self.read > self.most {
                        return Err(Unreached::Unreadable(format!("it is larger than {}", size(self.most))));
                    }
                    return Ok(Some(data));
                }
            }
        }
    }

    /// The whole body.
    pub async fn bytes(mut self) -> Result<Vec<u8>, Unreached> {
        let mut all = Vec::new();
        while let Some(piece) = self.piece().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all)
    }

    /// Decodes the body while it comes, on a thread of its own: of a dump of many megabytes the text is never held.
    pub async fn decode<T, D>(mut self, decode: D) -> Result<T, Unreached>
    where
        T: Send + 'static,
        D: FnOnce(&mut dyn Read) -> Result<T, serde_json::Error> + Send + 'static,
    {
        let (sender, pieces) = mpsc::channel(WAITING);
        let decoder = tokio::task::spawn_blocking(move || decode(&mut Pieces { pieces, now: Bytes::new() }));
        let lost = loop {
            let piece = match self.piece().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break None,
                Err(why) => break Some(why),
            };
            // Whoever decodes may have seen enough, or something that makes no sense.
            if sender.send(piece).await.is_err() {
                break None;
            }
        };
        drop(sender);
        let decoded = decoder.await.map_err(|error| Unreached::Unreadable(error.to_string()))?;
        match (lost, decoded) {
            (Some(why), _) => Err(why),
            (None, decoded) => decoded.map_err(|error| Unreached::Unreadable(error.to_string())),
        }
    }
}

/// The pieces of a body as a blocking reader.
struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    now: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.now = piece,
                None => return Ok(0),
            }
        }
        let taken = self.now.split_to(buffer.len().min(self.now.len()));
        buffer[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

fn ended(error: &hyper::Error) -> Unreached {
    Unreached::behind(error).unwrap_or_else(|| Unreached::Ended(words(&causes(error))))
}
