//! How lists and maps merge: which lists are keyed, for server-side apply and for strategic merge patches.
//! Core kinds by a table of field names, custom resources by their schema's `x-kubernetes-*` extensions.

use super::resources::Resource;
use serde_json::Value;

/// How server-side apply sees a list.
#[derive(Clone, Debug, PartialEq)]
pub enum List {
    Atomic,
    Set,
    Keyed(Vec<String>),
}

pub struct Topology<'a> {
    custom: bool,
    schema: Option<&'a Value>,
}

impl<'a> Topology<'a> {
    pub fn of(resource: &'a Resource, version: &str) -> Self {
        Topology { custom: resource.custom, schema: resource.schemas.iter().find(|(v, _)| v == version).map(|(_, s)| s) }
    }

    /// The list at `path`, a row of field names (items of lists add none).
    pub fn list(&self, path: &[String]) -> List {
        if !self.custom || path.first().is_some_and(|first| first == "metadata") {
            return core_list(path);
        }
        let Some(at) = self.find(path) else { return List::Atomic };
        match at["x-kubernetes-list-type"].as_str() {
            Some("set") => List::Set,
            Some("map") => {
                List::Keyed(at["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(|k| k.as_str().map(str::to_owned)).collect())
            }
            _ => List::Atomic,
        }
    }

    pub fn atomic_map(&self, path: &[String]) -> bool {
        if self.custom {
            return self.find(path).is_some_and(|at| at["x-kubernetes-map-type"] == "atomic");
        }
        let last = path.last().map_or("", String::as_str);
        const ATOMIC: &[&str] = &[
            "selector",
            "labelSelector",
            "namespaceSelector",
            "podSelector",
            "objectSelector",
            "nodeSelector",
            "configMapKeyRef",
            "secretKeyRef",
            "fieldRef",
            "resourceFieldRef",
            "roleRef",
            "involvedObject",
            "targetRef",
        ];
        ATOMIC.contains(&last)
    }

    fn find(&self, path: &[String]) -> Option<&'a Value> {
        let mut at = self.schema?;
        for step in path {
            while at["type"] == "array" {
                at = at.get("items")?;
            }
            at = at["properties"].get(step).or_else(|| at.get("additionalProperties").filter(|more| more.is_object()))?;
        }
        Some(at)
    }
}

fn core_list(path: &[String]) -> List {
    let keyed = |keys: &[&str]| List::Keyed(keys.iter().map(|&k| k.to_owned()).collect());
    let last = path.last().map_or("", String::as_str);
    let parent = path.len().checked_sub(2).map_or("", |i| path[i].as_str());
    match last {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets"
        | "webhooks"
        | "matchConditions" => keyed(&["name"]),
        "ports" if parent.to_lowercase().ends_with("containers") => keyed(&["containerPort", "protocol"]),
        "ports" if parent == "spec" => keyed(&["port", "protocol"]),
        "volumeMounts" => keyed(&["mountPath"]),
        "volumeDevices" => keyed(&["devicePath"]),
        "conditions" | "addresses" => keyed(&["type"]),
        "ownerReferences" => keyed(&["uid"]),
        "hostAliases" | "podIPs" | "hostIPs" => keyed(&["ip"]),
        "topologySpreadConstraints" => keyed(&["topologyKey", "whenUnsatisfiable"]),
        "finalizers" => List::Set,
        _ => List::Atomic,
    }
}

/// The value a key has when the manifest leaves it out: keyed lists would otherwise see two items in one.
pub fn key_default(key: &str) -> Option<Value> {
    (key == "protocol").then(|| Value::from("TCP"))
}

/// How a strategic merge patch treats a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    Replace,
    /// Union of plain values.
    Primitive,
    Key(&'static str),
}

pub fn strategy(path: &[String]) -> Strategy {
    let last = path.last().map_or("", String::as_str);
    let parent = path.len().checked_sub(2).map_or("", |i| path[i].as_str());
    match last {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets"
        | "webhooks"
        | "matchConditions" => Strategy::Key("name"),
        "ports" if parent.to_lowercase().ends_with("containers") => Strategy::Key("containerPort"),
        "ports" if parent == "spec" => Strategy::Key("port"),
        "volumeMounts" => Strategy::Key("mountPath"),
        "volumeDevices" => Strategy::Key("devicePath"),
        "conditions" | "addresses" => Strategy::Key("type"),
        "ownerReferences" => Strategy::Key("uid"),
        "hostAliases" | "podIPs" | "hostIPs" => Strategy::Key("ip"),
        "topologySpreadConstraints" => Strategy::Key("topologyKey"),
        "taints" => Strategy::Key("key"),
        "finalizers" => Strategy::Primitive,
        _ => Strategy::Replace,
    }
}
