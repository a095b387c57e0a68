//! What changes in a cluster, told by its API server as it happens: no question is asked twice.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use serde::Deserialize;
use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use super::Connection;
use super::discovery::{Discovery, Versions, is_custom};
use super::http::{Ask, Failure};
use super::list;
use super::page::{self, ItemKind};
use super::read::Question;
use super::stream::{Told, What};
use crate::model::{Gap, Item, Kind, Str};

/// Before a watch that broke off is begun again; doubled up to a limit.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A list whose changes are wanted, and the state from which on.
#[derive(Clone, Debug)]
pub struct Watched {
    question: Question,
    version: String,
    since: String,
}

impl Watched {
    /// What is watched.
    pub fn question(&self) -> &Question {
        &self.question
    }

    fn list(&self, more: &str) -> String {
        let path = list::path(self.question.kind, &self.version, &self.question.namespace);
        let selected = list::selector(self.question.kind, self.question.label, self.question.name.as_deref());
        let selected = selected.map(|(name, value)| format!("{name}={}", list::escape(&value)));
        let query: Vec<&str> = selected.as_deref().into_iter().chain(Some(more)).filter(|part| !part.is_empty()).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    metadata: State,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct State {
    resource_version: String,
}

impl Connection {
    /// The present state of what these questions are about, to be watched from. Call it before reading: what happens in between is then told twice, and
    /// never missed. A kind that the server does not have is left out; what it does not tell of comes with the reason.
    pub async fn watched(&self, questions: &BTreeSet<Question>) -> (Vec<Watched>, Vec<(Question, String)>) {
        let custom: BTreeSet<Kind> = questions.iter().map(|question| question.kind).filter(|kind| is_custom(*kind)).collect();
        let custom: Vec<Kind> = custom.into_iter().collect();
        let discovery = match custom.is_empty() {
            true => Discovery::unknown(),
            false => Discovery::load(&self.http, self.cache.as_ref(), &custom).await.unwrap_or_else(|_| Discovery::unknown()),
        };
        let answers = join_all(questions.iter().map(|question| self.state(question, &discovery))).await;
        let (mut watched, mut refused) = (Vec::new(), Vec::new());
        for (question, answer) in questions.iter().zip(answers) {
            match answer {
                Ok(one) => watched.push(one),
                Err(Failure::NotFound) => {}
                Err(failure) => refused.push((question.clone(), failure.to_string())),
            }
        }
        (watched, refused)
    }

    async fn state(&self, question: &Question, discovery: &Discovery) -> Result<Watched, Failure> {
        let Versions::Try(versions) = discovery.versions(question.kind) else { return Err(Failure::NotFound) };
        for version in versions {
            let mut watched = Watched { question: question.clone(), version, since: String::new() };
            match self.http.read(Ask { accept: list::META_JSON, ..Ask::json(&watched.list("limit=1")) }).await {
                Ok(answer) => {
                    let list: Head = serde_json::from_slice(&answer.body).map_err(|error| Failure::Broken(error.to_string()))?;
                    watched.since = list.metadata.resource_version;
                    return Ok(watched);
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
                    return drop(tell.send(Event::Refused(watched.question.kind, failure.to_string())).await);
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

    /// One watch, until the server ends it, as it does every minute.
    async fn listen(&self, watched: &mut Watched, tell: &Sender<Event>) -> Result<(), Failure> {
        let mut stream = self.http.watch(&watched.list(""), &watched.since).await?;
        while let Some(told) = stream.next().await? {
            if let Some(event) = event(watched, told)
                && tell.send(event).await.is_err()
            {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The event in a line; nothing for one that only says how far the watch has come.
fn event(watched: &mut Watched, told: Told) -> Option<Event> {
    if !told.meta.resource_version.is_empty() {
        watched.since = told.meta.resource_version;
    }
    let kind = watched.question.kind;
    match told.what {
        What::Is => {
            let item_kind: ItemKind = list::item_kind(kind, &watched.version);
            Some(match page::item(&item_kind, told.object.get()) {
                Ok(mut item) => {
                    item.meta_mut().api_version = item_kind.api_version;
                    Event::Changed(Box::new(item))
                }
                Err(gap) => Event::Undecodable(gap),
            })
        }
        What::Gone => Some(Event::Gone(kind, told.meta.namespace.into(), told.meta.name.into())),
        What::Mark => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::live::stream::Meta;

    #[test]
    fn what_is_told_is_an_event_and_says_how_far_the_watch_has_come() {
        let question = Question { kind: Kind::Pod, namespace: Str::default(), name: None, label: None };
        let mut watched = Watched { question, version: "v1".into(), since: "1".into() };
        let mut event = |what, json: &str, version: &str| {
            let meta = Meta { namespace: "shop".into(), name: "a".into(), resource_version: version.into() };
            let told = Told { what, object: serde_json::value::RawValue::from_string(json.to_owned()).unwrap(), meta };
            (event(&mut watched, told), watched.since.clone())
        };
        let pod = r#"{"metadata":{"name":"a","namespace":"shop"}}"#;
        assert!(matches!(event(What::Is, pod, "7"), (Some(Event::Changed(item)), since) if item.meta().name == "a" && since == "7"));
        assert!(matches!(event(What::Gone, pod, "8"), (Some(Event::Gone(Kind::Pod, namespace, name)), _) if namespace == "shop" && name == "a"));
        assert!(matches!(event(What::Mark, "{}", "9"), (None, since) if since == "9"));
        assert!(matches!(event(What::Is, r#"{"metadata":{"name":"a"},"spec":7}"#, "").0, Some(Event::Undecodable(_))));
    }

    #[test]
    fn what_is_asked_for_by_name_or_label_is_watched_so() {
        let of = |kind: Kind, namespace: &str, name: Option<&str>, label| {
            let question = Question { kind, namespace: namespace.into(), name: name.map(Into::into), label };
            Watched { question, version: "v1".into(), since: String::new() }.list("limit=1")
        };
        assert_eq!(of(Kind::Namespace, "", Some("shop"), None), "/api/v1/namespaces?fieldSelector=metadata.name%3Dshop&limit=1");
        assert_eq!(of(Kind::ConfigMap, "x", None, Some("a=b")), "/api/v1/namespaces/x/configmaps?labelSelector=a%3Db&limit=1");
        assert_eq!(of(Kind::Pod, "", None, None), "/api/v1/pods?limit=1");
    }
}
