//! Connections, authentication, recording, faults, and answers put on the wire.

use super::answer::{Answer, Format, body, chunked, encode, full};
use super::error::{ApiError, Result};
use super::faults::{self, Act};
use super::handle::{self, Call};
use super::rbac::Identity;
use super::route::{Query, Route, verb};
use super::{Body, Content, Recorded, Shared, tls, ws};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (shared, tls) = (shared.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => connection(TokioIo::new(stream), None, shared).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| tls::identity(chain.first()?));
                        connection(TokioIo::new(stream), certificate, shared).await;
                    }
                }
            }
        });
    }
}

async fn connection<I>(io: I, certificate: Option<Identity>, shared: Arc<Shared>)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let (shared, certificate) = (shared.clone(), certificate.clone());
        async move {
            // A task of its own, so that a panic in a handler is a 500 and not a dead connection without a word.
            let answer = tokio::spawn(serve(request, certificate, shared)).await;
            answer
                .unwrap_or_else(|panic| Ok(refuse(&ApiError::internal(format!("the stand-in failed: {panic}")))))
                .map_err(|Cut| std::io::Error::other("cut"))
        }
    });
    // Errors here are clients that went away and connections that a fault has cut.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).with_upgrades().await;
}

/// The connection is to be closed without an answer.
struct Cut;

async fn serve(mut request: Request<Incoming>, certificate: Option<Identity>, shared: Arc<Shared>) -> Result<Response<Body>, Cut> {
    let upgrade = ws::wanted(request.headers()).then(|| hyper::upgrade::on(&mut request));
    let (parts, incoming) = request.into_parts();
    let body = incoming.collect().await.map_err(|_| Cut)?.to_bytes();
    let who = authenticate(&shared, &parts.headers, certificate);
    let mut call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: Query::of(parts.uri.query()),
        headers: parts.headers,
        body,
        who: who.clone().unwrap_or_else(|_| Identity::anonymous()),
        route: Route::of(parts.uri.path()),
    };
    let mut act = None;
    let refused = match who.and_then(|who| impersonate(&shared, &call, who)) {
        Ok(who) => {
            call.who = who;
            if !faults::spares(&call.who) {
                act = faults::strike(&mut shared.faults(), &call);
            }
            act.as_ref().and_then(|act| act.refusal(&call))
        }
        Err(error) => Some(error),
    };
    let recorded = record(&shared, &call);
    let response = match (refused, &act) {
        (Some(error), _) => refuse(&error),
        (None, Some(Act::Drop)) => return Err(Cut),
        (None, Some(Act::Raw { status, content_type, body })) => {
            full(StatusCode::from_u16(*status).unwrap_or(StatusCode::OK), content_type, body.clone())
        }
        (None, Some(Act::Reply { status, headers, body: bytes })) => {
            let mut response = Response::new(super::answer::body(bytes.clone()));
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or(StatusCode::OK);
            for (name, value) in headers {
                if let Ok(value) = value.parse() {
                    response.headers_mut().insert(*name, value);
                }
            }
            response
        }
        (None, _) => {
            if let Some(Act::Delay(pause)) = &act {
                tokio::time::sleep(*pause).await;
            }
            let edit = if let Some(Act::Edit(edit)) = &act { Some(*edit) } else { None };
            let handled = match upgrade {
                Some(upgrade) => ws::answer(&shared, &call, upgrade).map(|raw| (Answer::Raw(raw), Format::Json, Vec::new())),
                None => handle::handle(&shared, &call),
            };
            match handled {
                Ok((answer, format, warnings)) => render(answer, format, shared.content, edit, &warnings),
                Err(error) => refuse(&error),
            }
        }
    };
    shared.finish(recorded, response.status().as_u16());
    match act {
        Some(Act::Mute) => Err(Cut),
        Some(Act::Hang) => std::future::pending().await,
        Some(act @ (Act::Drip { .. } | Act::Cut { .. } | Act::Truncate { .. } | Act::Pad { .. })) => mangle(response, act).await,
        _ => Ok(response),
    }
}

fn render(answer: Answer, format: Format, content: Content, edit: Option<fn(&mut serde_json::Value)>, warnings: &[String]) -> Response<Body> {
    let mut response = match answer {
        Answer::Raw(response) => response,
        Answer::Object(status, mut value) => {
            if let Some(edit) = edit {
                edit(&mut value);
            }
            let (bytes, content_type) = encode(&value, format, content);
            full(status, content_type, bytes)
        }
    };
    for warning in warnings {
        if let Ok(value) = format!("299 - {warning:?}").parse() {
            response.headers_mut().append("warning", value);
        }
    }
    response
}

