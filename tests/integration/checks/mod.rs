//! The list of rules, and that each has fixtures; whether it says what they expect is tested in `tests/rules`.

mod mangled;
mod overlaps;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kubectl_mesh::checks::{self, Runs, Selection};
use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::model::{Coverage, Gap, Kind};
use kubectl_mesh::report::{CheckReport, Finding, MeshTag};
use kubectl_mesh::world::{SourceInfo, SourceKind, World};

use crate::fixtures::{cases, folder, now, render, stem};

const HEADINGS: [&str; 3] = ["# What it checks", "# Why it matters", "# How to fix it"];

#[test]
fn every_rule_has_a_fixture_that_fires_and_one_that_stays_silent() {
    let lacking = |(id, kind): &(&str, &str)| !cases(id).iter().any(|case| stem(case).starts_with(kind));
    let wanted = checks::all().into_iter().flat_map(|check| [(check.id, "fires-"), (check.id, "silent-")]);
    let missing: Vec<_> = wanted.filter(lacking).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// One name in every place: id, file, fixture folder; the folder of the file is the category that a user sees.
#[test]
fn a_rule_stands_in_the_file_of_its_name_in_the_folder_of_its_category() {
    for check in checks::all() {
        let file = format!("src/checks/{}/{}.rs", check.category.name().replace('-', "_"), check.id.replace('-', "_"));
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap_or_default();
        assert!(text.contains(&format!("\n    {:?},\n", check.id)), "{} is not in {file}", check.id);
    }
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

/// A baseline knows findings by their fingerprints: two that share one would hide each other, and two that only their order tells apart change
/// places when a third comes or goes. A rule that can find two things at one field gives each a `detail`.
#[test]
fn every_finding_of_a_run_has_a_fingerprint_of_its_own() {
    let mut shared = std::collections::BTreeMap::new();
    for check in checks::all() {
        for case in cases(check.id) {
            let world = crate::fixtures::world(&case);
            let pre = !world.install.targets.is_empty();
            let report = checks::run(&world, &Selection { all_rules: true, pre, ..Selection::default() });
            // Nor do they change with what other rules find.
            let alone = checks::run(&world, &Selection { all_rules: true, pre, rules: vec![check.id.to_owned()], ..Selection::default() });
            let of_rule = |report: &CheckReport| report.findings.iter().filter(|f| f.rule == check.id).map(Finding::fingerprint).collect::<Vec<_>>();
            if report.evaluated.contains(&check.id) {
                assert_eq!(of_rule(&alone), of_rule(&report), "{}: {}", check.id, stem(&case));
            }
            for finding in report.findings.iter().filter(|finding| finding.namesakes_before > 0) {
                let place = finding.path.as_deref().unwrap_or_default();
                let told = format!("{}: {}/{} {} {place}: {}", finding.rule, check.id, stem(&case), finding.object, finding.message);
                shared.entry(finding.rule).or_insert(told);
            }
        }
    }
    assert!(shared.is_empty(), "{}", shared.into_values().collect::<Vec<_>>().join("\n"));
}
