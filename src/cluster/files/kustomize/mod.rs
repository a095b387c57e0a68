//! Kustomizations: which files are parts of one, and what objects each of them makes.
//!
//! What a kustomization says is done here, so that every field of what it makes still has its file and line. What only Kustomize itself does
//! (replacements, generators of others) is left to `kubectl kustomize`, where it is installed and nothing has to be fetched; the places stay ours.

mod build;
mod patch;
mod transform;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::document::Document;
use super::{FileError, tool, yaml};
use crate::model::{Kind, Str};

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// How long the tool is asked about kustomizations in one run; most take a tenth of a second.
const LONGEST_ASKED: Duration = Duration::from_secs(20);

/// A kustomization.
#[derive(Debug)]
struct Kustomization {
    document: Document,
}

/// What one kustomization makes, and which none uses.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// Its directory, as the user would write it.
    pub directory: PathBuf,
    /// The objects.
    pub documents: Vec<Document>,
    /// What could not be followed.
    pub notes: Vec<String>,
    /// ConfigMaps and Secrets that it generates, and objects by the names they had before a prefix.
    pub made: Vec<(Kind, Str, Str)>,
    /// Whether a part of it could not be read.
    pub partial: bool,
    /// What it takes in and cannot be read.
    pub broken: Vec<FileError>,
    /// Why it is not what Kustomize would make.
    unbuilt: Vec<String>,
    /// Whether Kustomize itself may do better.
    beyond: bool,
}

/// What the kustomization in a directory makes; an error where there is none, or it cannot be built as Kustomize would.
pub(super) fn build(directory: &Path) -> Result<Rendered, FileError> {
    if build::is_remote(&directory.to_string_lossy()) && !directory.exists() {
        return Err(unbuildable(directory, "it is on another machine, and nothing is fetched from there".to_owned(), true));
    }
    let unreadable = |source| FileError::Unreadable { file: directory.display().to_string(), source };
    let real = std::fs::canonicalize(directory).map_err(unreadable)?;
    if !real.is_dir() {
        return Err(unbuildable(directory, "it is no directory: -k names the one that a kustomization is in, -f a file".to_owned(), false));
    }
    let files: Vec<PathBuf> = NAMES.iter().map(|name| directory.join(name)).filter(|file| file.is_file()).collect();
    let file = match files.as_slice() {
        [file] => file,
        [] => return Err(unbuildable(directory, format!("none of {} is in it", NAMES.join(", ")), false)),
        _ => return Err(unbuildable(directory, format!("{} are in it, and one is meant", files.len()), false)),
    };
    let text = std::fs::read_to_string(file).map_err(|source| FileError::Unreadable { file: file.display().to_string(), source })?;
    if let Some((error, _)) = yaml::documents(&file.display().to_string(), &text).broken.into_iter().next() {
        return Err(error);
    }
    let all = Kustomizations::read(std::iter::once(file.as_path()));
    if !all.by_directory.contains_key(&real) {
        return Err(unbuildable(directory, format!("{} is no kustomization of Kustomize", file.display()), false));
    }
    let rendered = all.render_one(&real, &mut Duration::default());
    if rendered.unbuilt.is_empty() { Ok(rendered) } else { Err(unbuildable(directory, rendered.unbuilt.join("; "), rendered.beyond)) }
}

pub(super) fn unbuildable(directory: &Path, detail: String, beyond: bool) -> FileError {
    FileError::Unbuildable { directory: directory.display().to_string(), detail, beyond }
}

/// What kustomizations say of files, by their canonical paths.
#[derive(Debug, Default)]
pub(super) struct Kustomizations {
    by_directory: BTreeMap<PathBuf, Kustomization>,
    /// Resources, patches and what else is taken in: judged as what is made of them.
    parts: BTreeSet<PathBuf>,
    /// How the user writes a directory.
    written: BTreeMap<PathBuf, PathBuf>,
}

