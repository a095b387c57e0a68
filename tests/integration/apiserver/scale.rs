//! The scale subresource: a `Scale` in front of two numbers of an object.

use super::Shared;
use super::answer::{Answer, View};
use super::error::{ApiError, Result};
use super::handle::Call;
use super::patch;
use super::resources::{Resource, Scale};
use super::route::Target;
use super::store::key;
use super::write::Write;
use serde_json::{Value, json};

pub fn answer(shared: &Shared, call: &Call, target: &Target, resource: &Resource) -> Result<Answer> {
    let Some(paths) = &resource.scale else { return Err(ApiError::unknown_path()) };
    let name = target.name.as_deref().unwrap_or_default();
    let mut store = shared.store();
    let live = store.get(&resource.group, &resource.plural, &key(target.namespace.as_deref(), name)).cloned();
    let live = live.ok_or_else(|| ApiError::not_found(&resource.group, &resource.plural, name))?;
    let now = of(&live, paths);
    let wanted = match call.verb() {
        "get" => return Ok(Answer::ok(now)),
        "update" => call.value()?,
        "patch" => match call.header("content-type") {
            "application/json-patch+json" => patch::json_patch(&now, &call.value()?)?,
            "application/merge-patch+json" | "application/strategic-merge-patch+json" => {
                let mut patched = now.clone();
                patch::merge_patch(&mut patched, &call.value()?);
                patched
            }
            _ => return Err(ApiError::unsupported_media_type("application/json-patch+json, application/merge-patch+json")),
        },
        _ => return Err(ApiError::method_not_allowed()),
    };
    let mut object = View::Object.one(resource, &target.version, live.as_ref().clone());
    object["metadata"]["resourceVersion"] = wanted["metadata"]["resourceVersion"].clone();
    if object["metadata"]["resourceVersion"].is_null() {
        object["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
    }
    set(&mut object, &paths.replicas, wanted["spec"]["replicas"].clone());
    let main = Target { subresource: None, ..target.clone() };
    let mut write = Write {
        store: &mut store,
        resource: resource.clone(),
        target: &main,
        query: &call.query,
        agent: call.header("user-agent"),
        view: View::Object,
        warnings: Vec::new(),
    };
    let stored = match write.replace(object)? {
        Answer::Object(_, stored) => stored,
        raw @ Answer::Raw(_) => return Ok(raw),
    };
    drop(store);
    shared.announce();
    Ok(Answer::ok(of(&stored, paths)))
}

fn of(object: &Value, paths: &Scale) -> Value {
    let number = |path: &str| object.pointer(&pointer(path)).and_then(Value::as_i64).unwrap_or(0);
    let pick = |field: &str| object["metadata"][field].clone();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": pick("name"), "namespace": pick("namespace"), "uid": pick("uid"), "resourceVersion": pick("resourceVersion"),
            "creationTimestamp": pick("creationTimestamp"),
        },
        "spec": {"replicas": number(&paths.replicas)}, "status": {"replicas": number(&paths.status_replicas)},
    })
}

fn pointer(path: &str) -> String {
    path.replace('.', "/")
}

fn set(object: &mut Value, path: &str, value: Value) {
    let mut at = object;
    for step in path.split('.').filter(|s| !s.is_empty()) {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[step];
    }
    *at = value;
}
