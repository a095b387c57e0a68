//! Manifests: files, directories and standard input, with the place of every field.

mod find;
mod made;
mod settings;
mod snippet;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use super::secret;
use crate::model::{Coverage, Gap, Inventory, Item, Kind, ObjectRef, Origin, Spans, Str};
use yaml::Node;

/// Why manifests could not be read. Each names the file and, where there is one, the place.
#[derive(Debug, Error)]
pub enum FileError {
    /// A file or directory that cannot be opened.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// Which.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not YAML or JSON.
    #[error("{file}:{line}:{column}: {detail}")]
    Syntax {
        /// File.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong, and what may help.
        detail: String,
        /// The offending lines, drawn for a terminal.
        snippet: String,
    },
    /// Not text at all.
    #[error("{file}: not a text file (byte {at} is not UTF-8): manifests are YAML or JSON")]
    Binary {
        /// File.
        file: String,
        /// Offset of the first offending byte.
        at: usize,
    },
    /// Nothing to look at.
    #[error("{detail}")]
    Empty {
        /// Where was looked, and for what.
        detail: String,
    },
}

/// A document that is no object of a cluster this tool knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// File.
    pub file: Str,
    /// Line its document begins at.
    pub line: u32,
    /// What it is instead.
    pub what: String,
    /// Whether it is probably a mistake (no apiVersion or kind) and not just a kind of no interest here.
    pub suspicious: bool,
    /// Whether it was meant for a mesh, by its group, and names a kind that group does not have.
    pub misspelt: bool,
}

/// What manifests hold.
#[derive(Debug, Default)]
pub struct Manifests {
    /// The objects.
    pub inventory: Inventory,
    /// Documents that were passed over.
    pub ignored: Vec<Ignored>,
    /// Files that were read.
    pub files: Vec<PathBuf>,
}

/// Reads every manifest that `paths` name: files, directories (`.yaml`, `.yml`, `.json`; below them too when `recursive`), `-` for `stdin`.
///
/// Objects without a namespace get `namespace`, as `kubectl apply` would do.
pub fn read(paths: &[PathBuf], recursive: bool, namespace: &str, stdin: &mut dyn Read) -> Result<Manifests, FileError> {
    let mut manifests = Manifests::default();
    let found = find::manifests(paths, recursive)?;
    for path in found {
        let name = path.display().to_string();
        let bytes = if path == Path::new("-") {
            let mut bytes = Vec::new();
            stdin.read_to_end(&mut bytes).map_err(|source| FileError::Unreadable { file: "standard input".into(), source })?;
            bytes
        } else {
            std::fs::read(&path).map_err(|source| FileError::Unreadable { file: name.clone(), source })?
        };
        let text = String::from_utf8(bytes).map_err(|e| FileError::Binary { file: name.clone(), at: e.utf8_error().valid_up_to() })?;
        manifests.add_text(&name, &text, namespace)?;
        manifests.files.push(path);
    }
    manifests.finish();
    Ok(manifests)
}

/// Reads one text as if it were a file called `name`.
pub fn parse(name: &str, text: &str, namespace: &str) -> Result<Manifests, FileError> {
    let mut manifests = Manifests::default();
    manifests.add_text(name, text, namespace)?;
    manifests.finish();
    Ok(manifests)
}

impl Manifests {
    fn add_text(&mut self, file: &str, text: &str, namespace: &str) -> Result<(), FileError> {
        for document in yaml::documents(file, text)? {
            self.add_document(&Str::from(file), document, namespace);
        }
        Ok(())
    }

    fn add_document(&mut self, file: &Str, document: Node, namespace: &str) {
        let line = document.line();
        let (value, spans) = document.split();
        if value.is_null() {
            return;
        }
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        if value.get("items").is_some_and(Value::is_array) && (kind.ends_with("List") || kind.is_empty()) {
            return self.add_items(file, value, spans, namespace);
        }
        self.inventory.made.extend(made::of(&api_version, &kind, &value, namespace));
        if let Some(settings) = settings::of(&api_version, &kind, &value) {
            self.inventory.mesh_configs.push(settings.mesh_config);
            return self.ignore(file, line, settings.what, false);
        }
        match (api_version.as_str(), kind.as_str()) {
            ("", "") => self.ignore(file, line, "not a Kubernetes object: it has neither apiVersion nor kind", true),
            ("", kind) => self.ignore(file, line, format!("{kind} has no apiVersion"), true),
            (api_version, "") => self.ignore(file, line, format!("an object of {api_version} has no kind"), true),
            (api_version, kind) => match Kind::of(api_version, kind) {
                Some(known) => {
                    if known == Kind::Rollout {
                        self.inventory.made_pods.extend(made::pods(&value, namespace, true));
                    }
                    self.add_object(file, line, known, api_version, value, spans, namespace);
                }
                None => {
                    self.inventory.made_pods.extend(made::pods(&value, namespace, false));
                    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
                    let misspelt = !group.is_empty() && Kind::knows_group(group) && is_mesh_group(group);
                    self.ignore(file, line, format!("{api_version} {kind}: a kind this tool does not know"), misspelt);
                    self.ignored.last_mut().into_iter().for_each(|i| i.misspelt = misspelt);
                }
            },
        }
    }

