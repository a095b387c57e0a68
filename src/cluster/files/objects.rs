//! From documents to objects: which of them is an object of a kind that is read, and what the others are instead.

use std::sync::Arc;

use serde_json::Value;

use super::document::{self, Document};
use super::{FileError, Ignored, Manifests, made, settings, yaml};
use crate::cluster::secret;
use crate::model::{self, Gap, Item, Kind, ObjectRef, Origin, Str, Unfilled, placeholder};

impl Manifests {
    pub(super) fn add_text(&mut self, file: &str, text: &str, namespace: &str, named: bool) {
        let documents = yaml::documents(file, text);
        let name = Str::from(file);
        for node in documents.nodes {
            self.add_document(Document::new(&name, node), namespace, named);
        }
        self.notes.extend(documents.notes);
        for (error, ours) in documents.broken {
            self.add_broken(file, error, ours || named);
        }
    }

    pub(super) fn add_broken(&mut self, file: &str, error: FileError, counts: bool) {
        if counts {
            self.broken.push(error);
        } else if self.passed_over.last().is_none_or(|last| last != file) {
            self.passed_over.push(file.to_owned());
        }
    }

    pub(super) fn add_document(&mut self, document: Document, namespace: &str, named: bool) {
        let value = &document.value;
        if value.is_null() {
            return;
        }
        let (api_version, kind) = (document.text("apiVersion"), document.text("kind"));
        if value.get("items").is_some_and(Value::is_array) && (kind.ends_with("List") || kind.is_empty()) {
            return self.add_items(document, namespace, named);
        }
        self.inventory.made.extend(made::of(api_version, kind, value, namespace));
        if let Some(settings) = settings::of(api_version, kind, value) {
            self.inventory.mesh_configs.extend(settings.mesh_config);
            self.inventory.istiod_env.extend(settings.istiod_env);
            return self.ignore(&document, settings.what, false);
        }
        match (api_version, kind) {
            ("", "") if named || looks_applied(value) => {
                self.ignore(&document, "not a Kubernetes object: it has neither apiVersion nor kind", true);
            }
            ("", kind) if named || is_known(kind) => self.ignore(&document, format!("{kind} has no apiVersion"), true),
            (api_version, "") if !api_version.is_empty() && (named || looks_applied(value)) => {
                self.ignore(&document, format!("an object of {api_version} has no kind"), true);
            }
            ("", _) | (_, "") => {
                let file = document.file.to_string();
                if self.passed_over.last() != Some(&file) {
                    self.passed_over.push(file);
                }
            }
            (api_version, kind) => match Kind::of(api_version, kind) {
                Some(known) => {
                    if known == Kind::Rollout {
                        self.inventory.made_pods.extend(made::pods(value, namespace, true));
                    }
                    self.add_object(document, known, namespace);
                }
                None => {
                    self.inventory.made_pods.extend(made::pods(value, namespace, false));
                    let home = Some(document.metadata("namespace")).filter(|name| !name.is_empty()).unwrap_or(namespace);
                    self.inventory.foreign.insert((home.into(), kind.to_ascii_lowercase().as_str().into(), document.metadata("name").into()));
                    let misspelt = !document.group().is_empty() && is_mesh_group(document.group()) && is_near(document.group(), kind);
                    self.ignore(&document, format!("{api_version} {kind}: a kind this tool does not know"), misspelt);
                    self.ignored.last_mut().into_iter().for_each(|i| i.misspelt = misspelt);
                }
            },
        }
    }

