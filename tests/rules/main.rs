//! One test for each fixture of each rule: `cargo test istio-gateway` runs those of the rules whose ids begin so.
//!
//! `INSTA_UPDATE=always cargo test --test rules RULE` writes the expected findings anew.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../integration/fixtures.rs"] // shared with the integration tests, which are a crate of their own
#[allow(dead_code, reason = "the integration tests use the rest")]
mod fixtures;

use std::path::Path;
use std::process::ExitCode;

use fixtures::{cases, folder, render, stem, world};
use kubectl_mesh::checks::{self, Check, Selection};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let fixtures = checks::all().into_iter().flat_map(|check| cases(check.id).into_iter().map(move |case| (check, case)));
    let trials = fixtures.map(|(check, case)| Trial::test(format!("{}/{}", check.id, stem(&case)), move || says_what_is_expected(check, &case)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn says_what_is_expected(check: &Check, case: &Path) -> Result<(), Failed> {
    let world = world(case);
    let pre = !world.install.targets.is_empty();
    let report = checks::run(&world, &Selection { rules: vec![check.id.to_owned()], all_rules: true, pre, ..Selection::default() });
    let said = render(&report);
    if report.evaluated.is_empty() && report.skipped.is_empty() {
        return Err("the rule did not run".into());
    }
    let fired = !report.findings.is_empty();
    if fired != stem(case).starts_with("fires-") {
        return Err(format!("fired = {fired}\n{said}").into());
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder().join(check.id));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(stem(case), said));
    Ok(())
}
