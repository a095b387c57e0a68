//! The structural schema of a custom resource: type checks, pruning of unknown fields, defaults.
//! CEL rules (`x-kubernetes-validations`) are not evaluated; a test that needs them needs the real server.

use super::error::Problem;
use serde_json::{Map, Value, json};

const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";
const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

/// Fills in defaults, then drops what the schema does not know; answers the paths of what went.
pub fn default_and_prune(root: &Value, object: &mut Value) -> Vec<String> {
    defaults(root, object);
    let kept: Vec<(String, Value)> =
        ["apiVersion", "kind", "metadata"].iter().filter_map(|&k| Some((k.to_owned(), object.get(k)?.clone()))).collect();
    if let Some(map) = object.as_object_mut() {
        kept.iter().for_each(|(key, _)| drop(map.remove(key)));
    }
    let mut dropped = Vec::new();
    prune(root, object, "", &mut dropped);
    if let Some(map) = object.as_object_mut() {
        map.extend(kept);
    }
    dropped
}

fn defaults(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                if !map.contains_key(key)
                    && let Some(default) = property.get("default")
                {
                    map.insert(key.clone(), default.clone());
                }
                if let Some(inner) = map.get_mut(key) {
                    defaults(property, inner);
                }
            }
            if let Some(more) = schema.get("additionalProperties").filter(|m| m.is_object()) {
                map.values_mut().for_each(|inner| defaults(more, inner));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| defaults(&schema["items"], item)),
        _ => {}
    }
}

fn prune(schema: &Value, value: &mut Value, at: &str, dropped: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let properties = schema["properties"].as_object();
            let more = schema.get("additionalProperties").filter(|m| m.is_object());
            let keep = schema[PRESERVE] == true || schema["additionalProperties"] == true;
            map.retain(|key, inner| {
                if let Some(property) = properties.and_then(|p| p.get(key)) {
                    prune(property, inner, &join(at, key), dropped);
                    true
                } else if let Some(more) = more {
                    prune(more, inner, &join(at, key), dropped);
                    true
                } else {
                    if !keep {
                        dropped.push(join(at, key));
                    }
                    keep
                }
            });
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().enumerate().for_each(|(i, item)| prune(schema, item, &format!("{at}[{i}]"), dropped));
            }
        }
        _ => {}
    }
}

/// Appends what `value` breaks of `schema`.
pub fn validate(schema: &Value, value: &Value, at: &str, problems: &mut Vec<Problem>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if !type_fits(schema, value) {
        let wanted = schema["type"].as_str().unwrap_or("integer or string");
        let message = format!("Invalid value: {:?}: {at} in body must be of type {wanted}: {:?}", type_name(value), type_name(value));
        problems.push(Problem { field: at.to_owned(), reason: "FieldValueTypeInvalid", message });
        return;
    }
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
        let known: Vec<String> = allowed.iter().map(Value::to_string).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", known.join(", "));
        problems.push(Problem { field: at.to_owned(), reason: "FieldValueNotSupported", message });
    }
    bounds(schema, value, at, problems);
    combine(schema, value, at, problems);
    match value {
        Value::Object(map) => {
            for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !map.contains_key(required) {
                    problems.push(Problem::required(join(at, required)));
                }
            }
            for (key, inner) in map {
                let property = schema["properties"].get(key).or_else(|| schema.get("additionalProperties").filter(|m| m.is_object()));
                // The root's metadata is checked for every kind alike.
                if let Some(property) = property.filter(|_| !(at.is_empty() && key == "metadata")) {
                    validate(property, inner, &join(at, key), problems);
                }
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                validate(&schema["items"], item, &format!("{at}[{i}]"), problems);
            }
        }
        _ => {}
    }
}

fn bounds(schema: &Value, value: &Value, at: &str, problems: &mut Vec<Problem>) {
    let mut wrong = |why: String| problems.push(Problem::invalid(at, value, &why));
    if let Some(number) = value.as_f64() {
        if schema["minimum"].as_f64().is_some_and(|low| number < low) {
            wrong(format!("{at} in body should be greater than or equal to {}", schema["minimum"]));
        }
        if schema["maximum"].as_f64().is_some_and(|high| number > high) {
            wrong(format!("{at} in body should be less than or equal to {}", schema["maximum"]));
        }
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        if schema["maxLength"].as_u64().is_some_and(|most| length > most) {
            wrong(format!("{at} in body should be at most {} chars long", schema["maxLength"]));
        }
        if schema["minLength"].as_u64().is_some_and(|least| length < least) {
            wrong(format!("{at} in body should be at least {} chars long", schema["minLength"]));
        }
        if let Some(pattern) = schema["pattern"].as_str().and_then(|p| regex::Regex::new(p).ok()).filter(|p| !p.is_match(text)) {
            wrong(format!("{at} in body should match '{pattern}'"));
        }
    }
    if let Some(items) = value.as_array() {
        let length = items.len() as u64;
        if schema["maxItems"].as_u64().is_some_and(|most| length > most) {
            wrong(format!("{at} in body should have at most {} items", schema["maxItems"]));
        }
        if schema["minItems"].as_u64().is_some_and(|least| length < least) {
            wrong(format!("{at} in body should have at least {} items", schema["minItems"]));
        }
    }
}

fn combine(schema: &Value, value: &Value, at: &str, problems: &mut Vec<Problem>) {
    let branches = |word: &str| schema[word].as_array().map(Vec::as_slice).unwrap_or_default();
    let fits = |branch: &Value| {
        let mut found = Vec::new();
        validate(branch, value, at, &mut found);
        found.is_empty()
    };
    for branch in branches("allOf") {
        validate(branch, value, at, problems);
    }
    // The two words come with int-or-string fields, whose check type_fits has made.
    if schema[INT_OR_STRING] == true {
        return;
    }
    let any = branches("anyOf");
    if !any.is_empty() && !any.iter().any(fits) {
        problems.push(Problem::invalid(at, value, &format!("{at} in body must validate at least one schema (anyOf)")));
    }
    let one = branches("oneOf");
    if !one.is_empty() && one.iter().filter(|b| fits(b)).count() != 1 {
        problems.push(Problem::invalid(at, value, &format!("{at} in body must validate one and only one schema (oneOf)")));
    }
    if schema["not"].is_object() && fits(&schema["not"]) {
        problems.push(Problem::invalid(at, value, &format!("{at} in body must not validate the schema (not)")));
    }
}

fn type_fits(schema: &Value, value: &Value) -> bool {
    if schema[INT_OR_STRING] == true {
        return value.is_i64() || value.is_u64() || value.is_string();
    }
    match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|f| f.fract() == 0.0),
        Some("number") => value.is_number(),
        _ => true,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn join(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

/// A CustomResourceDefinition of ours that keeps whatever it is given: for kinds whose schema a test does not care about.
pub fn open_definition(group: &str, kind: &str, plural: &str, namespaced: bool, versions: &[&str]) -> Value {
    let open = json!({"type": "object", PRESERVE: true});
    let schema = json!({"type": "object", "properties": {"spec": open, "status": open}, PRESERVE: true});
    let versions: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(i, name)| {
            json!({"name": name, "served": true, "storage": i == 0, "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}}})
        })
        .collect();
    let mut annotations = Map::new();
    if group.ends_with(".k8s.io") {
        // Groups of the Kubernetes project are protected; this is the documented way to say that a definition is not theirs.
        annotations.insert("api-approved.kubernetes.io".into(), json!("unapproved, for tests only"));
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"), "annotations": annotations},
        "spec": {
            "group": group, "scope": if namespaced { "Namespaced" } else { "Cluster" },
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": versions,
        },
    })
}
