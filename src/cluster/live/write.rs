//! Single objects, read whole and written: the only requests of this program that change anything.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use super::Connection;
use super::http::{Ask, Failure};
use super::limits::Most;
use super::list::escape;
use crate::model::Kind;

/// An object, or the objects of a kind in a namespace, by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    uri: String,
}

impl Resource {
    /// The object called `name`, or all objects where there is no name.
    pub fn new(api_version: &str, plural: &str, namespace: &str, name: &str) -> Self {
        let root = if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") };
        let within = if namespace.is_empty() { String::new() } else { format!("/namespaces/{}", escape(namespace)) };
        let one = if name.is_empty() { String::new() } else { format!("/{}", escape(name)) };
        Self { uri: format!("{root}{within}/{plural}{one}") }
    }

    /// The same by kind.
    pub fn of(kind: Kind, api_version: &str, namespace: &str, name: &str) -> Self {
        Self::new(api_version, kind.plural(), namespace, name)
    }

    fn with(&self, query: &[(&str, &str)]) -> String {
        let pairs: Vec<String> = query.iter().map(|(key, value)| format!("{key}={}", escape(value))).collect();
        if pairs.is_empty() { self.uri.clone() } else { format!("{}?{}", self.uri, pairs.join("&")) }
    }

    /// The address of a watch or list.
    pub(super) fn list(&self, query: &[(&str, &str)]) -> String {
        self.with(query)
    }
}

/// An object as the server holds it after a write, with what it warns of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The object.
    pub object: Value,
    /// `Warning` headers.
    pub warnings: Vec<String>,
}

/// Why a write was not done, or is not known to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// 403.
    Forbidden(String),
    /// 404.
    NotFound,
    /// 409: somebody else owns a field, or a precondition does not hold; by field, with what the server says of it.
    Conflict(String, Vec<(String, String)>),
    /// 400 or 422: the server does not take it.
    Invalid(String),
    /// Nobody knows whether it was done: the connection broke, or the server did.
    Lost(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found (HTTP 404)"),
            Self::Forbidden(text) | Self::Conflict(text, _) | Self::Invalid(text) | Self::Lost(text) => f.write_str(text),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Forbidden(text) | Failure::Unauthorized(text) => Self::Forbidden(text),
            Failure::NotFound => Self::NotFound,
            Failure::Refused { status: 409, message, causes } => Self::Conflict(message, causes),
            Failure::Refused { message, .. } => Self::Invalid(message),
            other => Self::Lost(other.to_string()),
        }
    }
}

impl Connection {
    /// One object, whole.
    pub async fn get(&self, at: &Resource) -> Result<Value, Refused> {
        self.send(Ask::json(&at.uri)).await.map(|written| written.object)
    }

    /// All objects of a kind in a namespace, whole: for kinds of which there are few.
    pub async fn all(&self, at: &Resource, query: &[(&str, &str)]) -> Result<Vec<Value>, Refused> {
        let (mut found, mut next) = (Vec::new(), String::new());
        let mut tokens = BTreeSet::new();
        while tokens.len() < self.http.limits.pages && tokens.insert(next.clone()) {
            let mut page_query = [query, &[("limit", "500")]].concat();
            page_query.extend((!next.is_empty()).then_some(("continue", next.as_str())));
            let mut page = self.send(Ask::json(&at.with(&page_query))).await?.object;
            if let Some(items) = page["items"].as_array_mut() {
                found.append(items);
            }
            match page["metadata"]["continue"].as_str() {
                Some(more) if !more.is_empty() => next = more.to_owned(),
                _ => return Ok(found),
            }
        }
        Err(Refused::Lost("the list does not end".to_owned()))
    }

    /// Server-side apply of some fields. Sending it again does nothing more.
    pub async fn apply(&self, at: &Resource, body: &Value, manager: &str, dry_run: bool) -> Result<Written, Refused> {
        let mut query = vec![("fieldManager", manager), ("force", "false")];
        query.extend(dry_run.then_some(("dryRun", "All")));
        let (uri, body) = (at.with(&query), body.to_string());
        let ask = Ask { method: Some(&Method::PATCH), content_type: "application/apply-patch+yaml", ..Ask::question(&uri, &body) };
        self.send(ask).await
    }

    /// A JSON patch; what it tests holds at the very moment of the change.
    pub async fn patch(&self, at: &Resource, operations: &[Value], manager: &str, dry_run: bool) -> Result<Written, Refused> {
        let mut query = vec![("fieldManager", manager)];
        query.extend(dry_run.then_some(("dryRun", "All")));
        let (uri, body) = (at.with(&query), json!(operations).to_string());
        let ask = Ask { method: Some(&Method::PATCH), content_type: "application/json-patch+json", repeatable: false, ..Ask::question(&uri, &body) };
        self.send(ask).await
    }

    /// Makes an object; with `dry_run` only shows what would become of it.
    pub async fn create(&self, at: &Resource, object: &Value, manager: &str, dry_run: bool) -> Result<Written, Refused> {
        let mut query = vec![("fieldManager", manager)];
        query.extend(dry_run.then_some(("dryRun", "All")));
        let (uri, body) = (at.with(&query), object.to_string());
        self.send(Ask { repeatable: false, ..Ask::question(&uri, &body) }).await
    }

    /// Puts an object in the place of the version that it names.
    pub async fn replace(&self, at: &Resource, object: &Value, manager: &str) -> Result<Written, Refused> {
        let (uri, body) = (at.with(&[("fieldManager", manager)]), object.to_string());
        self.send(Ask { method: Some(&Method::PUT), repeatable: false, ..Ask::question(&uri, &body) }).await
    }

    /// Deletes an object, if it is still the one with this uid. One that is gone already is no error.
    pub async fn delete(&self, at: &Resource, uid: &str, dry_run: bool) -> Result<(), Refused> {
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}, "propagationPolicy": "Background"});
        if dry_run {
            options["dryRun"] = json!(["All"]);
        }
        match self.send(Ask { method: Some(&Method::DELETE), ..Ask::question(&at.uri, &options.to_string()) }).await {
            Ok(_) | Err(Refused::NotFound) => Ok(()),
            Err(refused) => Err(refused),
        }
    }

    /// The last lines that a container wrote, or wrote before it was restarted.
    pub async fn log(&self, namespace: &str, pod: &str, container: &str, lines: usize) -> Result<String, Refused> {
        let at = Resource { uri: format!("{}/log", Resource::new("v1", "pods", namespace, pod).uri) };
        let lines = lines.to_string();
        let of = async |previous: &str| {
            let uri = at.with(&[("container", container), ("tailLines", &lines), ("previous", previous)]);
            self.http
                .read(Ask { accept: "*/*", limit: Most::Bytes(1 << 20), ..Ask::json(&uri) })
                .await
                .map(|answer| String::from_utf8_lossy(&answer.body).into_owned())
        };
        match of("true").await {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => Ok(of("false").await?),
        }
    }

    async fn send(&self, ask: Ask<'_>) -> Result<Written, Refused> {
        let answer = self.http.read(ask).await?;
        let warnings = answer.headers.get_all(http::header::WARNING).iter().filter_map(|value| value.to_str().ok()).map(warning).collect();
        let object = serde_json::from_slice(&answer.body).map_err(|error| Refused::Lost(format!("the answer makes no sense: {error}")))?;
        Ok(Written { object, warnings })
    }
}

/// The text of `299 - "text"`.
fn warning(header: &str) -> String {
    let quoted = header.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map(|(text, _)| text);
    quoted.unwrap_or(header).replace("\\\"", "\"")
}
