//! Manifests: files, directories and standard input, with the place of every field.

pub mod edit;
mod find;
mod gitignore;
mod kustomize;
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
use crate::model::{self, Coverage, Gap, Inventory, Item, Kind, ObjectRef, Origin, Spans, Str, Unfilled, placeholder};
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

impl FileError {
    /// The file, as far as there is one.
    pub fn file(&self) -> &str {
        match self {
            Self::Unreadable { file, .. } | Self::Syntax { file, .. } | Self::Binary { file, .. } => file,
            Self::Empty { .. } => "",
        }
    }

    /// The line, 1 where none is known.
    pub fn line(&self) -> u32 {
        match self {
            Self::Syntax { line, .. } => u32::try_from(*line).unwrap_or(u32::MAX),
            _ => 1,
        }
    }
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
    /// Objects of this tool's kinds that cannot be read.
    pub broken: Vec<FileError>,
    /// Files in directories that are no manifests at all: templates, workflows, values.
    pub passed_over: Vec<String>,
    /// Helm charts, whose templates were not looked into.
    pub charts: Vec<PathBuf>,
    /// Whether kustomizations lay patches over the files, of which only the namespace was put in.
    pub kustomized: bool,
    /// What was read, and is a mistake all the same.
    pub notes: Vec<String>,
    /// Namespaced objects that name no namespace, where others name one.
    pub without_namespace: usize,
    /// The namespace that a kustomization gives to the objects of the file that is being read.
    forced: Option<Str>,
    with_namespace: usize,
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Files, directories, `-`.
    pub paths: &'a [PathBuf],
    /// Whether to look below directories.
    pub recursive: bool,
    /// Globs of what to leave out below directories.
    pub excludes: &'a [String],
    /// The namespace of objects that name none.
    pub namespace: &'a str,
}

/// Reads every manifest that a search names: files, directories (`.yaml`, `.yml`, `.json`; below them too when `recursive`), `-` for `stdin`.
///
/// Objects without a namespace get `namespace`, as `kubectl apply` would do. A file that cannot be read does not keep the others from being read;
/// it is an error where nothing else was found, or a name on the command line leads nowhere.
pub fn read(search: Search<'_>, stdin: &mut dyn Read) -> Result<Manifests, FileError> {
    let mut manifests = Manifests::default();
    let found = find::manifests(search.paths, search.recursive, search.excludes)?;
    let kustomizations = kustomize::Kustomizations::read(found.files.iter().map(|f| f.path.as_path()));
    manifests.charts = found.charts.into_iter().collect();
    manifests.kustomized = !kustomizations.is_empty();
    for file in found.files {
        let name = file.path.display().to_string();
        if !file.named && kustomizations.passes_over(&file.path) {
            continue;
        }
        manifests.forced = kustomizations.namespace(&file.path).map(Str::from);
        match text_of(&file.path, stdin) {
            Ok(text) => manifests.add_text(&name, &text, search.namespace, file.named),
            Err(error) => manifests.add_broken(&name, error, file.named),
        }
        manifests.files.push(file.path);
    }
    manifests.forced = None;
    if manifests.inventory.is_empty() && !manifests.broken.is_empty() {
        return Err(manifests.broken.swap_remove(0));
    }
    manifests.finish();
    Ok(manifests)
}

/// The texts of every manifest that a search names, as they stand.
pub fn texts(search: Search<'_>, stdin: &mut dyn Read) -> Result<Vec<(PathBuf, String)>, FileError> {
    let found = find::manifests(search.paths, search.recursive, search.excludes)?;
    found.files.into_iter().map(|file| Ok((file.path.clone(), text_of(&file.path, stdin)?))).collect()
}

fn text_of(path: &Path, stdin: &mut dyn Read) -> Result<String, FileError> {
    let name = path.display().to_string();
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        stdin.read_to_end(&mut bytes).map_err(|source| FileError::Unreadable { file: "standard input".into(), source })?;
        bytes
    } else {
        std::fs::read(path).map_err(|source| FileError::Unreadable { file: name.clone(), source })?
    };
    String::from_utf8(bytes).map_err(|e| FileError::Binary { file: name, at: e.utf8_error().valid_up_to() })
}

