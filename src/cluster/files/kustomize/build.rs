//! The objects that a kustomization makes of its resources, each still knowing which line of which file its fields come from.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use super::transform::Directions;
use super::{Kustomizations, patch};
use crate::cluster::files::document::{Document, span_at};
use crate::cluster::files::{FileError, yaml};
use crate::model::Str;

/// Bases of bases of bases; a circle ends here.
const DEPTH: usize = 16;

/// What a kustomization makes, and what of it could not be followed.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub documents: Vec<Document>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// Whether something stands in it that only Kustomize itself does.
    pub needs_tool: bool,
    /// Whether it takes in something of another machine.
    pub remote: bool,
    /// Whether something that it takes in was not read.
    pub partial: bool,
    /// What that is, and why.
    pub unread: Vec<String>,
    /// What it takes in and is broken.
    pub broken: Vec<FileError>,
}

impl Built {
    /// Notes a file that a kustomization names and that is not on this machine.
    fn lacks(&mut self, resource: &str, by: &Document) {
        let remote = is_remote(resource);
        self.remote |= remote;
        self.partial = true;
        let why = if remote { "is fetched by Kustomize, and was not read" } else { "is not there" };
        self.leave_out(format!("{}: {resource} {why}", by.file));
    }

    /// Notes something that was not read.
    fn leave_out(&mut self, what: String) {
        self.notes.push(what.clone());
        self.unread.push(what);
    }

    /// The documents of a file, by the name that the user would give it. What is broken there is kept to be told.
    fn read(&mut self, path: &Path, name: &str) -> Vec<Document> {
        let text = match super::super::text_of(path, &mut std::io::empty()) {
            Ok(text) => text,
            Err(error) => {
                self.broken.push(error);
                return Vec::new();
            }
        };
        let documents = yaml::documents(name, &text);
        self.broken.extend(documents.broken.into_iter().map(|(error, _)| error));
        let name = Str::from(name);
        documents.nodes.into_iter().map(|node| Document::new(&name, node)).filter(|document| !document.value.is_null()).collect()
    }
}

/// What this reading does not do and Kustomize does.
const OF_KUSTOMIZE_ALONE: [&str; 7] = ["replacements", "vars", "transformers", "generators", "configurations", "validators", "openapi"];

pub(super) fn build(all: &Kustomizations, directory: &Path, depth: usize) -> Built {
    let mut built = Built::default();
    take_in(all, directory, depth.min(DEPTH), &mut built);
    built
}

fn take_in(all: &Kustomizations, directory: &Path, depth: usize, built: &mut Built) {
    let Some(kustomization) = all.by_directory.get(directory).filter(|_| depth > 0) else { return };
    let document = &kustomization.document;
    let list = |names: &[&str]| {
        let lists = names.iter().filter_map(|name| document.value.get(*name)?.as_array());
        lists.flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>()
    };
    built.needs_tool |= OF_KUSTOMIZE_ALONE.iter().any(|name| document.value.get(*name).is_some());
    built.remote |= list(&OF_KUSTOMIZE_ALONE).iter().chain(&list(&["crds"])).any(|path| is_remote(path));
    if document.value.get("helmCharts").is_some() {
        (built.remote, built.partial) = (true, true);
        built.leave_out(format!("{}: its Helm charts are not rendered; `kubectl kustomize --enable-helm` does", document.file));
    }
    for resource in list(&["resources", "bases"]) {
        if let Some(inner) = resolve(all, directory, &resource, document, built) {
            let mut part = build(all, &inner, depth - 1);
            built.documents.append(&mut part.documents);
            built.notes.append(&mut part.notes);
            built.needs_tool |= part.needs_tool;
            built.remote |= part.remote;
            built.partial |= part.partial;
            built.unread.append(&mut part.unread);
            built.broken.append(&mut part.broken);
        }
    }
    for component in list(&["components"]) {
        if let Some(inner) = resolve(all, directory, &component, document, built) {
            take_in(all, &inner, depth - 1, built);
        }
    }
    let directions = Directions { document };
    lay_patches(directory, document, built, &["patchesStrategicMerge", "patches"]);
    directions.namespace(&mut built.documents);
    directions.names(&mut built.documents);
    directions.labels_and_annotations(&mut built.documents);
    lay_patches(directory, document, built, &["patchesJson6902"]);
    directions.replicas(&mut built.documents);
    directions.images(&mut built.documents);
}

/// The directory that a resource names where it is a kustomization; the objects of one that is a file are taken in.
fn resolve(all: &Kustomizations, directory: &Path, resource: &str, by: &Document, built: &mut Built) -> Option<PathBuf> {
    let path = directory.join(resource);
    let Ok(real) = std::fs::canonicalize(&path) else {
        built.lacks(resource, by);
        return None;
    };
    if all.by_directory.contains_key(&real) {
        return Some(real);
    }
    if real.is_file() {
        let documents = built.read(&real, &all.shown(&real));
        built.documents.extend(documents);
    }
    None
}