fn refuse(error: &ApiError) -> Response<Body> {
    let status = StatusCode::from_u16(error.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(text) = error.plain() {
        return full(status, "text/plain; charset=utf-8", text.to_owned());
    }
    let mut response = full(status, "application/json", format!("{}\n", error.status()));
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

async fn mangle(response: Response<Body>, act: Act) -> Result<Response<Body>, Cut> {
    let (mut parts, incoming) = response.into_parts();
    let mut bytes = incoming.collect().await.map_err(|_| Cut)?.to_bytes();
    let body = match act {
        Act::Truncate { bytes: keep } => body(bytes.slice(..keep.min(bytes.len()))),
        Act::Pad { bytes: blanks } => {
            let mut padded = bytes.to_vec();
            let end = padded.iter().rposition(|b| *b == b'}').unwrap_or(padded.len());
            padded.splice(end..end, std::iter::repeat_n(b' ', blanks));
            body(padded)
        }
        Act::Cut { bytes: keep } => {
            parts.headers.insert("content-length", (bytes.len() as u64).into());
            let kept = bytes.slice(..keep.min(bytes.len()));
            // The pause lets what was sent arrive: an error at once would close before it is flushed.
            let pieces = futures::stream::unfold(Some(kept), |kept| async move {
                let kept = kept?;
                if kept.is_empty() {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    return Some((Err(std::io::Error::other("cut")), None));
                }
                Some((Ok(kept), Some(Bytes::new())))
            });
            chunked(pieces).into_body()
        }
        Act::Drip { bytes: size, pause } => {
            let pieces = futures::stream::unfold(bytes.split_off(0), move |mut rest| async move {
                if rest.is_empty() {
                    return None;
                }
                tokio::time::sleep(pause).await;
                let piece = rest.split_to(size.clamp(1, rest.len()));
                Some((Ok(piece), rest))
            });
            chunked(pieces).into_body()
        }
        _ => body(bytes),
    };
    Ok(Response::from_parts(parts, body))
}

fn authenticate(shared: &Shared, headers: &HeaderMap, certificate: Option<Identity>) -> Result<Identity> {
    let header = headers.get("authorization").and_then(|v| v.to_str().ok());
    match header.and_then(|h| h.strip_prefix("Bearer ")) {
        Some(token) => shared.tokens().get(token.trim()).cloned().ok_or_else(ApiError::unauthorized),
        None => Ok(certificate.unwrap_or_else(Identity::anonymous)),
    }
}

/// Impersonation needs the verb `impersonate` on every user and group taken on.
fn impersonate(shared: &Shared, call: &Call, who: Identity) -> Result<Identity> {
    let all = |name: &str| call.headers.get_all(name).iter().filter_map(|v| v.to_str().ok().map(str::to_owned)).collect::<Vec<_>>();
    let groups = all("impersonate-group");
    let Some(user) = all("impersonate-user").into_iter().next() else {
        if groups.is_empty() {
            return Ok(who);
        }
        return Err(ApiError::internal("requested [{Group ...}] without impersonating a user"));
    };
    let store = shared.store();
    for (resource, name) in std::iter::once(("users", &user)).chain(groups.iter().map(|g| ("groups", g))) {
        let (resource, namespace, name) =
            match user.strip_prefix("system:serviceaccount:").and_then(|r| r.split_once(':')).filter(|_| resource == "users") {
                Some((namespace, name)) => ("serviceaccounts", Some(namespace), name),
                None => (resource, None, name.as_str()),
            };
        let action = super::rbac::Action { verb: "impersonate", resource, namespace, name: Some(name), ..Default::default() };
        if !super::rbac::allowed(&store, &who, &action) {
            let target = super::route::Target {
                resource: resource.to_owned(),
                name: Some(name.to_owned()),
                namespace: namespace.map(str::to_owned),
                ..Default::default()
            };
            return Err(ApiError::forbidden(&who.user, "impersonate", &target));
        }
    }
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    Ok(Identity::new(&user, &groups))
}

fn record(shared: &Shared, call: &Call) -> usize {
    let headers = call.headers.iter().map(|(k, v)| (k.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect();
    let verb = match &call.route {
        Route::Resource(target) => verb(&call.method, target, &call.query),
        Route::Path => "",
    };
    shared.note(Recorded {
        method: call.method.clone(),
        path: call.path.clone(),
        query: call.query.0.clone(),
        headers,
        user: call.who.user.clone(),
        verb,
        body: String::from_utf8_lossy(&call.body).into_owned(),
        status: 0,
    })
}
