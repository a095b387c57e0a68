//! What a kustomization does to all objects alike: namespace, prefix, suffix, labels, annotations, replicas, images.

use serde_json::{Value, json};

use crate::cluster::files::document::{Document, span_at};
use crate::model::{Kind, Spans};

/// Kinds that keep their names.
const UNTOUCHED: [&str; 3] = ["CustomResourceDefinition", "APIService", "Namespace"];
const WORKLOADS: [&str; 7] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController", "Rollout"];

/// A kustomization, and the file it stands in.
pub(super) struct Directions<'a> {
    pub document: &'a Document,
}

impl Directions<'_> {
    fn at(&self, document: &mut Document, path: &[&str]) -> Spans {
        let at = Spans { at: span_at(&self.document.spans, path), inner: Vec::new() };
        document.taken_over(&self.document.file, &at)
    }

    /// Gives every object the namespace.
    pub(super) fn namespace(&self, documents: &mut [Document]) {
        let Some(namespace) = self.document.value.get("namespace").and_then(Value::as_str) else { return };
        for document in documents {
            let kind = Kind::of(document.text("apiVersion"), document.text("kind"));
            let at = self.at(document, &["namespace"]);
            if kind == Some(Kind::Namespace) {
                document.names.push(document.metadata("name").to_owned());
                document.set(&["metadata", "name"], json!(namespace), &at);
            } else if kind.is_none_or(crate::model::Kind::namespaced) && !is_cluster_wide(document.text("kind")) {
                document.set(&["metadata", "namespace"], json!(namespace), &at);
            }
        }
    }

    /// Puts prefix and suffix to every name.
    pub(super) fn names(&self, documents: &mut [Document]) {
        let text = |name: &str| self.document.value.get(name).and_then(Value::as_str).unwrap_or_default();
        let (prefix, suffix) = (text("namePrefix"), text("nameSuffix"));
        if prefix.is_empty() && suffix.is_empty() {
            return;
        }
        let mut accounts = Vec::new();
        for document in &mut *documents {
            let name = document.metadata("name").to_owned();
            if name.is_empty() || UNTOUCHED.contains(&document.text("kind")) {
                continue;
            }
            if document.text("kind") == "ServiceAccount" {
                accounts.push(name.clone());
            }
            let at = self.at(document, &[if prefix.is_empty() { "nameSuffix" } else { "namePrefix" }]);
            document.set(&["metadata", "name"], json!(format!("{prefix}{name}{suffix}")), &at);
            document.names.push(name);
        }
        for document in documents {
            let named = pod_template(document).map(|way| [way, &["spec", "serviceAccountName"]].concat());
            let Some(path) = named else { continue };
            let pointer = format!("/{}", path.join("/"));
            if let Some(name) = document.value.pointer(&pointer).and_then(Value::as_str).filter(|name| accounts.iter().any(|a| a == name)) {
                let renamed = json!(format!("{prefix}{name}{suffix}"));
                let at = self.at(document, &["namePrefix"]);
                document.set(&path, renamed, &at);
            }
        }
    }

    /// Lays labels and annotations over every object, its pods and, where wanted, its selectors.
    pub(super) fn labels_and_annotations(&self, documents: &mut [Document]) {
        let kustomization = &self.document.value;
        let everywhere = kustomization.get("commonLabels").map(|pairs| (pairs, true, true, vec!["commonLabels"]));
        let truth = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_bool).unwrap_or(false);
        let sets = kustomization.get("labels").and_then(Value::as_array).into_iter().flatten();
        let sets = sets.filter_map(|set| Some((set.get("pairs")?, truth(set, "includeSelectors"), truth(set, "includeTemplates"), vec!["labels"])));
        for (pairs, selectors, templates, path) in everywhere.into_iter().chain(sets) {
            for document in &mut *documents {
                self.lay(document, "labels", pairs, selectors || templates, &path);
                if selectors {
                    self.select(document, pairs, &path);
                }
            }
        }
        if let Some(pairs) = kustomization.get("commonAnnotations") {
            documents.iter_mut().for_each(|document| self.lay(document, "annotations", pairs, true, &["commonAnnotations"]));
        }
    }

    fn lay(&self, document: &mut Document, field: &str, pairs: &Value, templates: bool, path: &[&str]) {
        let template = pod_template(document).filter(|way| templates && !way.is_empty());
        for (key, value) in pairs.as_object().into_iter().flatten() {
            let at = self.at(document, &[path, &[key]].concat());
            document.set(&["metadata", field, key], value.clone(), &at);
            if let Some(way) = template {
                document.set(&[way, &["metadata", field, key]].concat(), value.clone(), &at);
            }
        }
    }

    fn select(&self, document: &mut Document, pairs: &Value, path: &[&str]) {
        let selector: &[&str] = match document.text("kind") {
            "Service" if document.value.pointer("/spec/selector").is_some_and(Value::is_object) => &["spec", "selector"],
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Rollout" => &["spec", "selector", "matchLabels"],
            "NetworkPolicy" if document.value.pointer("/spec/podSelector/matchLabels").is_some() => &["spec", "podSelector", "matchLabels"],
            _ => return,
        };
        for (key, value) in pairs.as_object().into_iter().flatten() {
            let at = self.at(document, &[path, &[key]].concat());
            document.set(&[selector, &[key]].concat(), value.clone(), &at);
        }
    }

    /// Sets how many pods a workload has.
    pub(super) fn replicas(&self, documents: &mut [Document]) {
        for entry in self.document.value.get("replicas").and_then(Value::as_array).into_iter().flatten() {
            let (Some(name), Some(count)) = (entry.get("name").and_then(Value::as_str), entry.get("count")) else { continue };
            let scaled = |d: &&mut Document| WORKLOADS.contains(&d.text("kind")) && (d.metadata("name") == name || d.names.iter().any(|n| n == name));
            for document in documents.iter_mut().filter(scaled) {
                let at = self.at(document, &["replicas"]);
                document.set(&["spec", "replicas"], count.clone(), &at);
            }
        }
    }

    /// Replaces images.
    pub(super) fn images(&self, documents: &mut [Document]) {
        for entry in self.document.value.get("images").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| entry.get(name).and_then(Value::as_str);
            let Some(name) = text("name") else { continue };
            for document in &mut *documents {
                let Some(way) = pod_template(document) else { continue };
                for list in ["containers", "initContainers"] {
                    let pointer = format!("/{}", [way, &["spec", list]].concat().join("/"));
                    for container in document.value.pointer_mut(&pointer).and_then(Value::as_array_mut).into_iter().flatten() {
                        let Some(image) = container.get("image").and_then(Value::as_str) else { continue };
                        let (base, tag) = taken_apart(image);
                        if base != name {
                            continue;
                        }
                        let tag =
                            text("digest").map(|d| format!("@{d}")).or_else(|| text("newTag").map(|t| format!(":{t}"))).unwrap_or(tag.to_owned());
                        container["image"] = json!(format!("{}{tag}", text("newName").unwrap_or(name)));
                    }
                }
            }
        }
    }
}

/// `registry:5000/web:1` into `registry:5000/web` and `:1`.
fn taken_apart(image: &str) -> (&str, &str) {
    let from = image.rfind('/').map_or(0, |at| at + 1);
    let end = image[from..].find(['@', ':']).map_or(image.len(), |at| at + from);
    image.split_at(end)
}

/// The way to what the pods of an object are made of.
fn pod_template(document: &Document) -> Option<&'static [&'static str]> {
    match document.text("kind") {
        "Pod" => Some(&[]),
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
        kind if WORKLOADS.contains(&kind) => Some(&["spec", "template"]),
        _ => None,
    }
}

/// Kinds that this tool does not read and that have no namespace.
fn is_cluster_wide(kind: &str) -> bool {
    const OTHERS: [&str; 9] = [
        "CustomResourceDefinition",
        "APIService",
        "PriorityClass",
        "StorageClass",
        "PersistentVolume",
        "ClusterIssuer",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "IngressClass",
    ];
    kind.starts_with("Cluster") || OTHERS.contains(&kind)
}
