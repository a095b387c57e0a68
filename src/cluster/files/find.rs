//! Which files the user meant.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::FileError;
use super::gitignore::Ignores;

/// A file to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub path: PathBuf,
    /// Whether the user named it, and not only a directory that holds it.
    pub named: bool,
}

/// The files, and the Helm charts whose templates were not looked into.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub files: Vec<Found>,
    pub charts: BTreeSet<PathBuf>,
}

/// Every manifest among `paths`, in the order given; a directory's files sorted by name. Each file comes once.
pub(super) fn manifests(paths: &[PathBuf], recursive: bool, excludes: &[String]) -> Result<Search, FileError> {
    let mut search = Search::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path == Path::new("-") {
            search.files.push(Found { path: path.clone(), named: true });
            continue;
        }
        let meta = std::fs::metadata(path).map_err(|source| FileError::Unreadable { file: path.display().to_string(), source })?;
        let is_directory = meta.is_dir();
        let files = if is_directory { in_directory(path, recursive, excludes, &mut search.charts)? } else { vec![path.clone()] };
        for file in files {
            let identity = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            if seen.insert(identity) {
                search.files.push(Found { path: file, named: !is_directory });
            }
        }
    }
    Ok(search)
}

fn in_directory(root: &Path, recursive: bool, excludes: &[String], charts: &mut BTreeSet<PathBuf>) -> Result<Vec<PathBuf>, FileError> {
    let depth = if recursive { usize::MAX } else { 1 };
    let mut ignores = Ignores::new(excludes);
    let real = std::fs::canonicalize(root).map_err(|source| FileError::Unreadable { file: root.display().to_string(), source })?;
    let (mut found, mut below, mut left_out) = (Vec::new(), false, 0);
    // Links are followed, as kubectl does; walkdir reports a loop as an error, and a loop holds no file that is not found otherwise.
    let walk = WalkDir::new(root).max_depth(depth).follow_links(true).sort_by_file_name().into_iter();
    let walk = walk.filter_entry(|entry| {
        let (path, is_directory) = (entry.path(), entry.file_type().is_dir());
        if entry.depth() == 0 {
            return true;
        }
        below |= is_directory;
        if is_directory && entry.file_name() == ".git" {
            return false;
        }
        if ignores.excludes(root, path, is_directory) || ignores.git_ignores(root, path, is_directory) {
            left_out += 1;
            return false;
        }
        match chart_of(path, is_directory) {
            Some(chart) => {
                charts.insert(chart);
                false
            }
            None => true,
        }
    });
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let file = error.path().unwrap_or(root).display().to_string();
                return Err(FileError::Unreadable { file, source: error.into() });
            }
        };
        if !entry.file_type().is_file() || !is_manifest(entry.path()) {
            continue;
        }
        // A link that leads out of the folder could show, in an error, what is not the folder's to show.
        if linked(&entry, root) && !std::fs::canonicalize(entry.path()).is_ok_and(|target| target.starts_with(&real)) {
            let detail = format!("{}: a link out of {}, which is not followed: name its target with -f", entry.path().display(), root.display());
            return Err(FileError::Empty { detail });
        }
        found.push(entry.into_path());
    }
    if found.is_empty() && charts.is_empty() {
        let more = if below && !recursive { "; it has directories: add -R to look into them" } else { "" };
        let less = if left_out > 0 { "; --exclude and .gitignore leave out what it holds" } else { "" };
        return Err(FileError::Empty { detail: format!("{}: no .yaml, .yml or .json file in it{more}{less}", root.display()) });
    }
    Ok(found)
}

/// The Helm chart that a path belongs to, where it is no manifest before Helm renders it: the templates, the values, the chart's own description.
fn chart_of(path: &Path, is_directory: bool) -> Option<PathBuf> {
    let (directory, name) = (path.parent()?, path.file_name()?.to_str()?);
    let of_chart = if is_directory { name == "templates" } else { name == "Chart.yaml" || name.starts_with("values") };
    (of_chart && directory.join("Chart.yaml").is_file()).then(|| directory.to_owned())
}

/// Whether the file itself or a directory on the way to it is a link.
fn linked(entry: &DirEntry, directory: &Path) -> bool {
    entry.path().ancestors().take_while(|path| *path != directory).any(Path::is_symlink)
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}
