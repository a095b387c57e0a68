//! Watches: one JSON document a line, from a resource version on.

use super::answer::{View, chunked};
use super::error::{ApiError, Result};
use super::list::number;
use super::resources::Resource;
use super::route::{Query, Target};
use super::selectors::Selectors;
use super::store::{Change, Store};
use super::{Body, Shared};
use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub struct Watch {
    resource: Resource,
    version: String,
    namespace: Option<String>,
    selectors: Selectors,
    view: View,
    bookmarks: bool,
}

pub fn watch(shared: Arc<Shared>, resource: &Resource, target: &Target, query: &Query, view: View) -> Result<Response<Body>> {
    let mut fields = query.get("fieldSelector").map(str::to_owned);
    if let Some(name) = &target.name {
        fields = Some(format!("metadata.name={name}"));
    }
    let watch = Watch {
        resource: resource.clone(),
        version: target.version.clone(),
        namespace: target.namespace.clone().filter(|_| resource.namespaced),
        selectors: Selectors::of(resource, query.get("labelSelector"), fields.as_deref())?,
        view,
        bookmarks: query.flag("allowWatchBookmarks"),
    };
    let asked = number(query, "resourceVersion")?;
    let initial_end = query.flag("sendInitialEvents");
    if initial_end && query.get("resourceVersionMatch") != Some("NotOlderThan") {
        return Err(ApiError::bad_request("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
    let mut lines = Vec::new();
    let mut seen;
    {
        let store = shared.store();
        seen = store.version();
        if initial_end || asked == 0 {
            for object in store.at(&resource.group, &resource.plural, seen).values().filter(|o| watch.concerns(o)) {
                lines.push(watch.line("ADDED", object, None));
            }
            if initial_end && watch.bookmarks {
                lines.push(watch.bookmark(seen, true));
            }
        } else if asked < store.compacted() {
            // By then the real server has answered 200, so the refusal is an event.
            let status = ApiError::expired_version(asked, store.compacted()).status();
            return Ok(chunked(futures::stream::iter([Ok(line(&json!({"type": "ERROR", "object": status})))])));
        } else {
            seen = asked;
        }
    }
    let seconds = number(query, "timeoutSeconds")?;
    let until = tokio::time::Instant::now() + Duration::from_secs(if seconds == 0 { 3600 } else { seconds });
    let changed = shared.changed.subscribe();
    let state = (shared, watch, changed, seen, lines, until);
    Ok(chunked(futures::stream::unfold(state, |(shared, watch, mut changed, mut seen, mut lines, until)| async move {
        loop {
            lines.extend(watch.since(&shared.store(), &mut seen));
            if !lines.is_empty() {
                let bytes: Vec<u8> = lines.drain(..).flatten().collect();
                return Some((Ok(Bytes::from(bytes)), (shared, watch, changed, seen, lines, until)));
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => return None,
                more = changed.changed() => more.ok()?,
            }
        }
    })))
}

impl Watch {
    fn since(&self, store: &Store, seen: &mut u64) -> Vec<Bytes> {
        let lines = store.since(&self.resource.group, &self.resource.plural, *seen).filter_map(|change| self.event(change)).collect();
        *seen = (*seen).max(store.version());
        lines
    }

    /// A change as this watcher sees it: leaving the selection is a deletion, entering it an addition.
    fn event(&self, change: &Change) -> Option<Bytes> {
        let before = change.old.as_deref().filter(|o| self.concerns(o));
        let after = change.new.as_deref().filter(|o| self.concerns(o));
        match (before, after) {
            (None, Some(new)) => Some(self.line("ADDED", new, None)),
            (Some(_), Some(new)) => Some(self.line("MODIFIED", new, None)),
            (Some(old), None) => Some(self.line("DELETED", change.new.as_deref().unwrap_or(old), Some(change.version))),
            (None, None) => None,
        }
    }

    fn concerns(&self, object: &Value) -> bool {
        self.namespace.as_ref().is_none_or(|n| object["metadata"]["namespace"] == **n) && self.selectors.match_object(object)
    }

    fn line(&self, kind: &str, object: &Value, version: Option<u64>) -> Bytes {
        let mut object = object.clone();
        if let Some(version) = version {
            object["metadata"]["resourceVersion"] = json!(version.to_string());
        }
        line(&json!({"type": kind, "object": self.view.one(&self.resource, &self.version, object)}))
    }

    fn bookmark(&self, version: u64, initial: bool) -> Bytes {
        let mut metadata = json!({"resourceVersion": version.to_string(), "creationTimestamp": null});
        if initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = json!({"kind": self.resource.kind, "apiVersion": self.resource.api_version(&self.version), "metadata": metadata});
        line(&json!({"type": "BOOKMARK", "object": object}))
    }
}

fn line(event: &Value) -> Bytes {
    Bytes::from(format!("{event}\n"))
}
