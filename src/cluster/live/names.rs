//! Small questions: the server's version, and names for shell completion.

use std::time::Duration;

use http::header::DATE;
use serde::Deserialize;
use tokio::time::timeout;

use super::Connection;
use super::discovery::{Discovery, Versions, is_custom};
use super::http::{Ask, Failure};
use super::list;
use crate::model::Kind;

/// The API server's version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Version {
    /// For instance `v1.36.0`.
    pub git_version: String,
    /// For instance `linux/amd64`.
    pub platform: String,
    /// The server's clock when it answered, as HTTP writes it.
    #[serde(skip)]
    pub date: Option<String>,
}

impl Connection {
    /// The API server's version; the error is one line for people.
    pub async fn version(&self) -> Result<Version, String> {
        let answer = self.http.read(Ask::json("/version")).await.map_err(|e| e.to_string())?;
        let version: Version = serde_json::from_slice(&answer.body).map_err(|error| format!("/version makes no sense: {error}"))?;
        Ok(Version { date: answer.headers.get(DATE).and_then(|date| Some(date.to_str().ok()?.to_owned())), ..version })
    }

    /// Up to `limit` names of objects, for completion: from metadata alone, and nothing at all on any error or when it takes too long.
    pub async fn names(&self, kind: Kind, namespace: Option<&str>, limit: usize, within: Duration) -> Vec<String> {
        timeout(within, self.find_names(kind, namespace, limit)).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    async fn find_names(&self, kind: Kind, namespace: Option<&str>, limit: usize) -> Result<Vec<String>, Failure> {
        #[derive(Deserialize)]
        struct List {
            #[serde(default)]
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            metadata: Meta,
        }
        #[derive(Deserialize)]
        struct Meta {
            name: String,
        }
        let discovery = match is_custom(kind) {
            true => Discovery::load(&self.http, self.cache.as_ref(), &[kind]).await?,
            false => Discovery::unknown(),
        };
        let Versions::Try(versions) = discovery.versions(kind) else { return Ok(Vec::new()) };
        let Some(version) = versions.first() else { return Ok(Vec::new()) };
        let uri = format!("{}?limit={limit}", list::path(kind, version, namespace.unwrap_or_default()));
        let answer = self.http.read(Ask { accept: list::META_JSON, ..Ask::json(&uri) }).await?;
        let list: List = serde_json::from_slice(&answer.body).map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(list.items.into_iter().map(|item| item.metadata.name).collect())
    }
}
