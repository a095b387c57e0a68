//! Field ownership: server-side apply with its conflicts, and what plain writes do to `managedFields`.

use super::error::{ApiError, Result};
use super::fields::{FieldSet, compare, item_key};
use super::topology::{List, Topology};
use serde_json::{Map, Value, json};

/// Who writes, and through which door.
pub struct Writer<'a> {
    pub manager: &'a str,
    pub subresource: Option<&'a str>,
    pub api_version: &'a str,
    pub now: &'a str,
}

/// One entry of `managedFields`.
#[derive(Clone, PartialEq)]
struct Entry {
    manager: String,
    operation: String,
    api_version: String,
    subresource: Option<String>,
    time: Value,
    fields: FieldSet,
}

impl Entry {
    fn read(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        Entry {
            manager: text("manager"),
            operation: text("operation"),
            api_version: text("apiVersion"),
            subresource: value["subresource"].as_str().map(str::to_owned),
            time: value["time"].clone(),
            fields: FieldSet::from_json(&value["fieldsV1"]),
        }
    }

    fn write(&self) -> Value {
        let mut entry = json!({
            "manager": self.manager, "operation": self.operation, "apiVersion": self.api_version, "time": self.time,
            "fieldsType": "FieldsV1", "fieldsV1": self.fields.to_json(),
        });
        if let Some(subresource) = &self.subresource {
            entry["subresource"] = json!(subresource);
        }
        entry
    }

    fn is_of(&self, writer: &Writer<'_>, operation: &str) -> bool {
        self.manager == writer.manager && self.operation == operation && self.subresource.as_deref() == writer.subresource
    }

    /// As the real server names a manager in a conflict.
    fn spell(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if let Some(subresource) = &self.subresource {
            text += &format!(" with subresource {subresource:?}");
        }
        if self.operation == "Update" {
            text += &format!(" using {}", self.api_version);
            if let Some(time) = self.time.as_str() {
                text += &format!(" at {time}");
            }
        }
        text
    }
}

fn entries(object: &Value) -> Vec<Entry> {
    object["metadata"]["managedFields"].as_array().into_iter().flatten().filter(|e| e["manager"].is_string()).map(Entry::read).collect()
}

fn store(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|e| !e.fields.is_empty());
    // Applies first, as the real server sorts them.
    entries.sort_by_key(|e| (e.operation != "Apply", e.time.as_str().unwrap_or_default().to_owned(), e.manager.clone()));
    let list: Vec<Value> = entries.iter().map(Entry::write).collect();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        if list.is_empty() {
            metadata.remove("managedFields");
        } else {
            metadata.insert("managedFields".into(), Value::Array(list));
        }
    }
}

/// Records a create, replace or patch in `new`. Managers a client has rewritten in `new` itself are taken as given.
pub fn record_update(old: Option<&Value>, new: &mut Value, writer: &Writer<'_>, topology: &Topology<'_>) {
    let given = new["metadata"]["managedFields"].as_array().is_some_and(|list| !list.is_empty());
    let mut all = match (old, given) {
        (Some(_), true) => entries(new),
        (Some(old), false) => entries(old),
        (None, _) => Vec::new(),
    };
    let blank = json!({});
    let (changed, removed) = compare(old.unwrap_or(&blank), new, topology);
    if changed.is_empty() && removed.is_empty() {
        return store(new, all);
    }
    let mut own = FieldSet::default();
    for entry in &mut all {
        if entry.is_of(writer, "Update") {
            own = entry.fields.clone();
        } else {
            entry.fields = entry.fields.without(&changed).without(&removed);
        }
    }
    all.retain(|e| !e.is_of(writer, "Update"));
    own.union(&changed);
    all.push(entry(writer, "Update", own.without(&removed)));
    store(new, all);
}

fn entry(writer: &Writer<'_>, operation: &str, fields: FieldSet) -> Entry {
    Entry {
        manager: writer.manager.to_owned(),
        operation: operation.to_owned(),
        api_version: writer.api_version.to_owned(),
        subresource: writer.subresource.map(str::to_owned),
        time: json!(writer.now),
        fields,
    }
}

