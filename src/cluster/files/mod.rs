//! Manifests: files, directories and standard input, with the place of every field.

mod document;
pub mod edit;
mod find;
mod gitignore;
mod helm;
mod kustomize;
mod made;
mod settings;
mod snippet;
mod tool;
mod worlds;
mod yaml;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use super::secret;
use crate::model::{self, Coverage, Gap, Inventory, Item, Kind, ObjectRef, Origin, Str, Unfilled, placeholder};
use document::Document;
use worlds::Unit;

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
    /// The objects; of those given several times the last, as `kubectl apply` leaves it.
    pub inventory: Inventory,
    /// Where files hold the same objects differently, each choice between them as it would be applied; empty where there is none.
    pub alternatives: Vec<Inventory>,
    /// All alternatives beside each other, for what any of them brings.
    pub union: Inventory,
    /// Documents that were passed over.
    pub ignored: Vec<Ignored>,
    /// Files that were read.
    pub files: Vec<PathBuf>,
    /// Objects of this tool's kinds that cannot be read.
    pub broken: Vec<FileError>,
    /// Files in directories that are no manifests at all: templates, workflows, values.
    pub passed_over: Vec<String>,
    /// Helm charts whose templates were not rendered, each with the reason.
    pub charts: Vec<(PathBuf, String)>,
    /// What was read, and is a mistake all the same.
    pub notes: Vec<String>,
    /// Files beside a kustomization that does not list them.
    pub unlisted: Vec<String>,
    /// Namespaced objects that name no namespace, where others name one.
    pub without_namespace: usize,
    with_namespace: usize,
}

/// Why charts are not rendered on most machines.
pub const NO_HELM: &str = tool::NOT_INSTALLED;

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
/// A directory with a kustomization stands for what that makes.
///
/// Objects without a namespace get `namespace`, as `kubectl apply` would do. A file that cannot be read does not keep the others from being read;
/// it is an error where nothing else was found, or a name on the command line leads nowhere.
pub fn read(search: Search<'_>, stdin: &mut dyn Read) -> Result<Manifests, FileError> {
    let mut manifests = Manifests::default();
    let found = find::manifests(search.paths, search.recursive, search.excludes)?;
    let kustomizations = kustomize::Kustomizations::read(found.files.iter().filter(|f| !f.named).map(|f| f.path.as_path()));
    let root_of = |path: &Path| search.paths.iter().position(|root| path.starts_with(root)).unwrap_or_default();
    let mut units: Vec<Unit> = Vec::new();
    for file in found.files {
        if !file.named && kustomizations.passes_over(&file.path) {
            continue;
        }
        if !file.named && kustomizations.leaves_out(&file.path) {
            manifests.unlisted.push(file.path.display().to_string());
            continue;
        }
        let name = file.path.display().to_string();
        match text_of(&file.path, stdin) {
            Ok(text) => manifests.add_text(&name, &text, search.namespace, file.named),
            Err(error) => manifests.add_broken(&name, error, file.named),
        }
        manifests.close(&mut units, root_of(&file.path), file.path.clone());
        manifests.files.push(file.path);
    }
    for rendered in kustomizations.render() {
        manifests.notes.extend(rendered.notes);
        manifests.inventory.made.extend(rendered.made);
        if rendered.partial {
            let namespaces = rendered.documents.iter().map(|document| document.metadata("namespace")).filter(|name| !name.is_empty());
            manifests.inventory.partial.extend(namespaces.chain([search.namespace]).map(Str::from));
        }
        for document in rendered.documents {
            manifests.add_document(document, search.namespace, false);
        }
        manifests.close(&mut units, root_of(&rendered.directory), rendered.directory);
    }
    // A chart that lies in another is rendered with it.
    let inner = |chart: &Path| found.charts.iter().any(|outer| outer != chart && chart.starts_with(outer));
    for chart in found.charts.iter().filter(|chart| !inner(chart)).cloned() {
        match helm::render(&chart, search.namespace) {
            Ok(documents) => {
                documents.into_iter().for_each(|document| manifests.add_document(document, search.namespace, false));
                manifests.close(&mut units, root_of(&chart), chart);
            }
            Err(why) => manifests.charts.push((chart, why)),
        }
    }
    let nothing = units.iter().all(|unit| unit.inventory.is_empty());
    if nothing && !manifests.broken.is_empty() {
        return Err(manifests.broken.swap_remove(0));
    }
    let of_values = manifests.passed_over.iter().filter(|file| is_values(file)).map(Path::new);
    let helm = of_values.chain(manifests.charts.iter().map(|(chart, _)| chart.as_path())).filter_map(Path::parent);
    let helm: BTreeSet<Str> = helm.map(|directory| Str::from(directory.display().to_string().as_str())).collect();
    units.iter_mut().for_each(|unit| unit.inventory.helm_directories.clone_from(&helm));
    manifests.put_together(units, search.namespace);
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
    manifests.notes.extend(finish(&mut manifests.inventory));
    manifests.count_namespaces();
    Ok(manifests)
}

