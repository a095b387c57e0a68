//! Manifests: files, directories and standard input, with the place of every field.

mod compared;
mod document;
pub mod edit;
mod error;
mod find;
mod gitignore;
mod helm;
mod kustomize;
mod made;
mod objects;
mod settings;
mod snippet;
mod tool;
mod twice;
mod worlds;
mod yaml;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use error::FileError;

use crate::model::{Inventory, Str};
use kustomize::Rendered;
use twice::finish;
pub use worlds::Alternatives;
use worlds::Unit;

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
    /// Where files hold the same objects differently, the choices between them; empty where there is none.
    pub alternatives: Alternatives,
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
    /// How many of these stand in files before the one that is read.
    without_namespace_before: usize,
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
    /// Whether the one path is the directory of a kustomization, to be built; nothing else in it counts.
    pub build: bool,
}

/// Reads every manifest that a search names: files, directories (`.yaml`, `.yml`, `.json`; below them too when `recursive`), `-` for `stdin`.
/// A directory with a kustomization stands for what that makes.
///
/// Objects without a namespace get `namespace`, as `kubectl apply` would do. A file that cannot be read does not keep the others from being read;
/// it is an error where nothing else was found, or a name on the command line leads nowhere.
pub fn read(search: Search<'_>, stdin: &mut dyn Read) -> Result<Manifests, FileError> {
    let mut manifests = Manifests::default();
    let mut units: Vec<Unit> = Vec::new();
    if search.build {
        for directory in search.paths {
            let rendered = kustomize::build(directory)?;
            manifests.add_rendered(rendered, &mut units, 0, search.namespace);
        }
        return manifests.whole(units, search.namespace);
    }
    let found = find::manifests(search.paths, search.recursive, search.excludes)?;
    let kustomizations = kustomize::Kustomizations::read(found.files.iter().filter(|f| !f.named).map(|f| f.path.as_path()));
    let compared = compared::of(found.files.iter().filter(|f| !f.named).map(|f| f.path.as_path()));
    let root_of = |path: &Path| search.paths.iter().position(|root| path.starts_with(root)).unwrap_or_default();
    for file in found.files {
        if !file.named && kustomizations.passes_over(&file.path) {
            continue;
        }
        if !file.named && compared.contains(&file.path) {
            manifests.passed_over.push(file.path.display().to_string());
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
        let root = root_of(&rendered.directory);
        manifests.add_rendered(rendered, &mut units, root, search.namespace);
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
    let of_values = manifests.passed_over.iter().filter(|file| is_values(file)).map(Path::new);
    let helm = of_values.chain(manifests.charts.iter().map(|(chart, _)| chart.as_path())).filter_map(Path::parent);
    let helm: BTreeSet<Str> = helm.map(|directory| Str::from(directory.display().to_string().as_str())).collect();
    units.iter_mut().for_each(|unit| unit.inventory.helm_directories.clone_from(&helm));
    manifests.whole(units, search.namespace)
}

/// The texts of every manifest that a search names, as they stand; of a kustomization that is to be built, what it makes.
pub fn texts(search: Search<'_>, stdin: &mut dyn Read) -> Result<Vec<(PathBuf, String)>, FileError> {
    if search.build {
        let text = |directory: &PathBuf| {
            let documents = kustomize::build(directory)?.documents;
            let written = documents.iter().map(|document| serde_saphyr::to_string(&document.value)).collect::<Result<Vec<_>, _>>();
            let text = written.map_err(|error| kustomize::unbuildable(directory, error.to_string(), false))?.join("---\n");
            Ok((directory.clone(), text))
        };
        return search.paths.iter().map(text).collect();
    }
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
        let named = self.without_namespace == self.without_namespace_before;
        self.without_namespace_before = self.without_namespace;
        units.push(Unit { root, path, inventory, named });
    }

    /// Adds what a kustomization makes, as a unit.
    fn add_rendered(&mut self, rendered: Rendered, units: &mut Vec<Unit>, root: usize, namespace: &str) {
        self.notes.extend(rendered.notes);
        self.broken.extend(rendered.broken);
        self.inventory.made.extend(rendered.made);
        if rendered.partial {
            let namespaces = rendered.documents.iter().map(|document| document.metadata("namespace")).filter(|name| !name.is_empty());
            self.inventory.partial.extend(namespaces.chain([namespace]).map(Str::from));
        }
        for document in rendered.documents {
            self.add_document(document, namespace, false);
        }
        self.close(units, root, rendered.directory);
    }

    /// Everything that was read. Where that is nothing but one broken file, its error; several are told one by one.
    fn whole(mut self, units: Vec<Unit>, namespace: &str) -> Result<Self, FileError> {
        if self.broken.len() == 1 && units.iter().all(|unit| unit.inventory.is_empty()) {
            return Err(self.broken.swap_remove(0));
        }
        self.put_together(units, namespace);
        Ok(self)
    }

    fn put_together(&mut self, mut units: Vec<Unit>, namespace: &str) {
        if self.without_namespace > 0 && self.with_namespace > 0 {
            units.iter_mut().for_each(|unit| unit.inventory.assumed_namespace = Some(namespace.into()));
        }
        self.alternatives = Alternatives::of(&units);
        for unit in units {
            self.inventory.append(unit.inventory);
        }
        let twice = finish(&mut self.inventory);
        if self.alternatives.is_empty() {
            self.notes.extend(twice);
        } else {
            // What changes the meaning of all others comes first.
            self.notes.insert(0, self.alternatives.note());
        }
        self.count_namespaces();
    }

    fn count_namespaces(&mut self) {
        if self.with_namespace == 0 {
            self.without_namespace = 0;
        }
    }
}

/// Whether a file holds values for a Helm chart, by its name.
fn is_values(file: &str) -> bool {
    let name = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    name.starts_with("values") || name.ends_with("values")
}
