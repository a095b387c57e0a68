//! Sound applications give no finding that an expert would reject, and findings do not depend on the order of files.

use std::fs;
use std::path::{Path, PathBuf};

use kubectl_mesh::checks::{self, Selection};
use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::report::{Finding, Severity};
use kubectl_mesh::world::{SourceInfo, SourceKind, World};
use proptest::prelude::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn findings(documents: &[String]) -> Vec<Finding> {
    let manifests = files::parse("all.yaml", &documents.join("\n---\n"), "default").unwrap();
    let source = SourceInfo { kind: SourceKind::Files, name: "all.yaml".into() };
    let world = World::new(Index::new(manifests.inventory), source, "2026-11-20T12:00:00Z".parse().unwrap());
    checks::run(&world, &Selection { all_rules: true, ..Selection::default() }).findings
}

/// Findings about a file, or about a folder with all that lies in it.
fn default_findings(path: &Path) -> Vec<Finding> {
    let paths = [path.to_owned()];
    let search = files::Search { paths: &paths, recursive: true, excludes: &[], namespace: "default", build: false };
    let manifests = files::read(search, &mut std::io::empty()).unwrap();
    assert!(manifests.notes.is_empty() && manifests.alternatives.is_empty(), "{}: {:?}", path.display(), manifests.notes);
    let source = SourceInfo { kind: SourceKind::Files, name: "app".into() };
    let world = World::new(Index::new(manifests.inventory), source, "2026-11-20T12:00:00Z".parse().unwrap());
    checks::run(&world, &Selection::default()).findings
}

#[test]
fn healthy_applications_raise_no_alarm() {
    let mut alarms = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(folder("healthy")).unwrap() {
        let path = entry.unwrap().path();
        seen += 1;
        for f in default_findings(&path).iter().filter(|f| f.severity > Severity::Info) {
            alarms.push(format!("{}: {} {} {} {:?}: {}", path.display(), f.severity, f.rule, f.object, f.path, f.message));
        }
    }
    assert!(seen >= 9 && alarms.is_empty(), "{}", alarms.join("\n"));
}

/// Documents of fixtures that fire, one from each rule: a world in which many rules have something to say.
fn faulty_documents() -> Vec<String> {
    let mut rules: Vec<PathBuf> = fs::read_dir(folder("checks")).unwrap().map(|e| e.unwrap().path()).collect();
    rules.sort();
    let firing = |rule: &PathBuf| {
        let mut cases: Vec<PathBuf> = fs::read_dir(rule).unwrap().map(|e| e.unwrap().path()).collect();
        cases.sort();
        cases.into_iter().find(|p| p.file_name().unwrap().to_str().unwrap().starts_with("fires-") && p.extension().unwrap() == "yaml")
    };
    let texts = rules.iter().step_by(3).filter_map(firing).map(|p| fs::read_to_string(p).unwrap());
    let documents: Vec<String> = texts.flat_map(|t| t.split("\n---\n").map(str::to_owned).collect::<Vec<_>>()).collect();
    // Of objects given twice the last counts, so only the first of each name may stay for the order not to matter.
    let mut names = std::collections::BTreeSet::new();
    let name = |text: &str| {
        let inventory = files::parse("x", text, "default").ok()?.inventory;
        inventory.metas().next().map(|(kind, meta)| (kind, meta.namespace.clone(), meta.name.clone()))
    };
    documents.into_iter().filter(|d| name(d).is_some_and(|n| names.insert(n))).collect()
}

/// What a finding says, without where in the joined text its object happens to stand.
fn told(findings: &[Finding]) -> Vec<String> {
    let mut told: Vec<String> = findings
        .iter()
        .map(|f| format!("{} {} {} {:?} {} {:?} {:?}", f.severity, f.rule, f.object, f.path, f.message, f.aliases, f.related))
        .collect();
    told.sort();
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn findings_do_not_depend_on_the_order_of_documents(seed in any::<u64>()) {
        let documents = faulty_documents();
        let before = told(&findings(&documents));
        prop_assert!(before.len() > 50, "the faulty world is not faulty: {}", before.len());
        let mut shuffled = documents.clone();
        let mut state = seed | 1;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(i, (state >> 33) as usize % (i + 1));
        }
        let after = told(&findings(&shuffled));
        let differing: Vec<_> = before.iter().filter(|t| !after.contains(t)).chain(after.iter().filter(|t| !before.contains(t))).take(6).collect();
        prop_assert!(before == after, "{differing:#?}");
    }
}
