//! Files that a test compares a cluster with and nobody applies: what the steps of a Chainsaw test assert, or want not to be there.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::yaml;

/// What a test of Chainsaw's is called.
const TESTS: [&str; 2] = ["chainsaw-test.yaml", "chainsaw-test.yml"];

/// Those that the tests among these files name.
pub(super) fn of<'a>(files: impl Iterator<Item = &'a Path>) -> HashSet<PathBuf> {
    let tests = files.filter(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(|name| TESTS.contains(&name)));
    tests.flat_map(named).collect()
}

/// The files that the steps of one test compare with, in its own directory.
fn named(test: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(test).unwrap_or_default();
    let documents = yaml::documents(&test.display().to_string(), &text).nodes.into_iter().map(|node| node.split().0);
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let steps = documents.flat_map(|document| document.get("spec").map(|spec| list(spec, "steps")).unwrap_or_default());
    let operations = steps.flat_map(|step| list(&step, "try"));
    let compared = |operation: Value| {
        let files =
            ["assert", "error"].into_iter().filter_map(|what| operation.get(what)?.get("file")?.as_str().map(|file| test.with_file_name(file)));
        files.collect::<Vec<_>>()
    };
    operations.flat_map(compared).collect()
}
