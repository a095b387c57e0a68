//! Lists: selectors, pages that stay consistent, resource versions asked for and answered.

use super::error::{ApiError, Problem, Result};
use super::resources::Resource;
use super::route::{Query, Target};
use super::selectors::Selectors;
use super::store::{Objects, Store};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// A page of a list, before it is rendered.
pub struct Page {
    pub items: Vec<Value>,
    pub metadata: Map<String, Value>,
}

/// Where a continue token goes on; version -1 is the inconsistent rest offered after 410.
struct Token {
    version: i64,
    start: String,
}

impl Token {
    fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let known = value["v"] == "meta.k8s.io/v1";
        known.then_some(())?;
        Some(Token { version: value["rv"].as_i64()?, start: value["start"].as_str()?.to_owned() })
    }

    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": self.version, "start": self.start}).to_string())
    }
}

pub fn list(store: &Store, resource: &Resource, target: &Target, query: &Query) -> Result<Page> {
    let selectors = Selectors::of(resource, query.get("labelSelector"), query.get("fieldSelector"))?;
    let mut limit = number(query, "limit")?;
    let (objects, version, start) = starting_point(store, resource, query)?;
    // The watch cache, which answers version 0, pays no attention to a limit.
    if query.get("resourceVersion") == Some("0") {
        limit = 0;
    }
    let namespace = target.namespace.as_deref().filter(|_| resource.namespaced);
    let prefix = namespace.map(|n| format!("{n}/")).unwrap_or_default();
    let wanted = |key: &str| key.starts_with(&prefix) && key > start.as_str();
    let mut rest = objects.iter().filter(|(key, _)| wanted(key)).peekable();
    let mut items = Vec::new();
    let mut last = "";
    while let Some((key, object)) = rest.peek().filter(|_| limit == 0 || (items.len() as u64) < limit) {
        if selectors.match_object(object) {
            items.push((**object).as_ref().clone());
        }
        last = key;
        rest.next();
    }
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), json!(version.to_string()));
    let remaining = rest.count();
    // The key decides, not the selector: with one, a last page can be empty, as on the real server.
    if remaining > 0 {
        metadata.insert("continue".into(), json!(Token { version: version as i64, start: last.to_owned() }.write()));
        if selectors.is_empty() {
            metadata.insert("remainingItemCount".into(), json!(remaining));
        }
    }
    Ok(Page { items, metadata })
}

fn starting_point(store: &Store, resource: &Resource, query: &Query) -> Result<(Objects, u64, String)> {
    let asked = query.get("resourceVersion");
    let matching = query.get("resourceVersionMatch");
    let now = store.version();
    let (group, plural) = (resource.group.as_str(), resource.plural.as_str());
    if let Some(text) = query.get("continue") {
        if matching.is_some() {
            return Err(forbidden("resourceVersionMatch is forbidden for continue"));
        }
        if asked.is_some_and(|v| v != "0") {
            return Err(ApiError::bad_request("specifying resource version is not allowed when using continue"));
        }
        let token = Token::read(text).ok_or_else(|| ApiError::bad_request("continue key is not valid: encoding error"))?;
        if token.version < 0 {
            return Ok((store.at(group, plural, now), now, token.start));
        }
        let version = token.version.unsigned_abs();
        if version < store.compacted() {
            let fresh = Token { version: -1, start: token.start }.write();
            return Err(ApiError::expired_continue(Some(fresh)));
        }
        return Ok((store.at(group, plural, version), version, token.start));
    }
    let version = match asked {
        None if matching.is_some() => return Err(forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")),
        None => 0,
        Some(text) => text.parse::<u64>().map_err(|_| ApiError::bad_request(format!("Invalid value: {text:?}: invalid resource version")))?,
    };
    match matching {
        Some("Exact") if version == 0 => Err(forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")),
        Some("Exact") if version < store.compacted() => Err(ApiError::expired_version(version, store.compacted())),
        Some("Exact") if version <= now => Ok((store.at(group, plural, version), version, String::new())),
        Some("Exact" | "NotOlderThan") | None if version > now => Err(ApiError::future_version(version, now)),
        Some("NotOlderThan") | None => Ok((store.at(group, plural, now), now, String::new())),
        Some(other) => {
            Err(ApiError::invalid_options("ListOptions", Problem::unsupported("resourceVersionMatch", other, "\"Exact\", \"NotOlderThan\", \"\"")))
        }
    }
}

fn forbidden(why: &str) -> ApiError {
    ApiError::invalid_options("ListOptions", Problem::forbidden("resourceVersionMatch", why))
}

pub fn number(query: &Query, key: &str) -> Result<u64> {
    query.get(key).map_or(Ok(0), |text| text.parse().map_err(|_| ApiError::bad_request(format!("invalid {key}: {text:?}"))))
}
