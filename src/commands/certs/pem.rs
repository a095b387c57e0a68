//! Certificates in files, be they named as arguments or with -f.

use std::path::{Path, PathBuf};

use crate::error::CliError;

/// What certificates are called.
const ENDINGS: [&str; 5] = ["pem", "crt", "cer", "cert", "der"];
/// What manifests are called.
const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];

/// The files that are named, with what they hold; those of -f only where all of them are certificates rather than manifests.
pub(super) fn named(arguments: &[PathBuf], filename: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let of_certificates = |path: &PathBuf| match path.is_dir() {
        true => files_of(path).is_ok_and(|all| all.iter().any(|f| ends(f, &ENDINGS)) && !all.iter().any(|f| ends(f, &MANIFESTS))),
        false => ends(path, &ENDINGS),
    };
    let paths = match arguments {
        [] if filename.iter().all(of_certificates) => filename,
        arguments => arguments,
    };
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(in_directory(path)?);
        } else {
            found.push((path.display().to_string(), read(path)?));
        }
    }
    Ok(found)
}

/// The certificates of a directory, in which private keys often lie beside them.
fn in_directory(directory: &Path) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let mut found = Vec::new();
    for file in files_of(directory)?.iter().filter(|file| ends(file, &ENDINGS)) {
        let text = read(file)?;
        if text.windows(BEGIN.len()).any(|part| part == BEGIN) || ends(file, &["der"]) {
            found.push((file.display().to_string(), text));
        }
    }
    match found.is_empty() {
        true => Err(CliError::usage(format!("{} holds no certificate in a file that ends in .{}", directory.display(), ENDINGS.join(", .")))),
        false => Ok(found),
    }
}

fn files_of(directory: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries = std::fs::read_dir(directory).map_err(|error| unreadable(directory, &error))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

fn ends(path: &Path, endings: &[&str]) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending.to_ascii_lowercase().as_str()))
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot read {}: {error}", path.display()))
}