    fn add_items(&mut self, file: &Str, mut list: Value, spans: Spans, namespace: &str) {
        let items = list.get_mut("items").map(Value::take);
        let item_spans = spans.inner.into_iter().find(|(name, _)| &**name == "items").map(|(_, s)| s.inner).unwrap_or_default();
        let Some(Value::Array(items)) = items else { return };
        let mut item_spans = item_spans.into_iter().map(|(_, s)| s);
        for item in items {
            let spans = item_spans.next().unwrap_or_default();
            self.add_document(file, Node::joined(item, spans), namespace);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one document's parts; a struct would be taken apart at once")]
    fn add_object(&mut self, file: &Str, line: u32, kind: Kind, api_version: &str, value: Value, spans: Spans, namespace: &str) {
        let metadata = |name: &str| value.get("metadata").and_then(|m| m.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = Some(metadata("name")).filter(|n| !n.is_empty()).unwrap_or_else(|| metadata("generateName"));
        if name.is_empty() {
            return self.ignore(file, line, format!("{kind} has no metadata.name"), true);
        }
        let written = metadata("namespace");
        let namespace = match (kind.namespaced(), written.is_empty()) {
            (false, _) => Str::default(),
            (true, true) => namespace.into(),
            (true, false) => written.into(),
        };
        let api_version = if api_version == kind.api_version() { Str::default() } else { api_version.into() };
        let decoded = if kind == Kind::Secret { secret::from_value(value) } else { Item::from_value(kind, value) };
        match decoded {
            Ok(mut item) => {
                let meta = item.meta_mut();
                meta.name = name.into();
                meta.namespace = namespace;
                meta.api_version = api_version;
                meta.origin = Some(Arc::new(Origin { file: file.clone(), spans }));
                self.inventory.push(item);
            }
            Err(error) => {
                let object = ObjectRef { namespace, kind, name: name.into(), api_version };
                let detail = format!("{file}:{line}: {error}").into();
                self.inventory.gaps.push(Gap::Undecodable { object, detail });
            }
        }
    }

    fn ignore(&mut self, file: &Str, line: u32, what: impl Into<String>, suspicious: bool) {
        self.ignored.push(Ignored { file: file.clone(), line, what: what.into(), suspicious, misspelt: false });
    }

    /// Of objects given twice the last counts, as it would after `kubectl apply`; every kind is then marked as seen or absent.
    fn finish(&mut self) {
        let inventory = &mut self.inventory;
        keep_last(&mut inventory.pods, |o| (Kind::Pod, &o.metadata));
        keep_last(&mut inventory.services, |o| (Kind::Service, &o.metadata));
        keep_last(&mut inventory.namespaces, |o| (Kind::Namespace, &o.metadata));
        keep_last(&mut inventory.nodes, |o| (Kind::Node, &o.metadata));
        keep_last(&mut inventory.controllers, |o| (o.kind, &o.metadata));
        keep_last(&mut inventory.objects, |o| (o.kind, &o.meta));
        let mut seen: BTreeSet<Kind> = inventory.objects.iter().map(|o| o.kind).collect();
        seen.extend(inventory.controllers.iter().map(|c| c.kind));
        let typed = [
            (Kind::Pod, inventory.pods.is_empty()),
            (Kind::Service, inventory.services.is_empty()),
            (Kind::Namespace, inventory.namespaces.is_empty()),
            (Kind::Node, inventory.nodes.is_empty()),
        ];
        seen.extend(typed.iter().filter(|(_, empty)| !empty).map(|(kind, _)| *kind));
        let coverage = |kind: &Kind| (*kind, if seen.contains(kind) { Coverage::Complete } else { Coverage::Absent });
        inventory.coverage = Kind::ALL.iter().map(coverage).collect::<BTreeMap<_, _>>();
    }
}

fn keep_last<T>(objects: &mut Vec<T>, identity: impl Fn(&T) -> (Kind, &crate::model::Meta)) {
    let mut seen = BTreeSet::new();
    let mut keep: Vec<bool> = objects
        .iter()
        .rev()
        .map(|o| {
            let (kind, meta) = identity(o);
            seen.insert((kind, meta.namespace.clone(), meta.name.clone()))
        })
        .collect();
    keep.reverse();
    let mut keep = keep.into_iter();
    objects.retain(|_| keep.next().unwrap_or(true));
}

fn is_mesh_group(group: &str) -> bool {
    ["istio.io", "linkerd.io", "gateway.networking.k8s.io"].iter().any(|g| group.ends_with(g))
}
