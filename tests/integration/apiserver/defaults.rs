//! The defaults of built-in kinds, as far as a client notices them in what it gets back.

use super::resources::Resource;
use super::store::Store;
use serde_json::{Map, Value, json};

/// Kinds whose `metadata.generation` counts changes of intent.
pub fn has_generation(resource: &Resource) -> bool {
    resource.custom
        || matches!(
            resource.group.as_str(),
            "apps" | "batch" | "networking.k8s.io" | "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "policy"
        )
}

/// What every write fills in.
pub fn fill(resource: &Resource, object: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => {
            let name = object["metadata"]["name"].clone();
            let metadata = &mut object["metadata"];
            if !metadata["labels"].is_object() {
                metadata["labels"] = json!({});
            }
            metadata["labels"]["kubernetes.io/metadata.name"] = name;
        }
        ("", "pods") => pod_spec(object.get_mut("spec")),
        ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets") => {
            if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
                if resource.plural != "daemonsets" {
                    default(spec, "replicas", json!(1));
                }
                pod_spec(spec.get_mut("template").and_then(|t| t.get_mut("spec")));
            }
        }
        ("batch", "jobs") => pod_spec(object.pointer_mut("/spec/template/spec")),
        ("batch", "cronjobs") => pod_spec(object.pointer_mut("/spec/jobTemplate/spec/template/spec")),
        ("", "services") => service(object.get_mut("spec")),
        ("", "secrets") => {
            secret(object);
        }
        _ => {}
    }
}

fn default(map: &mut Map<String, Value>, key: &str, value: Value) {
    map.entry(key.to_owned()).or_insert(value);
}

fn pod_spec(spec: Option<&mut Value>) {
    let Some(spec) = spec.and_then(Value::as_object_mut) else { return };
    default(spec, "restartPolicy", json!("Always"));
    default(spec, "dnsPolicy", json!("ClusterFirst"));
    for field in ["containers", "initContainers"] {
        for container in spec.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
                default(port, "protocol", json!("TCP"));
            }
        }
    }
}

fn service(spec: Option<&mut Value>) {
    let Some(spec) = spec.and_then(Value::as_object_mut) else { return };
    default(spec, "type", json!("ClusterIP"));
    default(spec, "sessionAffinity", json!("None"));
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        default(port, "protocol", json!("TCP"));
        if let Some(number) = port.get("port").cloned() {
            default(port, "targetPort", number);
        }
    }
}

/// `stringData` is write-only: it moves into `data`.
fn secret(object: &mut Value) -> Option<()> {
    use base64::Engine;
    let map = object.as_object_mut()?;
    default(map, "type", json!("Opaque"));
    let plain = map.remove("stringData")?;
    let data = map.entry("data").or_insert_with(|| json!({})).as_object_mut()?;
    for (key, text) in plain.as_object()? {
        data.insert(key.clone(), json!(base64::engine::general_purpose::STANDARD.encode(text.as_str()?)));
    }
    Some(())
}

/// What only a new object gets.
pub fn on_create(store: &mut Store, resource: &Resource, object: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
        }
        ("", "pods") => object["status"] = json!({"phase": "Pending"}),
        ("", "services") if object["spec"]["clusterIP"].is_null() && object["spec"]["type"] != "ExternalName" => {
            let ip = store.cluster_ip();
            object["spec"]["clusterIPs"] = json!([ip]);
            object["spec"]["clusterIP"] = json!(ip);
        }
        ("apiextensions.k8s.io", _) => {
            let condition = |kind: &str, reason: &str| json!({"type": kind, "status": "True", "reason": reason, "message": ""});
            let (names, versions) = (object["spec"]["names"].clone(), object["spec"]["versions"].clone());
            let stored: Vec<&Value> = versions.as_array().into_iter().flatten().filter(|v| v["storage"] == true).map(|v| &v["name"]).collect();
            object["status"] = json!({
                "conditions": [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
                "acceptedNames": names, "storedVersions": stored,
            });
        }
        _ => {}
    }
}

/// Values that the server allots stay with the object even when a replacement leaves them out.
pub fn on_update(live: &Value, resource: &Resource, object: &mut Value) {
    if resource.is("", "services") && object["spec"]["type"] != "ExternalName" && object["spec"].is_object() {
        for field in ["clusterIP", "clusterIPs"] {
            if object["spec"][field].is_null() && !live["spec"][field].is_null() {
                object["spec"][field] = live["spec"][field].clone();
            }
        }
    }
    if resource.is("", "namespaces") {
        object["spec"] = live["spec"].clone();
    }
}
