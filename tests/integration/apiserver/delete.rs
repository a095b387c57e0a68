//! Deletes: preconditions, finalizers, and the work of the controllers that follow (garbage collection, emptying a namespace).

use super::answer::{Answer, View};
use super::error::{ApiError, Problem, Result};
use super::list;
use super::resources::Resource;
use super::route::{Query, Target};
use super::store::{Store, key, key_of};
use super::write::now;
use serde_json::{Value, json};

pub fn delete(store: &mut Store, resource: &Resource, target: &Target, query: &Query, options: &Value) -> Result<Answer> {
    let name = target.name.as_deref().unwrap_or_default();
    let key = key(target.namespace.as_deref().filter(|_| resource.namespaced), name);
    let found = store.get(&resource.group, &resource.plural, &key).cloned();
    let object = found.ok_or_else(|| ApiError::not_found(&resource.group, &resource.plural, name))?;
    for (field, word) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        if let Some(wanted) = options["preconditions"][field].as_str().filter(|w| object["metadata"][field] != **w) {
            let has = object["metadata"][field].as_str().unwrap_or_default();
            let why = format!("Precondition failed: {word} in precondition: {wanted}, {word} in object meta: {has}");
            return Err(ApiError::conflict(resource, name, &why));
        }
    }
    let policy = options["propagationPolicy"].as_str().or_else(|| query.get("propagationPolicy")).unwrap_or("Background");
    if !matches!(policy, "Background" | "Foreground" | "Orphan") {
        let problem = Problem::invalid("propagationPolicy", &json!(policy), "valid values are Foreground, Background, Orphan");
        return Err(ApiError::invalid(resource, name, &[problem]));
    }
    let dry_run = query.get("dryRun").is_some() || options["dryRun"].as_array().is_some_and(|d| !d.is_empty());
    let shown = |object: Value| Answer::ok(View::Object.one(resource, &target.version, object));
    let kept = object["metadata"]["finalizers"].as_array().is_some_and(|f| !f.is_empty());
    let grace = grace(resource, &object, options);
    let dies_later = kept || grace > 0 || resource.is("", "namespaces");
    if !dry_run && dies_later && object["metadata"]["deletionTimestamp"].is_null() {
        let mut dying = object.as_ref().clone();
        dying["metadata"]["deletionTimestamp"] = json!(now());
        dying["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        if resource.is("", "namespaces") {
            dying["status"]["phase"] = json!("Terminating");
        }
        let dying = store.put(&resource.group, &resource.plural, dying);
        if resource.is("", "namespaces") {
            empty_namespace(store, resource, &dying);
        }
        return Ok(shown(dying.as_ref().clone()));
    }
    if kept || grace > 0 {
        return Ok(shown(object.as_ref().clone()));
    }
    if !dry_run {
        erase(store, resource, &object, policy);
    }
    let mut details = json!({"name": name, "kind": resource.plural, "uid": object["metadata"]["uid"]});
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    Ok(Answer::ok(json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})))
}

/// How long a pod has to end by itself. Only one that runs on a node has any time, and with no kubelet here it stays until it is forced.
fn grace(resource: &Resource, object: &Value, options: &Value) -> u64 {
    let runs = !matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let on_node = object["spec"]["nodeName"].as_str().is_some_and(|node| !node.is_empty());
    if !(resource.is("", "pods") && runs && on_node) {
        return 0;
    }
    options["gracePeriodSeconds"].as_u64().or_else(|| object["spec"]["terminationGracePeriodSeconds"].as_u64()).unwrap_or(30)
}

/// The part of the namespace controller, at once; what has finalizers keeps the namespace terminating.
fn empty_namespace(store: &mut Store, resource: &Resource, namespace: &Value) {
    let name = namespace["metadata"]["name"].as_str().unwrap_or_default();
    for (group, plural, object) in store.in_namespace(name) {
        if object["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty) {
            store.remove(&group, &plural, &key_of(&object));
        } else {
            let mut dying = object.as_ref().clone();
            dying["metadata"]["deletionTimestamp"] = json!(now());
            store.put(&group, &plural, dying);
        }
    }
    if store.in_namespace(name).is_empty() {
        store.remove(&resource.group, &resource.plural, name);
    }
}

/// Takes the object out and does the garbage collector's part.
pub fn erase(store: &mut Store, resource: &Resource, object: &Value, policy: &str) {
    store.remove(&resource.group, &resource.plural, &key_of(object));
    collect(store, &object["metadata"]["uid"], policy);
}

fn collect(store: &mut Store, uid: &Value, policy: &str) {
    if !uid.is_string() {
        return;
    }
    for (group, plural, dependent) in store.dependents(uid) {
        let mut left = dependent.as_ref().clone();
        let owners = left["metadata"]["ownerReferences"].as_array_mut();
        let none_left = owners.is_none_or(|owners| {
            owners.retain(|owner| owner["uid"] != *uid);
            owners.is_empty()
        });
        if policy == "Orphan" || !none_left {
            store.put(&group, &plural, left);
        } else {
            store.remove(&group, &plural, &key_of(&dependent));
            collect(store, &dependent["metadata"]["uid"], policy);
        }
    }
}

/// Deletes what a list with the same parameters would answer.
pub fn delete_collection(store: &mut Store, resource: &Resource, target: &Target, query: &Query, options: &Value) -> Result<Answer> {
    let page = list::list(store, resource, target, query)?;
    for object in &page.items {
        let one = Target {
            name: object["metadata"]["name"].as_str().map(str::to_owned),
            namespace: object["metadata"]["namespace"].as_str().map(str::to_owned),
            ..target.clone()
        };
        delete(store, resource, &one, query, options)?;
    }
    Ok(Answer::ok(View::Object.many(resource, &target.version, page)))
}
