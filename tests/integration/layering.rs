//! Who may know whom: the arrows of the architecture, read off the source.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer (a module of the crate) and what it may use besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("index", &["model"]),
    ("mesh", &["model", "index"]),
    ("report", &["model"]),
    ("world", &["model", "index", "mesh"]),
    ("checks", &["model", "index", "mesh", "world", "report"]),
    ("plan", &["model", "index", "mesh", "world"]),
    ("views", &["model", "index", "mesh", "world", "plan"]),
    ("output", &["model", "report", "world", "checks", "plan", "views"]),
    ("cluster", &["model"]),
    ("error", &["cluster"]),
];

/// Crates that only the outer layers may touch.
const OUTER: &[(&str, &[&str])] = &[
    ("kube", &["cluster", "commands", "main", "bin"]),
    ("tokio", &["cluster", "commands", "main", "bin"]),
    ("clap", &["cli", "commands", "main", "bin", "output"]),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The layer a file belongs to: its first path component below `src`, without `.rs`.
fn layer(root: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(root).unwrap();
    relative.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The code of a file: comments and the test module (which may build a world to test with) are left out.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every module named after `crate::`, in paths and in braces directly behind it.
fn used_layers(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).map(str::to_owned).collect(),
            None => vec![rest.to_owned()],
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            used.push(name[..end].to_owned());
        }
    }
    used
}

#[test]
fn layers_use_only_what_lies_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let own = layer(&root, file);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else { continue };
        for used in used_layers(&code(file)) {
            let known = LAYERS.iter().any(|(name, _)| *name == used) || ["cli", "commands"].contains(&used.as_str());
            if known && used != own && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {own} may not use {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn waiting_and_the_command_line_stop_at_the_outside() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let (own, code) = (layer(&root, file), code(file));
        for (name, allowed) in OUTER {
            let used = [format!("{name}::"), format!("use {name};")].iter().any(|mention| {
                code.match_indices(mention.as_str()).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
            });
            if used && !allowed.contains(&own.as_str()) {
                wrong.push(format!("{}: {own} may not use {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_layers_reads() {
    assert_eq!(used_layers("use crate::model::{A, B}; crate::world::World; use crate::{index, report::X};"), ["model", "world", "index", "report"]);
}
