//! What changes in a cluster, told by its API server as it happens: no question is asked twice.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use http::Request;
use http::header::ACCEPT;
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use super::Connection;
use super::discovery::{Discovery, Versions, is_custom};
use super::http::{Ask, Failure};
use super::list;
use super::page::{self, ItemKind};
use crate::model::{Gap, Item, Kind, Str};

/// The longest line of a watch: one object, with room for what a cluster can store.
const LINE: usize = 16 << 20;
/// Before a watch that broke off is begun again; doubled up to a limit.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A list whose changes are wanted, and the state from which on.
#[derive(Clone, Debug)]
pub struct Watched {
    kind: Kind,
    version: String,
    namespace: Str,
    since: String,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// An object is new or different.
    Changed(Box<Item>),
    /// An object is different, and cannot be understood.
    Undecodable(Box<Gap>),
    /// An object is gone.
    Gone(Kind, Str, Str),
    /// The server no longer knows what happened since: everything has to be read again.
    Expired,
    /// The server does not tell of this kind, for good; why not.
    Refused(Kind, String),
    /// The server went away, and is being called again; why.
    Lost(String),
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    what: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    namespace: String,
    name: String,
    resource_version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    code: u16,
    message: String,
}

impl Connection {
    /// The present state of these lists, to be watched from. Call it before reading: what happens in between is then told twice, and never missed.
    /// A kind that the server does not have is left out; one that it does not tell of comes with the reason.
    pub async fn watched(&self, lists: &BTreeSet<(Kind, Str)>) -> (Vec<Watched>, Vec<(Kind, String)>) {
        let custom: BTreeSet<Kind> = lists.iter().map(|(kind, _)| *kind).filter(|kind| is_custom(*kind)).collect();
        let custom: Vec<Kind> = custom.into_iter().collect();
        let discovery = match custom.is_empty() {
            true => Discovery::unknown(),
            false => Discovery::load(&self.http, self.cache.as_ref(), &custom).await.unwrap_or_else(|_| Discovery::unknown()),
        };
        let answers = join_all(lists.iter().map(|(kind, namespace)| self.state(*kind, namespace, &discovery))).await;
        let (mut watched, mut refused) = (Vec::new(), Vec::new());
        for ((kind, _), answer) in lists.iter().zip(answers) {
            match answer {
                Ok(one) => watched.push(one),
                Err(Failure::NotFound) => {}
                Err(failure) => refused.push((*kind, failure.to_string())),
            }
        }
        (watched, refused)
    }

