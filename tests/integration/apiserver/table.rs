//! `as=Table`: the server-side rows of `kubectl get`. Pods have their columns, everything else name and age.

use super::resources::Resource;
use serde_json::{Value, json};

pub fn of(resource: &Resource, objects: &[Value], metadata: Value) -> Value {
    let pods = resource.is("", "pods");
    let column = |name: &str, kind: &str, priority: u8| json!({"name": name, "type": kind, "format": if name == "Name" { "name" } else { "" }, "description": "", "priority": priority});
    let columns = if pods {
        vec![
            column("Name", "string", 0),
            column("Ready", "string", 0),
            column("Status", "string", 0),
            column("Restarts", "string", 0),
            column("Age", "string", 0),
            column("IP", "string", 1),
            column("Node", "string", 1),
        ]
    } else {
        vec![column("Name", "string", 0), column("Age", "string", 0)]
    };
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let cells = if pods { pod(object) } else { vec![object["metadata"]["name"].clone(), age(object)] };
            json!({"cells": cells, "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]}})
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": columns, "rows": rows})
}

fn pod(object: &Value) -> Vec<Value> {
    let none = Vec::new();
    let containers = object["spec"]["containers"].as_array().unwrap_or(&none);
    let statuses = object["status"]["containerStatuses"].as_array().unwrap_or(&none);
    let ready = statuses.iter().filter(|s| s["ready"] == true && s["state"]["running"].is_object()).count();
    let restarts: u64 = statuses.iter().filter_map(|s| s["restartCount"].as_u64()).sum();
    let waiting =
        statuses.iter().rev().find_map(|s| s["state"]["waiting"]["reason"].as_str().or_else(|| s["state"]["terminated"]["reason"].as_str()));
    let phase = object["status"]["phase"].as_str().unwrap_or("Unknown");
    let status = if object["metadata"]["deletionTimestamp"].is_string() { "Terminating" } else { waiting.unwrap_or(phase) };
    let or_none = |value: &Value| value.as_str().map_or_else(|| json!("<none>"), |text| json!(text));
    vec![
        object["metadata"]["name"].clone(),
        json!(format!("{ready}/{}", containers.len())),
        json!(status),
        json!(restarts.to_string()),
        age(object),
        or_none(&object["status"]["podIP"]),
        or_none(&object["spec"]["nodeName"]),
    ]
}

fn age(object: &Value) -> Value {
    let created = object["metadata"]["creationTimestamp"].as_str().and_then(|t| t.parse::<jiff::Timestamp>().ok());
    created.map_or_else(|| json!("<unknown>"), |t| json!(format!("{}s", jiff::Timestamp::now().as_second().saturating_sub(t.as_second()))))
}