/// `live` with `config` applied, or the conflict. A missing `live` is a create.
pub fn apply(live: Option<&Value>, config: &Value, writer: &Writer<'_>, force: bool, topology: &Topology<'_>) -> Result<Value> {
    let stated = FieldSet::of(config, topology);
    let mut all = live.map(entries).unwrap_or_default();
    let before = all.clone();
    let last = all.iter().find(|e| e.is_of(writer, "Apply")).map(|e| e.fields.clone()).unwrap_or_default();
    all.retain(|e| !e.is_of(writer, "Apply"));

    let mut merged = live.cloned().unwrap_or_else(|| json!({}));
    merge(&mut merged, config, topology, &mut Vec::new());
    let blank = json!({});
    let (changed, _) = compare(live.unwrap_or(&blank), &merged, topology);
    let clashes: Vec<(&Entry, FieldSet)> =
        all.iter().map(|e| (e, e.fields.intersection(&changed).intersection(&stated))).filter(|(_, clash)| !clash.is_empty()).collect();
    if !clashes.is_empty() && !force {
        return Err(conflict(&clashes));
    }
    for entry in &mut all {
        entry.fields = entry.fields.without(&changed);
    }

    let mut others = stated.clone();
    all.iter().for_each(|e| others.union(&e.fields));
    remove(&mut merged, &last.without(&stated), &others, topology, &mut Vec::new());
    let mut mine = entry(writer, "Apply", stated);
    if let Some(same) = before.iter().find(|e| e.is_of(writer, "Apply") && e.fields == mine.fields && e.api_version == mine.api_version) {
        mine.time = same.time.clone();
    }
    all.push(mine);
    store(&mut merged, all);
    Ok(merged)
}

fn conflict(clashes: &[(&Entry, FieldSet)]) -> ApiError {
    let mut all: Vec<(String, String)> = clashes.iter().flat_map(|(e, set)| set.paths().into_iter().map(|path| (e.spell(), path))).collect();
    all.sort();
    let cause = |(who, path): &(String, String)| json!({"reason": "FieldManagerConflict", "message": format!("conflict with {who}"), "field": path});
    let causes: Vec<Value> = all.iter().map(cause).collect();
    if let [(who, path)] = all.as_slice() {
        return ApiError::apply_conflict(format!("Apply failed with 1 conflict: conflict with {who}: {path}"), causes);
    }
    let mut lines = Vec::new();
    let mut last = "";
    for (who, path) in &all {
        if who != last {
            lines.push(format!("conflicts with {who}:"));
            last = who;
        }
        lines.push(format!("- {path}"));
    }
    ApiError::apply_conflict(format!("Apply failed with {} conflicts: {}", all.len(), lines.join("\n")), causes)
}

fn merge(live: &mut Value, config: &Value, topology: &Topology<'_>, path: &mut Vec<String>) {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) if !topology.atomic_map(path) => {
            for (key, value) in config {
                path.push(key.clone());
                merge(live.entry(key.clone()).or_insert(Value::Null), value, topology, path);
                path.pop();
            }
        }
        (Value::Array(live), Value::Array(config)) => match topology.list(path) {
            List::Keyed(keys) => {
                for item in config {
                    let key = item_key(item, &keys);
                    match live.iter_mut().find(|l| item_key(l, &keys) == key) {
                        Some(found) => merge(found, item, topology, path),
                        None => live.push(item.clone()),
                    }
                }
            }
            List::Set => config.iter().for_each(|item| {
                if !live.contains(item) {
                    live.push(item.clone());
                }
            }),
            List::Atomic => live.clone_from(config),
        },
        (live, config) => live.clone_from(config),
    }
}

/// Removes what `gone` names and nobody in `kept` owns; answers whether anything went.
fn remove(value: &mut Value, gone: &FieldSet, kept: &FieldSet, topology: &Topology<'_>, path: &mut Vec<String>) -> bool {
    let none = FieldSet::default();
    let mut any = false;
    // Whether an element goes whole: it or all it holds is given up and no one else owns it or a part of it.
    let mut goes = |element: &str, inner: &mut Value, path: &mut Vec<String>| -> bool {
        let Some(set) = gone.children.get(element) else { return false };
        let others = kept.children.get(element).unwrap_or(&none);
        if set.own && others.is_empty() {
            any = true;
            return true;
        }
        let lost = remove(inner, set, others, topology, path);
        any |= lost;
        lost && !others.own && (inner.as_object().is_some_and(Map::is_empty) || inner.as_array().is_some_and(Vec::is_empty))
    };
    match value {
        Value::Object(map) => map.retain(|key, inner| {
            path.push(key.clone());
            let gone = goes(&format!("f:{key}"), inner, path);
            path.pop();
            !gone
        }),
        Value::Array(items) => match topology.list(path) {
            List::Keyed(keys) => items.retain_mut(|item| !goes(&item_key(item, &keys), item, path)),
            List::Set => items.retain_mut(|item| !goes(&format!("v:{item}"), item, path)),
            List::Atomic => {}
        },
        _ => {}
    }
    any
}
