//! Objects as they change: a list, and then what the server sends.

use std::collections::VecDeque;

use serde_json::Value;

use super::Connection;
use super::http::{Ask, Failure, Incoming};
use super::write::{Refused, Resource};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The object is there, new or changed.
    Is(Value),
    /// It is gone.
    Gone(Value),
    /// Everything is told anew: what is not told from here on is gone.
    Again,
}

/// Seconds after which the server is asked to end a watch that is quiet.
const TURN: &str = "60";

/// Objects of one kind in one namespace, as they change. It goes on until it is dropped.
pub struct Watch<'c> {
    connection: &'c Connection,
    at: Resource,
    query: Vec<(String, String)>,
    version: String,
    under_way: Option<Incoming<'c>>,
    waiting: VecDeque<Change>,
}

impl Connection {
    /// Begins to watch.
    pub fn watch(&self, at: Resource, query: &[(&str, &str)]) -> Watch<'_> {
        let query = query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Watch { connection: self, at, query, version: String::new(), under_way: None, waiting: VecDeque::new() }
    }
}

impl Watch<'_> {
    /// What happened next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Change, Refused> {
        loop {
            if let Some(change) = self.waiting.pop_front() {
                return Ok(change);
            }
            if self.version.is_empty() {
                self.begin().await?;
                continue;
            }
            if self.under_way.is_none() {
                match self.follow().await {
                    Ok(()) => {}
                    Err(Failure::Expired) => self.version.clear(),
                    Err(failure) => return Err(failure.into()),
                }
                continue;
            }
            let Some(incoming) = &mut self.under_way else { continue };
            match incoming.more().await {
                Ok(true) => self.take(),
                // The turn is over, or the connection broke: the next one goes on where this one ended.
                Ok(false) | Err(Failure::Broken(_) | Failure::Unreachable(_)) => self.under_way = None,
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Whether everything that has come was told.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn uri(&self, more: &[(&str, &str)]) -> String {
        let own: Vec<(&str, &str)> = self.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).chain(more.iter().copied()).collect();
        self.at.list(&own)
    }

    async fn begin(&mut self) -> Result<(), Refused> {
        let answer = self.connection.http.read(Ask::json(&self.uri(&[]))).await?;
        let list: Value = serde_json::from_slice(&answer.body).map_err(|error| Refused::Lost(format!("the list makes no sense: {error}")))?;
        self.version = list["metadata"]["resourceVersion"].as_str().unwrap_or("0").to_owned();
        self.waiting.push_back(Change::Again);
        // Items of a list leave their type out.
        let kind = list["kind"].as_str().and_then(|kind| kind.strip_suffix("List")).unwrap_or_default();
        self.waiting.extend(list["items"].as_array().into_iter().flatten().map(|item| {
            let mut item = item.clone();
            item["apiVersion"] = list["apiVersion"].clone();
            item["kind"] = Value::from(kind);
            Change::Is(item)
        }));
        Ok(())
    }

    async fn follow(&mut self) -> Result<(), Failure> {
        let uri = self.uri(&[("watch", "true"), ("resourceVersion", &self.version), ("allowWatchBookmarks", "true"), ("timeoutSeconds", TURN)]);
        let connection = self.connection;
        self.under_way = Some(connection.http.get(Ask { endless: true, limit: 256 << 20, ..Ask::json(&uri) }).await?);
        Ok(())
    }

    /// Takes the whole lines out of what has come.
    fn take(&mut self) {
        let Some(incoming) = &mut self.under_way else { return };
        let Some(end) = incoming.body.iter().rposition(|byte| *byte == b'\n') else { return };
        let lines: Vec<u8> = incoming.body.drain(..=end).collect();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Ok(event) = serde_json::from_slice::<Value>(line) else { continue };
            let object = &event["object"];
            if let Some(version) = object["metadata"]["resourceVersion"].as_str() {
                self.version = version.to_owned();
            }
            match event["type"].as_str() {
                Some("ADDED" | "MODIFIED") => self.waiting.push_back(Change::Is(object.clone())),
                Some("DELETED") => self.waiting.push_back(Change::Gone(object.clone())),
                // The version is too old: everything is read again.
                Some("ERROR") => {
                    self.version.clear();
                    self.under_way = None;
                    return;
                }
                _ => {}
            }
        }
    }
}
