//! Kustomizations, as far as it takes to know which files are no objects of their own and which namespace the others get.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Bases of bases of bases; a circle ends here.
const DEPTH: usize = 16;

/// What kustomizations say of files, by their canonical paths.
#[derive(Debug, Default)]
pub(super) struct Kustomizations {
    by_directory: BTreeMap<PathBuf, Value>,
    /// Patches and what else is laid over or generated: no objects.
    parts: BTreeSet<PathBuf>,
    /// The namespaces that files get; several where several overlays use one base.
    namespaces: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Kustomizations {
    /// Reads those in the directories of `files`.
    pub(super) fn read<'a>(files: impl Iterator<Item = &'a Path>) -> Self {
        let mut all = Self::default();
        let directories: BTreeSet<PathBuf> = files.filter_map(|file| std::fs::canonicalize(file).ok()?.parent().map(Path::to_owned)).collect();
        for directory in directories {
            let text = NAMES.iter().find_map(|name| std::fs::read_to_string(directory.join(name)).ok());
            if let Some(value) = text.and_then(|text| serde_saphyr::from_str::<Value>(&text).ok()) {
                all.by_directory.insert(directory, value);
            }
        }
        let used: BTreeSet<PathBuf> = all.by_directory.iter().flat_map(|(at, k)| resources(at, k)).collect();
        for (directory, kustomization) in &all.by_directory {
            all.parts.extend(parts(directory, kustomization));
        }
        // Bases count through those that use them.
        let roots: Vec<PathBuf> = all.by_directory.keys().filter(|directory| !used.contains(*directory)).cloned().collect();
        for root in roots {
            all.assign(&root, None, DEPTH);
        }
        all
    }

    fn assign(&mut self, directory: &Path, outer: Option<&str>, depth: usize) {
        let Some(kustomization) = self.by_directory.get(directory).filter(|_| depth > 0) else { return };
        let own = kustomization.get("namespace").and_then(Value::as_str);
        let namespace = outer.or(own).map(str::to_owned);
        for resource in resources(directory, kustomization) {
            if self.by_directory.contains_key(&resource) {
                self.assign(&resource, namespace.as_deref(), depth - 1);
            } else if let Some(namespace) = &namespace {
                self.namespaces.entry(resource).or_default().insert(namespace.clone());
            }
        }
    }

    /// Whether a file is a kustomization or a part of one, and no object to be applied by itself.
    pub(super) fn passes_over(&self, file: &Path) -> bool {
        let Ok(file) = std::fs::canonicalize(file) else { return false };
        let named = file.file_name().and_then(|name| name.to_str()).is_some_and(|name| NAMES.contains(&name));
        self.parts.contains(&file) || (named && file.parent().is_some_and(|directory| self.by_directory.contains_key(directory)))
    }

    /// The namespace that a file's objects get, where it is one.
    pub(super) fn namespace(&self, file: &Path) -> Option<&str> {
        let namespaces = self.namespaces.get(&std::fs::canonicalize(file).ok()?)?;
        let mut all = namespaces.iter();
        let (first, second) = (all.next(), all.next());
        first.filter(|_| second.is_none()).map(String::as_str)
    }

    /// Whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.by_directory.is_empty()
    }
}

/// Files and directories that a kustomization takes in.
fn resources(directory: &Path, kustomization: &Value) -> Vec<PathBuf> {
    let lists = ["resources", "bases", "components"].into_iter().filter_map(|name| kustomization.get(name)?.as_array());
    lists.flatten().filter_map(Value::as_str).filter_map(|path| std::fs::canonicalize(directory.join(path)).ok()).collect()
}

/// Files that a kustomization lays over others or makes something of.
fn parts(directory: &Path, kustomization: &Value) -> Vec<PathBuf> {
    let lists = ["patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers", "generators", "configurations", "crds"];
    let listed = lists.into_iter().filter_map(|name| kustomization.get(name)?.as_array()).flatten();
    let named = listed.filter_map(|item| item.as_str().or_else(|| item.get("path")?.as_str())).map(str::to_owned);
    let generators = ["configMapGenerator", "secretGenerator"].into_iter().filter_map(|name| kustomization.get(name)?.as_array()).flatten();
    let files = generators.filter_map(|g| g.get("files")?.as_array()).flatten().filter_map(Value::as_str);
    let files = files.map(|file| file.split_once('=').map_or(file, |(_, path)| path).to_owned());
    // A patch may also stand in the list itself.
    let on_one_line = |path: &String| !path.contains('\n');
    named.chain(files).filter(on_one_line).filter_map(|path| std::fs::canonicalize(directory.join(path)).ok()).filter(|p| p.is_file()).collect()
}
