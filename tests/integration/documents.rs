//! What the documents for people say of the repository is true of it.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every path in backticks that begins with a folder of ours.
fn paths(text: &str) -> Vec<String> {
    let ours = ["src/", "tests/", "docs/", "benches/", "krew/", "completions/", ".ci/", ".github/"];
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|q| ours.iter().any(|o| q.starts_with(o)) && !q.contains(['<', '*', '{', ' '])).map(str::to_owned).collect()
}

#[test]
fn files_that_documents_name_are_there() {
    let mut missing = Vec::new();
    let mut seen = 0;
    for document in fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()) {
        if document.extension().is_none_or(|e| e != "md") || document.ends_with("rules.md") {
            continue;
        }
        for path in paths(&fs::read_to_string(&document).unwrap()) {
            seen += 1;
            if !root().join(&path).exists() {
                missing.push(format!("{}: {path}", document.display()));
            }
        }
    }
    assert!(seen > 20 && missing.is_empty(), "{seen} paths, of which these are not there: {missing:#?}");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let documents = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let all = documents.chain([root().join("README.md")]).filter(|p| p.extension().is_some_and(|e| e == "md"));
    let mut broken = Vec::new();
    for document in all {
        let text = fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if !target.is_empty() && !target.contains("://") && !document.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