/// Whether a resource lies on another machine: it has a scheme, or a host as Git hosts are written.
pub(super) fn is_remote(resource: &str) -> bool {
    let host = resource.split('/').next().unwrap_or_default();
    resource.contains("://")
        || resource.contains("?ref=")
        || resource.starts_with("git@")
        || (host.contains('.') && !host.starts_with('.') && resource.contains('/'))
}

fn lay_patches(directory: &Path, kustomization: &Document, built: &mut Built, lists: &[&str]) {
    for list in lists {
        let entries = kustomization.value.get(*list).and_then(Value::as_array).into_iter().flatten();
        for (i, entry) in entries.enumerate() {
            let inline = entry.as_str().filter(|text| text.contains('\n')).or_else(|| entry.get("patch").and_then(Value::as_str));
            let at =
                kustomization.spans.inner.iter().find(|(name, _)| &**name == *list).and_then(|(_, spans)| spans.inner.get(i)).map(|(_, spans)| spans);
            let patches = match (inline, entry.as_str().or_else(|| entry.get("path")?.as_str())) {
                (Some(text), _) => {
                    let mut patches: Vec<Document> =
                        yaml::documents(&kustomization.file, text).nodes.into_iter().map(|n| Document::new(&kustomization.file, n)).collect();
                    // The text has lines of its own; what can be pointed at is where it begins.
                    let begins = at.map(|spans| span_at(spans, &["patch"])).unwrap_or_default();
                    patches.iter_mut().for_each(|patch| all_at(&mut patch.spans, begins));
                    patches
                }
                (None, Some(path)) if !directory.join(path).exists() => {
                    built.lacks(path, kustomization);
                    Vec::new()
                }
                (None, Some(path)) => {
                    let home = Path::new(kustomization.file.as_str()).parent().unwrap_or(Path::new(""));
                    built.read(&directory.join(path), &super::tidy(&home.join(path)))
                }
                (None, None) => Vec::new(),
            };
            for patch in patches.iter().filter(|patch| !patch.value.is_null()) {
                lay(patch, entry.get("target"), kustomization, built);
            }
        }
    }
}

fn all_at(spans: &mut crate::model::Spans, at: crate::model::Span) {
    spans.at = at;
    spans.inner.iter_mut().for_each(|(_, inner)| all_at(inner, at));
}

fn lay(patch: &Document, target: Option<&Value>, kustomization: &Document, built: &mut Built) {
    let operations = patch.value.is_array();
    let mut met = false;
    let (mut kept, mut notes) = (Vec::new(), Vec::new());
    for mut document in std::mem::take(&mut built.documents) {
        let meant = match target {
            Some(target) => is_target(&document, target),
            None => !operations && is_meant(&document, patch),
        };
        met |= meant;
        let stays = !meant
            || if operations {
                if let Err(why) = patch::apply(&mut document, patch) {
                    notes.push(format!("{}: this patch does not fit {} {}: {why}", patch.file, document.text("kind"), document.metadata("name")));
                }
                true
            } else {
                patch::merge(&mut document, patch)
            };
        if stays {
            kept.push(document);
        }
    }
    built.documents = kept;
    built.notes.append(&mut notes);
    if !met && !built.remote && target.is_none() {
        built.notes.push(format!(
            "{}: {} changes nothing: no resource is its {} {}",
            kustomization.file,
            patch.file,
            patch.text("kind"),
            patch.metadata("name")
        ));
    }
}

/// Whether a patch without a target is for this object, by what it is called.
fn is_meant(document: &Document, patch: &Document) -> bool {
    let name = patch.metadata("name");
    let called = document.metadata("name") == name || document.names.iter().any(|old| old == name);
    let namespace = patch.metadata("namespace");
    called
        && document.text("kind") == patch.text("kind")
        && document.group() == patch.group()
        && (namespace.is_empty() || document.metadata("namespace").is_empty() || document.metadata("namespace") == namespace)
}

fn is_target(document: &Document, target: &Value) -> bool {
    let text = |name: &str| target.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let fits = |name: &str, is: &str| text(name).is_none_or(|pattern| Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(is)));
    let selector = |text: &str| {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.trim().trim_end_matches('=').to_owned(), value.trim().trim_start_matches('=').to_owned())).collect::<Vec<_>>()
    };
    let has = |field: &str, wanted: &str| {
        let found = document.value.get("metadata").and_then(|m| m.get(field));
        selector(wanted).iter().all(|(key, value)| found.and_then(|f| f.get(key)).and_then(Value::as_str) == Some(value))
    };
    let version = document.text("apiVersion").rsplit('/').next().unwrap_or_default();
    let names = document.names.iter().map(String::as_str).chain([document.metadata("name")]);
    fits("group", document.group())
        && fits("version", version)
        && fits("kind", document.text("kind"))
        && fits("namespace", document.metadata("namespace"))
        && names.into_iter().any(|name| fits("name", name))
        && text("labelSelector").is_none_or(|wanted| has("labels", wanted))
        && text("annotationSelector").is_none_or(|wanted| has("annotations", wanted))
}