impl Kustomizations {
    /// Reads those in the directories of `files`, and those that they use.
    pub(super) fn read<'a>(files: impl Iterator<Item = &'a Path>) -> Self {
        let mut all = Self::default();
        let mut directories: Vec<(PathBuf, PathBuf)> = Vec::new();
        for file in files {
            let Some(parent) = file.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }) else { continue };
            if let Ok(real) = std::fs::canonicalize(parent)
                && all.written.insert(real.clone(), parent.to_owned()).is_none()
            {
                directories.push((real, parent.to_owned()));
            }
        }
        while let Some((real, written)) = directories.pop() {
            if all.by_directory.contains_key(&real) {
                continue;
            }
            let Some(kustomization) = kustomization(&real, &written) else { continue };
            for resource in resources(&real, &kustomization.document.value).into_iter().filter(|path| path.is_dir()) {
                let way = all.written.get(&resource).cloned().unwrap_or_else(|| all.shown(&resource).into());
                directories.push((resource, way));
            }
            all.parts.extend(parts(&real, &kustomization.document.value));
            all.by_directory.insert(real, kustomization);
        }
        all
    }

    /// Whether a file is a kustomization or a part of one, and no object to be applied by itself.
    pub(super) fn passes_over(&self, file: &Path) -> bool {
        let Ok(file) = std::fs::canonicalize(file) else { return false };
        let named = file.file_name().and_then(|name| name.to_str()).is_some_and(|name| NAMES.contains(&name));
        self.parts.contains(&file) || (named && file.parent().is_some_and(|directory| self.by_directory.contains_key(directory)))
    }

    /// Whether a file lies beside a kustomization that does not list it: nothing is made of it.
    pub(super) fn leaves_out(&self, file: &Path) -> bool {
        let real = std::fs::canonicalize(file).ok();
        let beside = real.as_ref().and_then(|file| self.by_directory.get(file.parent()?));
        beside.is_some_and(|kustomization| has_resources(&kustomization.document.value))
    }

    /// What every kustomization makes that no other uses: bases count through those that use them.
    pub(super) fn render(&self) -> Vec<Rendered> {
        let used: BTreeSet<PathBuf> = self.by_directory.iter().flat_map(|(at, k)| resources(at, &k.document.value)).collect();
        let mut asked = Duration::default();
        // A component is a part of others, and where nothing uses it none of these is among the files.
        let by_itself = |(directory, kustomization): &(&PathBuf, &Kustomization)| {
            !used.contains(*directory) && kustomization.document.text("kind") != "Component"
        };
        self.by_directory.iter().filter(by_itself).map(|(directory, _)| self.render_one(directory, &mut asked)).collect()
    }

    /// What one of them makes. `asked` is how long the tool was asked so far.
    fn render_one(&self, directory: &Path, asked: &mut Duration) -> Rendered {
        let directory_as_written = self.written.get(directory).cloned().unwrap_or_else(|| directory.to_owned());
        let mut built = build::build(self, directory, usize::MAX);
        let mut rendered = Rendered { directory: directory_as_written, partial: built.partial, beyond: built.remote, ..Rendered::default() };
        rendered.unbuilt.append(&mut built.unread);
        let Some(Kustomization { document: kustomization }) = self.by_directory.get(directory) else { return rendered };
        if built.needs_tool && (built.remote || !built.partial && *asked < LONGEST_ASKED) {
            rendered.beyond = true;
            let begun = Instant::now();
            let documents = if built.remote { Err("it would fetch".to_owned()) } else { by_tool(directory) };
            match documents {
                Ok(documents) => lay_over(&mut built.documents, documents, kustomization),
                Err(why) => {
                    let why = format!("{}: some of it takes `kubectl kustomize`: {why}", kustomization.file);
                    built.notes.push(format!("{why}: read without it"));
                    rendered.unbuilt.push(why);
                }
            }
            *asked += begun.elapsed();
        }
        rendered.made = made(&kustomization.value, &built.documents);
        // What refers to them is not always renamed along with them.
        rendered.made.extend(built.documents.iter().flat_map(|document| {
            let kind = Kind::of(document.text("apiVersion"), document.text("kind"));
            let old = document.names.iter().map(move |name| (kind, document.metadata("namespace"), name));
            old.filter_map(|(kind, namespace, name)| Some((kind?, Str::from(namespace), Str::from(name.as_str()))))
        }));
        (rendered.documents, rendered.notes, rendered.broken) = (built.documents, built.notes, built.broken);
        rendered
    }

    /// A path as the user would write it: below the directory that he named.
    fn shown(&self, path: &Path) -> String {
        let home = path.ancestors().skip(1).find_map(|up| Some((up, self.written.get(up)?)));
        if let Some((up, written)) = home {
            return tidy(&written.join(path.strip_prefix(up).unwrap_or(path)));
        }
        // Beside it: up from the nearest directory that is known.
        let near = self.written.iter().find_map(|(real, written)| {
            let common = real.ancestors().find(|up| path.starts_with(up) && up.parent().is_some())?;
            let ups = real.strip_prefix(common).ok()?.components().map(|_| "..").collect::<PathBuf>();
            Some(tidy(&written.join(ups).join(path.strip_prefix(common).ok()?)))
        });
        near.unwrap_or_else(|| path.display().to_string())
    }
}