impl Manifests {
    /// Ends a file or a kustomization: what was read since the one before it is a unit.
    fn close(&mut self, units: &mut Vec<Unit>, root: usize, path: PathBuf) {
        let inventory = std::mem::take(&mut self.inventory);
        units.push(Unit { root, path, inventory });
    }

    fn put_together(&mut self, mut units: Vec<Unit>, namespace: &str) {
        if self.without_namespace > 0 && self.with_namespace > 0 {
            units.iter_mut().for_each(|unit| unit.inventory.assumed_namespace = Some(namespace.into()));
        }
        let forks = worlds::forks(&units);
        if !forks.is_empty() {
            let worlds = forks.worlds(&units);
            self.alternatives = worlds.iter().map(|world| worlds::inventory(&units, world)).collect();
            self.alternatives.iter_mut().for_each(|inventory| drop(finish(inventory)));
            let count = self.alternatives.len();
            self.notes.push(format!(
                "files hold the same objects differently, and each choice was judged by itself ({count}): {}",
                forks.places().join(", ")
            ));
        }
        for unit in units {
            self.inventory.append(unit.inventory);
        }
        if !forks.is_empty() {
            self.union = self.inventory.clone();
            self.union.coverage = coverage(&self.union);
        }
        let twice = finish(&mut self.inventory);
        if forks.is_empty() {
            self.notes.extend(twice);
        }
        self.count_namespaces();
    }

    fn count_namespaces(&mut self) {
        if self.with_namespace == 0 {
            self.without_namespace = 0;
        }
    }

    fn add_text(&mut self, file: &str, text: &str, namespace: &str, named: bool) {
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

    fn add_broken(&mut self, file: &str, error: FileError, counts: bool) {
        if counts {
            self.broken.push(error);
        } else if self.passed_over.last().is_none_or(|last| last != file) {
            self.passed_over.push(file.to_owned());
        }
    }

    fn add_document(&mut self, document: Document, namespace: &str, named: bool) {
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
            self.inventory.mesh_configs.push(settings.mesh_config);
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
        let spans = document::spans_of(&mut list.spans, "items").map(std::mem::take).unwrap_or_default();
        let Some(Value::Array(items)) = items else { return };
        let mut spans = spans.inner.into_iter().map(|(_, s)| s);
        for value in items {
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

/// Whether a file holds values for a Helm chart, by its name.
fn is_values(file: &str) -> bool {
    let name = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    name.starts_with("values") || name.ends_with("values")
}

/// Whether a kind of this tool has that name, whatever its group.
fn is_known(kind: &str) -> bool {
    Kind::ALL.iter().any(|known| known.name() == kind)
}

/// Of objects given twice the last counts, as it would after `kubectl apply`; every kind is then marked as seen or absent. What was given twice is
/// returned.
fn finish(inventory: &mut Inventory) -> Vec<String> {
    let twice = keep_last(inventory);
    inventory.coverage = coverage(inventory);
    twice
}

/// Every kind is seen or absent.
fn coverage(inventory: &Inventory) -> BTreeMap<Kind, Coverage> {
    let seen: BTreeSet<Kind> = inventory.metas().map(|(kind, _)| kind).collect();
    Kind::ALL.iter().map(|kind| (*kind, if seen.contains(kind) { Coverage::Complete } else { Coverage::Absent })).collect()
}

/// Of objects given twice the last stays; both places are told.
fn keep_last(inventory: &mut Inventory) -> Vec<String> {
    let place = |meta: &model::Meta| meta.origin.as_ref().map_or_else(String::new, |o| format!("{}:{}", o.file, o.spans.at.line));
    let mut notes = Vec::new();
    let mut last: BTreeMap<(Kind, &str, &str), &model::Meta> = BTreeMap::new();
    let metas: Vec<_> = inventory.metas().collect();
    let mut keep: Vec<bool> = Vec::with_capacity(metas.len());
    for (kind, meta) in metas.into_iter().rev() {
        match last.entry((kind, &meta.namespace, &meta.name)) {
            Entry::Occupied(later) => {
                let namespace = if meta.namespace.is_empty() { String::new() } else { format!("{}/", meta.namespace) };
                let later = place(later.get());
                notes.push(format!("{kind} {namespace}{} is given twice, at {} and at {later}: the last counts", meta.name, place(meta)));
                keep.push(false);
            }
            Entry::Vacant(free) => {
                free.insert(meta);
                keep.push(true);
            }
        }
    }
    keep.reverse();
    let mut keep = keep.into_iter();
    inventory.retain(|_| keep.next().unwrap_or(true));
    notes
}

fn is_mesh_group(group: &str) -> bool {
    ["istio.io", "linkerd.io", "gateway.networking.k8s.io"].iter().any(|g| group.ends_with(g))
}
