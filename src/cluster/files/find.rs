//! Which files the user meant.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::FileError;

/// Every manifest among `paths`, in the order given; a directory's files sorted by name. Each file comes once.
pub(super) fn manifests(paths: &[PathBuf], recursive: bool) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path == Path::new("-") {
            found.push(path.clone());
            continue;
        }
        let meta = std::fs::metadata(path).map_err(|source| FileError::Unreadable { file: path.display().to_string(), source })?;
        let files = if meta.is_dir() { in_directory(path, recursive)? } else { vec![path.clone()] };
        for file in files {
            let identity = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            if seen.insert(identity) {
                found.push(file);
            }
        }
    }
    Ok(found)
}

fn in_directory(directory: &Path, recursive: bool) -> Result<Vec<PathBuf>, FileError> {
    let depth = if recursive { usize::MAX } else { 1 };
    let mut found = Vec::new();
    let mut below = false;
    let root = std::fs::canonicalize(directory).map_err(|source| FileError::Unreadable { file: directory.display().to_string(), source })?;
    // Links are followed, as kubectl does; walkdir reports a loop as an error, and a loop holds no file that is not found otherwise.
    for entry in WalkDir::new(directory).max_depth(depth).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let file = error.path().unwrap_or(directory).display().to_string();
                return Err(FileError::Unreadable { file, source: error.into() });
            }
        };
        below |= entry.depth() > 0 && entry.file_type().is_dir();
        if !entry.file_type().is_file() || !is_manifest(entry.path()) {
            continue;
        }
        // A link that leads out of the folder could show, in an error, what is not the folder's to show.
        if linked(&entry, directory) && !std::fs::canonicalize(entry.path()).is_ok_and(|target| target.starts_with(&root)) {
            let detail = format!("{}: a link out of {}, which is not followed: name its target with -f", entry.path().display(), directory.display());
            return Err(FileError::Empty { detail });
        }
        found.push(entry.into_path());
    }
    if found.is_empty() {
        let more = if below && !recursive { "; it has directories: add -R to look into them" } else { "" };
        return Err(FileError::Empty { detail: format!("{}: no .yaml, .yml or .json file in it{more}", directory.display()) });
    }
    Ok(found)
}

/// Whether the file itself or a directory on the way to it is a link.
fn linked(entry: &DirEntry, directory: &Path) -> bool {
    entry.path().ancestors().take_while(|path| *path != directory).any(Path::is_symlink)
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}