/// `a/b/../c` as `a/c`.
fn tidy(path: &Path) -> String {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean.display().to_string()
}

fn kustomization(real: &Path, written: &Path) -> Option<Kustomization> {
    let (name, text) = NAMES.iter().find_map(|name| Some((name, std::fs::read_to_string(real.join(name)).ok()?)))?;
    let file = Str::from(tidy(&written.join(name)).as_str());
    let node = yaml::documents(&file, &text).nodes.into_iter().next()?;
    let document = Document::new(&file, node);
    // Flux has an object of the same name.
    let ours = document.value.is_object() && matches!(document.group(), "" | "kustomize.config.k8s.io");
    ours.then_some(Kustomization { document })
}

/// What `kubectl kustomize` makes of a directory.
fn by_tool(directory: &Path) -> Result<Vec<Value>, String> {
    let mut command = Command::new("kubectl");
    command.arg("kustomize").arg(directory);
    let text = tool::run(command)?;
    Ok(yaml::documents("kubectl kustomize", &text).nodes.into_iter().map(|node| node.split().0).collect())
}

/// Lays what the tool made over what was read here, which has the places.
fn lay_over(ours: &mut Vec<Document>, made: Vec<Value>, kustomization: &Document) {
    let identity =
        |value: &Value| ["/apiVersion", "/kind", "/metadata/namespace", "/metadata/name"].map(|at| value.pointer(at).cloned().unwrap_or_default());
    let mut before = std::mem::take(ours);
    for value in made.into_iter().filter(|value| !value.is_null()) {
        let same = before.iter().position(|document| identity(&document.value) == identity(&value));
        ours.push(match same {
            Some(at) => Document { value, ..before.swap_remove(at) },
            None => Document { value, ..kustomization.clone() },
        });
    }
}

/// ConfigMaps and Secrets that are generated; what refers to them is renamed along with them.
fn made(kustomization: &Value, documents: &[Document]) -> Vec<(Kind, Str, Str)> {
    let namespaces: BTreeSet<&str> = documents.iter().map(|document| document.metadata("namespace")).chain([""]).collect();
    let of = |list: &str, kind: Kind| {
        let entries = kustomization.get(list).and_then(Value::as_array).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.get("name")?.as_str());
        names.flat_map(|name| namespaces.iter().map(move |ns| (kind, Str::from(*ns), Str::from(name)))).collect::<Vec<_>>()
    };
    [of("configMapGenerator", Kind::ConfigMap), of("secretGenerator", Kind::Secret)].concat()
}

fn has_resources(kustomization: &Value) -> bool {
    ["resources", "bases", "components"].iter().any(|name| kustomization.get(*name).is_some())
}

/// Files and directories that a kustomization takes in.
fn resources(directory: &Path, kustomization: &Value) -> Vec<PathBuf> {
    let lists = ["resources", "bases", "components"].into_iter().filter_map(|name| kustomization.get(name)?.as_array());
    lists.flatten().filter_map(Value::as_str).filter_map(|path| std::fs::canonicalize(directory.join(path)).ok()).collect()
}

/// Files that a kustomization takes in, lays over others or makes something of.
fn parts(directory: &Path, kustomization: &Value) -> Vec<PathBuf> {
    let lists = [
        "resources",
        "components",
        "bases",
        "patches",
        "patchesStrategicMerge",
        "patchesJson6902",
        "replacements",
        "transformers",
        "generators",
        "configurations",
        "crds",
    ];
    let listed = lists.into_iter().filter_map(|name| kustomization.get(name)?.as_array()).flatten();
    let named = listed.filter_map(|item| item.as_str().or_else(|| item.get("path")?.as_str())).map(str::to_owned);
    let generators = ["configMapGenerator", "secretGenerator"].into_iter().filter_map(|name| kustomization.get(name)?.as_array()).flatten();
    let files = generators.filter_map(|g| g.get("files")?.as_array()).flatten().filter_map(Value::as_str);
    let files = files.map(|file| file.split_once('=').map_or(file, |(_, path)| path).to_owned());
    // A patch may also stand in the list itself.
    let on_one_line = |path: &String| !path.contains('\n');
    named.chain(files).filter(on_one_line).filter_map(|path| std::fs::canonicalize(directory.join(path)).ok()).filter(|p| p.is_file()).collect()
}
