//! Rules do not undo each other: whoever follows a hint, or lets `--fix` do it, gets rid of the finding and of nothing else gets one.
//!
//! `tests/hints/<rule>/<fixture>.yaml` is what the hint of that rule says, as merge patches of the objects of the rule's fixture
//! `tests/checks/<rule>/<fixture>.yaml`; an object that the fixture does not hold is added.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kubectl_mesh::checks::{self, Selection};
use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::report::{CheckReport, Finding, Severity};
use kubectl_mesh::world::{SourceInfo, SourceKind, World};
use serde_json::Value;

use crate::fixtures::{cases, now, stem};
use crate::mesh::{mesh, said};

/// What a finding is about, however it words it.
type Fact = (&'static str, String);

fn check(text: &str) -> CheckReport {
    let inventory = files::parse("all.yaml", text, "default").unwrap().inventory;
    let source = SourceInfo { kind: SourceKind::Files, name: "all.yaml".into() };
    checks::run(&World::new(Index::new(inventory), source, now()), &Selection::default())
}

fn facts(report: &CheckReport, least: Severity) -> BTreeSet<Fact> {
    report.findings.iter().filter(|f| f.severity >= least).map(|f| (f.rule, f.object.to_string())).collect()
}

/// Fixtures that are plain manifests.
fn manifests(rule: &str) -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| (fs::read_to_string(&path).unwrap(), path);
    let plain = |text: &str| !text.contains("kind: Asked") && !text.contains("# cluster: ");
    cases(rule).into_iter().map(read).filter(|(text, _)| plain(text)).map(|(text, path)| (path, text)).collect()
}

#[test]
fn what_is_fixed_raises_no_other_finding() {
    let mut tried = BTreeSet::new();
    for rule in checks::all() {
        for (path, text) in manifests(rule.id).into_iter().filter(|(path, _)| stem(path).starts_with("fires-")) {
            let before = check(&text);
            let fixed: Vec<&Finding> = before.findings.iter().filter(|f| f.fix.is_some()).collect();
            if fixed.is_empty() {
                continue;
            }
            tried.extend(fixed.iter().map(|f| f.rule));
            let home = tempfile::tempdir().unwrap();
            let file = home.path().join("all.yaml");
            fs::write(&file, &text).unwrap();
            let (_, out, err) = said(&mesh(home.path()).args(["check", "-f", "all.yaml", "--fix", "--write"]).output().unwrap());
            // What a slip hid may come to light as a note.
            let after = facts(&check(&fs::read_to_string(&file).unwrap()), Severity::Warning);
            let new: Vec<_> = after.difference(&facts(&before, Severity::Info)).cloned().collect();
            assert!(new.is_empty(), "{}: {new:?}\n{out}{err}", path.display());
        }
    }
    assert!(tried.len() > 3, "rules whose fix was tried: {tried:?}");
}

#[test]
fn a_followed_hint_settles_its_finding_and_raises_no_other() {
    let mut followed = 0;
    for rule in checks::all() {
        for (path, text) in manifests(rule.id) {
            let Ok(hint) = fs::read_to_string(hints().join(rule.id).join(path.file_name().unwrap())) else { continue };
            followed += 1;
            let before = check(&text);
            let report = check(&patched(&text, &hint));
            let left: Vec<&Finding> = report.findings.iter().filter(|f| f.rule == rule.id && f.severity > Severity::Info).collect();
            assert!(left.is_empty(), "{}: its own finding is still there: {left:#?}", path.display());
            let after = facts(&report, Severity::Warning);
            let new: Vec<_> = after.difference(&facts(&before, Severity::Info)).cloned().collect();
            assert!(new.is_empty(), "{}: {new:?}", path.display());
        }
    }
    let written = fs::read_dir(hints()).unwrap().flat_map(|rule| fs::read_dir(rule.unwrap().path()).unwrap()).count();
    assert_eq!(followed, written, "a hint without its fixture");
}

fn hints() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hints")
}

/// The documents of a fixture with those of a hint merged into them.
fn patched(text: &str, hint: &str) -> String {
    let mut objects = documents(text);
    for patch in documents(hint) {
        match objects.iter_mut().find(|object| identity(object) == identity(&patch)) {
            Some(object) => merge(object, patch),
            None => objects.push(patch),
        }
    }
    objects.iter().map(|object| serde_json::to_string(object).unwrap()).collect::<Vec<_>>().join("\n---\n")
}

fn documents(text: &str) -> Vec<Value> {
    text.split("\n---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect()
}

fn identity(object: &Value) -> [String; 4] {
    ["/apiVersion", "/kind", "/metadata/namespace", "/metadata/name"].map(|at| object.pointer(at).map(Value::to_string).unwrap_or_default())
}

/// A merge patch: maps are merged, null removes, anything else replaces.
fn merge(onto: &mut Value, patch: Value) {
    let (Value::Object(onto), Value::Object(patch)) = (&mut *onto, &patch) else {
        *onto = patch;
        return;
    };
    for (key, value) in patch {
        if value.is_null() {
            onto.remove(key);
        } else {
            merge(onto.entry(key.clone()).or_insert(Value::Null), value.clone());
        }
    }
}
