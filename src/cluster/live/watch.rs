//! Objects as they change: a list, and then what the server sends.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::Connection;
use super::http::{Ask, Failure};
use super::stream::{Stream, What};
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

/// Before the next watch is begun where one ended.
const PAUSE: Duration = Duration::from_millis(100);

/// Objects of one kind in one namespace, as they change. It goes on until it is dropped.
pub struct Watch<'c> {
    connection: &'c Connection,
    at: Resource,
    query: Vec<(String, String)>,
    version: String,
    under_way: Option<Stream<'c>>,
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
            let Some(stream) = &mut self.under_way else {
                match self.connection.http.watch(&self.at.list(&self.query()), &self.version).await {
                    Ok(stream) => self.under_way = Some(stream),
                    Err(Failure::Expired) => self.version.clear(),
                    Err(failure) => return Err(failure.into()),
                }
                continue;
            };
            match stream.next().await {
                Ok(Some(told)) => {
                    if !told.meta.resource_version.is_empty() {
                        self.version = told.meta.resource_version;
                    }
                    let object = || serde_json::from_str(told.object.get()).unwrap_or_default();
                    self.waiting.extend(match told.what {
                        What::Is => Some(Change::Is(object())),
                        What::Gone => Some(Change::Gone(object())),
                        What::Mark => None,
                    });
                }
                // The turn is over, or the connection broke: the next one goes on where this one ended.
                Ok(None) | Err(Failure::Broken(_) | Failure::Unreachable(_)) => {
                    self.under_way = None;
                    sleep(PAUSE).await;
                }
                // The version is too old: everything is read again.
                Err(Failure::Expired) => {
                    self.under_way = None;
                    self.version.clear();
                }
                Err(failure) => {
                    self.under_way = None;
                    return Err(failure.into());
                }
            }
        }
    }

    /// Whether everything that has come was told.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way.as_ref().is_none_or(Stream::is_idle)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    async fn begin(&mut self) -> Result<(), Refused> {
        let answer = self.connection.http.read(Ask::json(&self.at.list(&self.query()))).await?;
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
}