/// Reads one text as if it were a file called `name`.
pub fn parse(name: &str, text: &str, namespace: &str) -> Result<Manifests, FileError> {
    let mut manifests = Manifests::default();
    manifests.add_text(name, text, namespace, true);
    if !manifests.broken.is_empty() {
        return Err(manifests.broken.swap_remove(0));
    }
    manifests.finish();
    Ok(manifests)
}

impl Manifests {
    fn add_text(&mut self, file: &str, text: &str, namespace: &str, named: bool) {
        let documents = yaml::documents(file, text);
        for document in documents.nodes {
            self.add_document(&Str::from(file), document, namespace);
        }
        self.notes.extend(documents.notes);
        for (error, ours) in documents.broken {
            self.add_broken(file, error, ours || named);
        }
    }

    fn add_broken(&mut self, file: &str, error: FileError, counts: bool) {
        if counts {
            self.broken.push(error);
        } else if self.passed_over.last().is_none_or(|last| last != file) {
            self.passed_over.push(file.to_owned());
        }
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
        let namespace = match (kind.namespaced(), &self.forced, written.is_empty()) {
            (false, ..) => Str::default(),
            (true, Some(forced), _) => forced.clone(),
            (true, None, true) => {
                self.without_namespace += 1;
                namespace.into()
            }
            (true, None, false) => {
                self.with_namespace += 1;
                written.into()
            }
        };
        let api_version = if api_version == kind.api_version() { Str::default() } else { Str::from(api_version) };
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
                meta.origin = Some(Arc::new(Origin { file: file.clone(), spans }));
                self.inventory.push(item);
            }
            Err(error) => {
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
        if self.with_namespace == 0 {
            self.without_namespace = 0;
        }
        let (inventory, twice) = (&mut self.inventory, &mut self.notes);
        keep_last(&mut inventory.pods, |o| (Kind::Pod, &o.metadata), twice);
        keep_last(&mut inventory.services, |o| (Kind::Service, &o.metadata), twice);
        keep_last(&mut inventory.namespaces, |o| (Kind::Namespace, &o.metadata), twice);
        keep_last(&mut inventory.nodes, |o| (Kind::Node, &o.metadata), twice);
        keep_last(&mut inventory.controllers, |o| (o.kind, &o.metadata), twice);
        keep_last(&mut inventory.objects, |o| (o.kind, &o.meta), twice);
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

/// Of objects given twice the last stays; both places are told.
fn keep_last<T>(objects: &mut Vec<T>, identity: impl Fn(&T) -> (Kind, &crate::model::Meta), notes: &mut Vec<String>) {
    let place = |meta: &crate::model::Meta| meta.origin.as_ref().map_or_else(String::new, |o| format!("{}:{}", o.file, o.spans.at.line));
    let mut last: BTreeMap<(Kind, Str, Str), String> = BTreeMap::new();
    let mut keep: Vec<bool> = Vec::with_capacity(objects.len());
    for object in objects.iter().rev() {
        let (kind, meta) = identity(object);
        let key = (kind, meta.namespace.clone(), meta.name.clone());
        match last.get(&key) {
            Some(later) => {
                let namespace = if meta.namespace.is_empty() { String::new() } else { format!("{}/", meta.namespace) };
                notes.push(format!("{kind} {namespace}{} is given twice, at {} and at {later}: the last counts", meta.name, place(meta)));
                keep.push(false);
            }
            None => {
                last.insert(key, place(meta));
                keep.push(true);
            }
        }
    }
    keep.reverse();
    let mut keep = keep.into_iter();
    objects.retain(|_| keep.next().unwrap_or(true));
}

fn is_mesh_group(group: &str) -> bool {
    ["istio.io", "linkerd.io", "gateway.networking.k8s.io"].iter().any(|g| group.ends_with(g))
}
