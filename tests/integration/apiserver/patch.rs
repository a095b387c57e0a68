//! The three classic patches: JSON patch (RFC 6902), JSON merge patch (RFC 7386) and Kubernetes' strategic merge patch.

use super::error::{ApiError, Result};
use super::topology::{Strategy, strategy};
use serde_json::{Map, Value};

/// RFC 6902. A failing operation is the 422 that the real server answers.
pub fn json_patch(object: &Value, patch: &Value) -> Result<Value> {
    let operations = patch.as_array().ok_or_else(|| ApiError::bad_request("error decoding patch: json: cannot unmarshal into jsonpatch.Patch"))?;
    let mut result = object.clone();
    for operation in operations {
        step(&mut result, operation).map_err(|why| {
            let rejected = "the server rejected our request due to an error in our request";
            ApiError::new(422, "Invalid", format!("{rejected}: {why}"))
        })?;
    }
    Ok(result)
}

fn step(object: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |key: &str| operation[key].as_str().ok_or_else(|| format!("missing {key}"));
    let path = text("path")?;
    let value = || operation.get("value").cloned().ok_or_else(|| "missing value".to_owned());
    let missing = |at: &str| format!("the path {at:?} does not exist");
    match text("op")? {
        "add" => add(object, path, value()?),
        "remove" => take(object, path).map(|_| ()),
        "replace" => {
            let new = value()?;
            *object.pointer_mut(path).ok_or_else(|| missing(path))? = new;
            Ok(())
        }
        "test" => {
            let expected = value()?;
            let found = object.pointer(path);
            if found == Some(&expected) || (found.is_none() && expected.is_null()) { Ok(()) } else { Err(format!("testing value {path} failed")) }
        }
        "copy" => {
            let from = text("from")?;
            let copied = object.pointer(from).cloned().ok_or_else(|| missing(from))?;
            add(object, path, copied)
        }
        "move" => {
            let moved = take(object, text("from")?)?;
            add(object, path, moved)
        }
        other => Err(format!("unexpected kind: {other}")),
    }
}

fn parent<'a>(object: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), String> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| format!("bad path {path:?}"))?;
    let at = object.pointer_mut(parent).ok_or_else(|| format!("doc is missing path: {path:?}: missing value"))?;
    Ok((at, last.replace("~1", "/").replace("~0", "~")))
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *object = value;
        return Ok(());
    }
    let (at, last) = parent(object, path)?;
    match at {
        Value::Object(map) => {
            map.insert(last, value);
            Ok(())
        }
        Value::Array(items) if last == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Array(items) => {
            let index: usize = last.parse().map_err(|_| format!("bad index {last:?}"))?;
            if index > items.len() {
                return Err(format!("unable to access invalid index: {index}"));
            }
            items.insert(index, value);
            Ok(())
        }
        _ => Err(format!("{path:?} is not inside an object or array")),
    }
}

fn take(object: &mut Value, path: &str) -> Result<Value, String> {
    let missing = || format!("unable to remove nonexistent key: {path}");
    let (at, last) = parent(object, path)?;
    match at {
        Value::Object(map) => map.remove(&last).ok_or_else(missing),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|i| *i < items.len()).ok_or_else(missing)?;
            Ok(items.remove(index))
        }
        _ => Err(missing()),
    }
}

/// RFC 7386.
pub fn merge_patch(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        object.clone_from(patch);
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    if let Value::Object(object) = object {
        for (key, value) in patch {
            if value.is_null() {
                object.remove(key);
            } else {
                merge_patch(object.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

/// A strategic merge: lists of known names merge by key, with the `$patch`, `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys` directives.
pub fn strategic(object: &Value, patch: &Value) -> Result<Value> {
    if !patch.is_object() {
        return Err(ApiError::bad_request("error decoding patch: expected a map"));
    }
    let mut result = object.clone();
    merge_maps(&mut result, patch, &mut Vec::new())?;
    Ok(result)
}

fn merge_maps(object: &mut Value, patch: &Value, path: &mut Vec<String>) -> Result<()> {
    let Value::Object(patch) = patch else {
        object.clone_from(patch);
        return Ok(());
    };
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            *object = Value::Object(patch.iter().filter(|(k, _)| *k != "$patch").map(|(k, v)| (k.clone(), v.clone())).collect());
            return Ok(());
        }
        Some("delete") => {
            *object = Value::Object(Map::new());
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(ApiError::bad_request(format!("unknown patch type found: {other}"))),
    }
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Value::Object(map) = object else { return Ok(()) };
    if let Some(retain) = patch.get("$retainKeys").and_then(Value::as_array) {
        map.retain(|key, _| retain.iter().any(|r| r.as_str() == Some(key)));
    }
    for (key, value) in patch {
        if let Some(field) = key.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(Value::Array(items)) = map.get_mut(field) {
                items.retain(|item| !gone.contains(item));
            }
        }
        if key.starts_with('$') {
            continue;
        }
        path.push(key.clone());
        match value {
            Value::Null => {
                map.remove(key);
            }
            Value::Array(items) => merge_lists(map.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new())), items, path)?,
            _ => merge_maps(map.entry(key.clone()).or_insert(Value::Null), value, path)?,
        }
        path.pop();
    }
    for (key, order) in patch {
        if let Some(field) = key.strip_prefix("$setElementOrder/") {
            path.push(field.to_owned());
            reorder(map.get_mut(field), order, path);
            path.pop();
        }
    }
    Ok(())
}

fn merge_lists(list: &mut Value, patch: &[Value], path: &mut Vec<String>) -> Result<()> {
    let directive = |item: &Value| item["$patch"].as_str().map(str::to_owned);
    let plain = || patch.iter().filter(|item| directive(item).is_none()).cloned().collect::<Vec<_>>();
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let Value::Array(items) = list else { return Ok(()) };
    match strategy(path) {
        Strategy::Replace => *items = plain(),
        Strategy::Primitive => patch.iter().for_each(|item| {
            if !items.contains(item) {
                items.push(item.clone());
            }
        }),
        Strategy::Key(_)
            if patch.iter().any(|item| item.as_object().is_some_and(|m| m.len() == 1) && directive(item).as_deref() == Some("replace")) =>
        {
            *items = plain();
        }
        Strategy::Key(key) => {
            for item in patch {
                let Some(name) = item.get(key) else {
                    return Err(ApiError::bad_request(format!("map: {item} does not contain declared merge key: {key}")));
                };
                match directive(item).as_deref() {
                    Some("delete") => items.retain(|i| i.get(key) != Some(name)),
                    _ => match items.iter_mut().find(|i| i.get(key) == Some(name)) {
                        Some(found) => merge_maps(found, item, path)?,
                        None => {
                            let mut fresh = Value::Null;
                            merge_maps(&mut fresh, item, path)?;
                            items.push(fresh);
                        }
                    },
                }
            }
        }
    }
    Ok(())
}

fn reorder(list: Option<&mut Value>, order: &Value, path: &[String]) {
    let (Some(Value::Array(items)), Some(order)) = (list, order.as_array()) else { return };
    let place = |item: &Value| match strategy(path) {
        Strategy::Key(key) => order.iter().position(|o| o.get(key) == item.get(key)),
        _ => order.iter().position(|o| o == item),
    };
    items.sort_by_key(|item| place(item).unwrap_or(usize::MAX));
}
