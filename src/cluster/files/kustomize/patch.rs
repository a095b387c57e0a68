//! Patches, as Kustomize lays them over objects: by merging, and by the operations of RFC 6902.

use serde_json::Value;

use crate::cluster::files::document::{Document, put, spans_of};
use crate::model::Spans;

/// By which field items of a list are the same, in Kubernetes' own kinds; other lists are replaced.
const MERGE_KEYS: [(&str, &[&str]); 10] = [
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("volumes", &["name"]),
    ("env", &["name"]),
    ("imagePullSecrets", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("ports", &["containerPort", "port"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey"]),
];

/// Merges a patch into a document; `false` where it says that the document goes away.
pub(super) fn merge(document: &mut Document, patch: &Document) -> bool {
    if patch.value.get("$patch").and_then(Value::as_str) == Some("delete") {
        return false;
    }
    let spans = document.taken_over(&patch.file, &patch.spans);
    let native = !document.group().contains('.') || document.group().ends_with(".k8s.io") && document.group() != "gateway.networking.k8s.io";
    let (name, namespace) = (document.metadata("name").to_owned(), document.value.pointer("/metadata/namespace").cloned());
    let mut patch = patch.value.clone();
    // What a patch is called by says where it belongs, and changes nothing.
    if let Some(fields) = patch.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    if let Some(metadata) = patch.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("name");
        metadata.remove("namespace");
    }
    merge_value(&mut document.value, &mut document.spans, &patch, &spans, native);
    debug_assert_eq!((document.metadata("name"), document.value.pointer("/metadata/namespace")), (name.as_str(), namespace.as_ref()));
    true
}

fn merge_value(onto: &mut Value, at: &mut Spans, patch: &Value, patch_spans: &Spans, native: bool) {
    let (Value::Object(fields), Value::Object(changes)) = (&mut *onto, patch) else {
        (*onto, *at) = (plain(patch), patch_spans.clone());
        return;
    };
    if directive(patch) == Some("replace") {
        (*onto, *at) = (plain(patch), patch_spans.clone());
        return;
    }
    for (key, change) in changes.iter().filter(|(key, _)| !key.starts_with('$')) {
        let spans = patch_spans.inner.iter().find(|(name, _)| **name == **key).map(|(_, spans)| spans.clone()).unwrap_or_default();
        if change.is_null() || directive(change) == Some("delete") {
            fields.remove(key);
            at.inner.retain(|(name, _)| **name != **key);
            continue;
        }
        let merge_keys = MERGE_KEYS.iter().find(|(field, _)| native && field == key).map(|(_, keys)| *keys);
        match (fields.get_mut(key), spans_of(at, key)) {
            (Some(Value::Array(items)), Some(inner)) if merge_keys.is_some() && change.is_array() => {
                merge_list(items, inner, change, &spans, merge_keys.unwrap_or_default());
            }
            (Some(field), Some(inner)) => merge_value(field, inner, change, &spans, native),
            _ => {
                fields.insert(key.clone(), plain(change));
                put(at, key, spans);
            }
        }
    }
}

fn merge_list(items: &mut Vec<Value>, at: &mut Spans, patch: &Value, patch_spans: &Spans, keys: &[&str]) {
    let changes: Vec<(&Value, Spans)> = patch
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(i, item)| (item, patch_spans.inner.get(i).map(|(_, s)| s.clone()).unwrap_or_default()))
        .collect();
    if changes.iter().any(|(item, _)| directive(item) == Some("replace")) {
        let kept: Vec<_> = changes.into_iter().filter(|(item, _)| directive(item).is_none()).collect();
        *items = kept.iter().map(|(item, _)| plain(item)).collect();
        at.inner = kept.into_iter().map(|(_, spans)| (Box::from(""), spans)).collect();
        return;
    }
    let mut added = 0;
    for (item, spans) in changes {
        let key = keys.iter().find(|key| item.get(**key).is_some());
        let same = key.and_then(|key| items.iter().position(|old| old.get(*key) == item.get(*key)));
        match same {
            Some(i) if directive(item) == Some("delete") => {
                items.remove(i);
                if i < at.inner.len() {
                    at.inner.remove(i);
                }
            }
            Some(i) => {
                if let Some((_, inner)) = at.inner.get_mut(i) {
                    merge_value(&mut items[i], inner, item, &spans, true);
                }
            }
            None if directive(item).is_some() => {}
            None => {
                // What is new comes first, as Kustomize puts it.
                items.insert(added, plain(item));
                at.inner.insert(added.min(at.inner.len()), (Box::from(""), spans));
                added += 1;
            }
        }
    }
}

fn directive(value: &Value) -> Option<&str> {
    value.get("$patch").and_then(Value::as_str)
}

/// A value without what only patches say.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.iter().filter(|(key, field)| !key.starts_with('$') && !field.is_null()).map(|(k, v)| (k.clone(), plain(v))).collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().filter(|item| directive(item) != Some("delete")).map(plain).collect()),
        other => other.clone(),
    }
}