    fn add_items(&mut self, mut list: Document, namespace: &str, named: bool) {
        let items = list.value.get_mut("items").map(Value::take);
        // Items of the list of one kind need not repeat it.
        let own =
            list.text("kind").strip_suffix("List").filter(|kind| !kind.is_empty()).map(|kind| (list.text("apiVersion").to_owned(), kind.to_owned()));
        let spans = document::spans_of(&mut list.spans, "items").map(std::mem::take).unwrap_or_default();
        let Some(Value::Array(items)) = items else { return };
        let mut spans = spans.inner.into_iter().map(|(_, s)| s);
        for mut value in items {
            if let (Some((api_version, kind)), Some(fields)) = (&own, value.as_object_mut())
                && !fields.contains_key("kind")
            {
                fields.insert("kind".to_owned(), kind.as_str().into());
                fields.entry("apiVersion").or_insert_with(|| api_version.as_str().into());
            }
            let (file, patches) = (list.file.clone(), list.patches.clone());
            self.add_document(Document { file, value, spans: spans.next().unwrap_or_default(), patches, names: Vec::new() }, namespace, named);
        }
    }

    fn add_object(&mut self, document: Document, kind: Kind, namespace: &str) {
        let line = document.spans.at.line;
        let metadata = |name: &str| document.metadata(name).to_owned();
        let api_version = document.text("apiVersion");
        let name = Some(metadata("name")).filter(|n| !n.is_empty()).unwrap_or_else(|| metadata("generateName"));
        if name.is_empty() {
            return self.ignore(&document, format!("{kind} has no metadata.name"), true);
        }
        let written = metadata("namespace");
        let namespace = match (kind.namespaced(), written.is_empty()) {
            (false, _) => Str::default(),
            (true, true) => {
                self.without_namespace += 1;
                namespace.into()
            }
            (true, false) => {
                self.with_namespace += 1;
                written.into()
            }
        };
        let api_version = if api_version == kind.api_version() { Str::default() } else { Str::from(api_version) };
        let Document { file, value, spans, patches, .. } = document;
        let unfilled = placeholder::all(&value);
        let decoded = match kind {
            Kind::Secret => secret::from_value(value),
            _ if unfilled.is_empty() => Item::from_value(kind, value),
            // A number that is still to be filled in is none yet, and no reason not to read the rest.
            _ => Item::from_value(kind, value.clone()).or_else(|_| {
                let mut value = value;
                placeholder::without(&mut value);
                Item::from_value(kind, value)
            }),
        };
        let object = ObjectRef { namespace: namespace.clone(), kind, name: name.as_str().into(), api_version: api_version.clone() };
        self.inventory.unfilled.extend(unfilled.into_iter().map(|(path, text)| {
            let at = spans.locate(&model::Path::parse(&path)).0;
            Unfilled { object: object.clone(), path, text, place: format!("{file}:{}", at.line) }
        }));
        match decoded {
            Ok(mut item) => {
                let meta = item.meta_mut();
                meta.name = name.into();
                meta.namespace = namespace;
                meta.api_version = api_version;
                meta.origin = Some(Arc::new(Origin { file, spans, patches }));
                self.inventory.push(item);
            }
            Err(error) => {
                let detail = format!("{file}:{line}: {error}").into();
                self.inventory.gaps.push(Gap::Undecodable { object, detail });
            }
        }
    }

    fn ignore(&mut self, document: &Document, what: impl Into<String>, suspicious: bool) {
        let line = document.spans.at.line;
        self.ignored.push(Ignored { file: document.file.clone(), line, what: what.into(), suspicious, misspelt: false });
    }
}

/// Whether a document without a head has the body of an object that is applied.
fn looks_applied(value: &Value) -> bool {
    let body = ["spec", "data", "rules", "webhooks"].iter().any(|name| value.get(name).is_some());
    body && value.pointer("/metadata/name").is_some_and(Value::is_string)
}

/// Whether a kind that a group does not have is a slip for one that it has. Groups had other kinds once, and will have more.
fn is_near(group: &str, kind: &str) -> bool {
    let kinds = Kind::ALL.iter().filter(|known| known.group() == group).map(|known| known.name());
    model::did_you_mean(kind, kinds).is_some()
}

/// Whether a kind of this tool has that name, whatever its group.
fn is_known(kind: &str) -> bool {
    Kind::ALL.iter().any(|known| known.name() == kind)
}

pub(super) fn is_mesh_group(group: &str) -> bool {
    ["istio.io", "linkerd.io", "gateway.networking.k8s.io"].iter().any(|g| group.ends_with(g))
}
