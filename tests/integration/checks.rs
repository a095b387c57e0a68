//! Every rule against its fixtures: `tests/checks/<rule>/{fires,silent}-<case>.yaml`, the expected findings beside each.

mod mangled;
mod overlaps;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kubectl_mesh::checks::{self, Runs, Selection};
use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::mesh::install::{Install, Target};
use kubectl_mesh::model::{Answer, Coverage, Gap, Kind, MeshId, Review, ServerFacts};
use kubectl_mesh::report::{CheckReport, MeshTag};
use kubectl_mesh::world::{SourceInfo, SourceKind, World};
use serde::Deserialize;

const HEADINGS: [&str; 3] = ["# What it checks", "# Why it matters", "# How to fix it"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}

/// A fixed clock, so that certificates and ages in fixtures stay what they were.
fn now() -> jiff::Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// What a fixture holds: the cluster to check, and after each line `# cluster: NAME` another one to compare it with.
fn world(file: &Path) -> World {
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    let parse = |text: &str| files::parse(name, text, "default").unwrap_or_else(|e| panic!("{}: {e}", file.display())).inventory;
    let open = |kind, called: &str, inventory| World::new(Index::new(inventory), SourceInfo { kind, name: called.into() }, now());
    let Some(asked) = asked(&text) else {
        let mut parts = text.split("\n# cluster: ");
        let mut world = open(SourceKind::Files, name, parse(parts.next().unwrap()));
        let others = parts.filter_map(|part| part.split_once('\n'));
        world.remotes = others.map(|(called, text)| open(SourceKind::Files, called, parse(text))).collect();
        return world;
    };
    let mut inventory = parse(&text);
    inventory.coverage = Kind::ALL.iter().filter(|k| !asked.hidden.contains(&k.resource())).map(|k| (*k, Coverage::Complete)).collect();
    let mut server = asked.server;
    let (meshes, known) = (asked.meshes, server.reviews.len());
    let targets: Vec<Target> = [MeshId::Istio, MeshId::Linkerd]
        .into_iter()
        .filter(|m| meshes.is_empty() || meshes.contains(&m.name().to_owned()))
        .map(Target::usual)
        .collect();
    let install = Install { targets, from_version: asked.from_version };
    for access in install.rights() {
        if server.reviews[..known].iter().all(|r| r.access != access) {
            server.reviews.push(Review { access, allowed: Answer::Yes });
        }
    }
    inventory.server = Some(server);
    let mut world = open(SourceKind::Cluster, name, inventory);
    world.install = install;
    world
}

/// What a fixture says beside its objects: that this is a cluster into which a mesh is to be installed, and how its API server answers.
/// Rights that it does not mention are there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    server: ServerFacts,
    #[serde(default)]
    meshes: Vec<String>,
    #[serde(default)]
    from_version: Option<(u32, u32)>,
    #[serde(default)]
    hidden: Vec<String>,
}

fn asked(text: &str) -> Option<Asked> {
    // Always the first document.
    let (first, _) = text.split_once("\n---\n").unwrap_or((text, ""));
    first.contains("\nkind: Asked\n").then(|| serde_json::from_value(serde_saphyr::from_str(first).unwrap()).unwrap())
}

fn render(report: &CheckReport) -> String {
    let mut text = String::new();
    for f in &report.findings {
        let at = f.location.as_ref().map_or(String::new(), |l| format!(" @{}:{}", l.span.line, l.span.column));
        text +=
            &format!("{} {} {}{at} {:?}\n  {}\n  fix: {}\n", f.severity, f.object, f.path.as_deref().unwrap_or("-"), f.aliases, f.message, f.hint);
        for related in &f.related {
            text += &format!("  see: {}: {}\n", related.object, related.text);
        }
    }
    for skipped in &report.skipped {
        text += &format!("cannot tell: {}\n", skipped.because);
    }
    if text.is_empty() { "nothing\n".into() } else { text }
}

#[test]
fn every_rule_fires_and_stays_silent_as_its_fixtures_say() {
    let mut failures = Vec::new();
    for check in checks::all() {
        let dir = folder().join(check.id);
        let mut cases: Vec<PathBuf> = fs::read_dir(&dir).map(|d| d.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
        cases.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
        cases.sort();
        let stem = |p: &PathBuf| p.file_stem().unwrap().to_str().unwrap().to_owned();
        for kind in ["fires-", "silent-"] {
            if !cases.iter().any(|p| stem(p).starts_with(kind)) {
                failures.push(format!("{}: no {kind}*.yaml in {}", check.id, dir.display()));
            }
        }
        for case in &cases {
            let world = world(case);
            let pre = !world.install.targets.is_empty();
            let selection = Selection { rules: vec![check.id.to_owned()], all_rules: true, pre, ..Selection::default() };
            let report = checks::run(&world, &selection);
            assert!(!report.evaluated.is_empty() || !report.skipped.is_empty(), "{}: the rule did not run", case.display());
            let fired = !report.findings.is_empty();
            if fired != stem(case).starts_with("fires-") {
                failures.push(format!("{}: fired = {fired}\n{}", case.display(), render(&report)));
            }
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(&dir);
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(stem(case), render(&report)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn no_fixture_is_orphaned() {
    let known: BTreeSet<String> = checks::all().iter().map(|c| c.id.to_owned()).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "tests/checks/{name} belongs to no rule");
    }
}

#[test]
fn every_rule_is_named_and_documented() {
    let mut ids = BTreeSet::new();
    for check in checks::all() {
        assert!(ids.insert(check.id), "{} is registered twice", check.id);
        assert!(check.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}: not kebab-case", check.id);
        let prefix = match check.mesh {
            MeshTag::Istio => Some("istio-"),
            MeshTag::Linkerd => Some("linkerd-"),
            MeshTag::Any => None,
        };
        assert!(prefix.is_none_or(|p| check.id.starts_with(p)), "{}: does not say its mesh", check.id);
        assert!(!check.summary.is_empty() && !check.summary.ends_with('.') && check.summary.len() <= 110, "{}: summary", check.id);
        assert!(!check.needs.is_empty() || check.runs == Runs::Pre, "{}: needs no kind", check.id);
        for heading in HEADINGS {
            assert!(check.doc.lines().any(|l| l.trim() == heading), "{}: its doc comment has no heading {heading:?}", check.id);
        }
    }
}

/// A kind that may not be listed takes only its own objects away from the rules that judge kind by kind; the rest is judged.
#[test]
fn a_hidden_kind_leaves_the_others_to_be_judged() {
    let text = fs::read_to_string(folder().join("istio-unknown-field/fires-misspelt.yaml")).unwrap();
    let mut inventory = files::parse("shapes.yaml", &text, "default").unwrap().inventory;
    let forbidden = |kind| Gap::Forbidden { kind, namespace: "".into(), detail: "no".into() };
    inventory.gaps.push(forbidden(Kind::EnvoyFilter));
    inventory.coverage.insert(Kind::EnvoyFilter, Coverage::Hidden);
    let world = World::new(Index::new(inventory), SourceInfo { kind: SourceKind::Files, name: "shapes.yaml".into() }, now());
    let report = checks::run(&world, &Selection { rules: vec!["istio-unknown-field".into()], ..Selection::default() });
    assert!(!report.findings.is_empty() && report.evaluated == ["istio-unknown-field"], "{}", render(&report));
    assert_eq!(report.skipped.iter().map(|s| s.because.as_str()).collect::<Vec<_>>(), ["may not list envoyfilters.networking.istio.io cluster-wide"]);
}