/// Applies the operations of a JSON patch; the first that does not fit ends it, as it ends Kustomize's build.
pub(super) fn apply(document: &mut Document, operations: &Document) -> Result<(), String> {
    let spans = document.taken_over(&operations.file, &operations.spans);
    for (i, operation) in operations.value.as_array().into_iter().flatten().enumerate() {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let spans = spans.inner.get(i).map(|(_, spans)| spans.clone()).unwrap_or_default();
        let of_value = spans.inner.iter().find(|(name, _)| &**name == "value").map_or(&spans, |(_, spans)| spans);
        let value = operation.get("value").cloned().unwrap_or_default();
        match text("op") {
            "add" => change(document, text("path"), |node, at, key| add(node, at, key, value, of_value.clone()))?,
            "replace" => change(document, text("path"), |node, at, key| replace(node, at, key, value, of_value.clone()))?,
            "remove" => drop(change(document, text("path"), remove)?),
            "move" => {
                let (value, from) = change(document, text("from"), remove)?;
                change(document, text("path"), |node, at, key| add(node, at, key, value, from))?;
            }
            "copy" => {
                let value = document.value.pointer(text("from")).cloned().ok_or_else(|| missing(text("from")))?;
                change(document, text("path"), |node, at, key| add(node, at, key, value, spans.clone()))?;
            }
            "test" => {}
            other => return Err(format!("{other:?} is no operation of a JSON patch")),
        }
    }
    Ok(())
}

fn missing(path: &str) -> String {
    format!("nothing stands at {path}")
}

/// Does something to the field or item that a pointer names, in the value that holds it.
fn change<R>(document: &mut Document, pointer: &str, with: impl FnOnce(&mut Value, &mut Spans, &str) -> Option<R>) -> Result<R, String> {
    let unescaped: Vec<String> = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let (last, way) = unescaped.split_last().ok_or_else(|| missing(pointer))?;
    let (mut node, mut at) = (&mut document.value, &mut document.spans);
    for key in way {
        let inner = match &mut *node {
            Value::Object(fields) => fields.get_mut(key).zip(spans_of(at, key)),
            Value::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get_mut(i).zip(at.inner.get_mut(i).map(|(_, s)| s))),
            _ => None,
        };
        (node, at) = inner.ok_or_else(|| missing(pointer))?;
    }
    with(node, at, last).ok_or_else(|| missing(pointer))
}

fn add(node: &mut Value, at: &mut Spans, key: &str, value: Value, spans: Spans) -> Option<()> {
    match node {
        Value::Object(fields) => {
            fields.insert(key.to_owned(), value);
            put(at, key, spans);
        }
        Value::Array(items) => {
            let i = if key == "-" { items.len() } else { key.parse().ok()? };
            (i <= items.len()).then(|| items.insert(i, value))?;
            at.inner.insert(i.min(at.inner.len()), (Box::from(""), spans));
        }
        _ => return None,
    }
    Some(())
}

fn replace(node: &mut Value, at: &mut Spans, key: &str, value: Value, spans: Spans) -> Option<()> {
    match node {
        Value::Object(fields) => {
            *fields.get_mut(key)? = value;
            put(at, key, spans);
        }
        Value::Array(items) => {
            let i: usize = key.parse().ok()?;
            *items.get_mut(i)? = value;
            at.inner.get_mut(i)?.1 = spans;
        }
        _ => return None,
    }
    Some(())
}

fn remove(node: &mut Value, at: &mut Spans, key: &str) -> Option<(Value, Spans)> {
    match node {
        Value::Object(fields) => {
            let place = at.inner.iter().position(|(name, _)| &**name == key)?;
            Some((fields.remove(key)?, at.inner.remove(place).1))
        }
        Value::Array(items) => {
            let i = key.parse().ok().filter(|i| *i < items.len() && *i < at.inner.len())?;
            Some((items.remove(i), at.inner.remove(i).1))
        }
        _ => None,
    }
}