    async fn state(&self, kind: Kind, namespace: &Str, discovery: &Discovery) -> Result<Watched, Failure> {
        let Versions::Try(versions) = discovery.versions(kind) else { return Err(Failure::NotFound) };
        for version in versions {
            let uri = format!("{}?limit=1", list::path(kind, &version, namespace));
            match self.http.read(Ask { accept: list::META_JSON, ..Ask::json(&uri) }).await {
                Ok(answer) => {
                    let list: Object = serde_json::from_slice(&answer.body).map_err(|error| Failure::Broken(error.to_string()))?;
                    return Ok(Watched { kind, version, namespace: namespace.clone(), since: list.metadata.resource_version });
                }
                Err(Failure::NotFound) => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::NotFound)
    }

    /// Tells what happens to a list until nobody listens any more or the server refuses.
    pub async fn follow(&self, mut watched: Watched, tell: Sender<Event>) {
        let mut pause = PAUSE;
        loop {
            let before = watched.since.clone();
            match self.listen(&mut watched, &tell).await {
                Ok(()) => pause = PAUSE,
                Err(Failure::Expired) => return drop(tell.send(Event::Expired).await),
                Err(failure @ (Failure::Forbidden(_) | Failure::Unauthorized(_) | Failure::NotFound | Failure::NotAcceptable)) => {
                    return drop(tell.send(Event::Refused(watched.kind, failure.to_string())).await);
                }
                Err(failure) => {
                    if tell.send(Event::Lost(failure.to_string())).await.is_err() {
                        return;
                    }
                    pause = if watched.since == before { (pause * 2).min(LONGEST_PAUSE) } else { PAUSE };
                }
            }
            if tell.is_closed() {
                return;
            }
            sleep(pause).await;
        }
    }

    /// One watch, until the server ends it, as it does every few minutes.
    async fn listen(&self, watched: &mut Watched, tell: &Sender<Event>) -> Result<(), Failure> {
        let path = list::path(watched.kind, &watched.version, &watched.namespace);
        let uri = format!("{path}?watch=1&allowWatchBookmarks=true&resourceVersion={}", list::escape(&watched.since));
        let request = Request::get(&uri).header(ACCEPT, "application/json").body(Body::empty());
        let request = request.map_err(|error| Failure::Other(error.to_string()))?;
        let response = self.http.client.clone().send(request).await.map_err(|error| Failure::Unreachable(super::http::causes(&error)))?;
        match response.status().as_u16() {
            200 => {}
            401 => return Err(Failure::Unauthorized("HTTP 401".to_owned())),
            403 => return Err(Failure::Forbidden("HTTP 403".to_owned())),
            404 => return Err(Failure::NotFound),
            410 => return Err(Failure::Expired),
            code => return Err(Failure::Other(format!("HTTP {code}"))),
        }
        let mut body = response.into_body();
        let mut pending: Vec<u8> = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::Broken(super::http::causes(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            pending.extend_from_slice(&data);
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                if let Some(event) = understand(watched, &line)?
                    && tell.send(event).await.is_err()
                {
                    return Ok(());
                }
            }
            if pending.len() > LINE {
                return Err(Failure::Other(format!("an event is larger than {} MiB", LINE >> 20)));
            }
        }
        Ok(())
    }
}

/// The event in a line; nothing for one that only says how far the watch has come.
fn understand(watched: &mut Watched, line: &[u8]) -> Result<Option<Event>, Failure> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let broken = |error: serde_json::Error| Failure::Broken(error.to_string());
    let line: Line<'_> = serde_json::from_slice(line).map_err(broken)?;
    let object: Object = serde_json::from_str(line.object.get()).map_err(broken)?;
    if line.what == "ERROR" {
        return Err(if object.code == 410 { Failure::Expired } else { Failure::Other(object.message) });
    }
    if !object.metadata.resource_version.is_empty() {
        watched.since = object.metadata.resource_version;
    }
    let item_kind: ItemKind = list::item_kind(watched.kind, &watched.version);
    Ok(match line.what {
        "ADDED" | "MODIFIED" => Some(match page::item(&item_kind, line.object.get()) {
            Ok(mut item) => {
                item.meta_mut().api_version = item_kind.api_version;
                Event::Changed(Box::new(item))
            }
            Err(gap) => Event::Undecodable(gap),
        }),
        "DELETED" => Some(Event::Gone(watched.kind, object.metadata.namespace.into(), object.metadata.name.into())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> (Result<Option<Event>, Failure>, String) {
        let mut watched = Watched { kind: Kind::Pod, version: "v1".into(), namespace: Str::default(), since: "1".into() };
        let event = understand(&mut watched, line.as_bytes());
        (event, watched.since)
    }

    #[test]
    fn lines_of_a_watch_are_events_and_say_how_far_it_has_come() {
        let pod = r#"{"metadata":{"name":"a","namespace":"shop","resourceVersion":"7"}}"#;
        let (event, since) = told(&format!(r#"{{"type":"MODIFIED","object":{pod}}}"#));
        assert!(matches!(event, Ok(Some(Event::Changed(item))) if item.meta().name == "a") && since == "7");
        let (event, _) = told(&format!(r#"{{"type":"DELETED","object":{pod}}}"#));
        assert!(matches!(event, Ok(Some(Event::Gone(Kind::Pod, namespace, name))) if namespace == "shop" && name == "a"));
        let (event, since) = told(r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"#);
        assert!(matches!(event, Ok(None)) && since == "9");
        assert!(matches!(told(r#"{"type":"ERROR","object":{"code":410,"message":"too old"}}"#).0, Err(Failure::Expired)));
        assert!(matches!(told(r#"{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":7}}"#).0, Ok(Some(Event::Undecodable(_)))));
        assert!(matches!(told("nonsense").0, Err(Failure::Broken(_))) && matches!(told("\n").0, Ok(None)));
    }
}
