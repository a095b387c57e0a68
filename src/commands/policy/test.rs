//! `policy test`: assertions that are kept beside the manifests.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::words as policy_words;
use crate::cli::GlobalArgs;
use crate::commands::{Terminal, load};
use crate::error::{CliError, Exit};
use crate::mesh::authorization::{Credential, Request, Verdict};
use crate::model::{Gap, ObjectRef};
use crate::output::{self, Format, Page, Report, Writer, clean};
use crate::views::{self, Assertion, Assertions, PolicyTestReport, TestRow};
use crate::world::World;

/// Check assertions about decisions, as tests in CI
///
/// A file holds `tests:`, a list of from (or identity, plaintext), to, method, path, host, headers, claims, tcp and expect: allow, deny, not-found or
/// unknown. Exit code 1 when one does not hold.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example of a file:
  tests:
  - {from: deploy/frontend, to: svc/cart:80, method: GET, path: /items, expect: allow}
  - {name: nobody deletes, from: sa/web/frontend, to: svc/cart:80, method: DELETE, path: /items, expect: deny}
  - {plaintext: true, ip: 203.0.113.9, to: deploy/cart:8080, tcp: true, expect: deny}")]
pub struct TestArgs {
    /// File with assertions (can be repeated)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Output format
    #[arg(short, long, value_parser = output::formats::<PolicyTestReport>(), default_value = "table")]
    pub output: Format,
}

/// Runs the command.
pub async fn run(args: &TestArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mut all = Vec::new();
    for file in &args.files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|e| CliError::usage(format!("cannot read {name}: {e}")))?;
        let read: Assertions = serde_saphyr::from_str(&text).map_err(|e| {
            let place = e.location().map_or(String::new(), |l| format!(":{}:{}", l.line(), l.column()));
            CliError::usage(format!("{name}{place}: {}", e.without_snippet())).hint("`kubectl mesh policy test --help` shows what a file holds")
        })?;
        all.extend(read.tests.into_iter().map(|test| (name.clone(), test)));
    }
    let loaded = load::load(global, &policy_words::read_for_requests(), terminal).await?;
    let world = &loaded.world;
    let tests = all.iter().map(|(file, test)| judge(file, test, world, global)).collect::<Result<Vec<_>, _>>()?;
    let report = PolicyTestReport { tests, gaps: views::decision_gaps(world) };
    terminal.show(&report, args.output, Some(world))?;
    let failed = || report.tests.iter().filter(|t| !t.passed);
    Ok(match failed().next() {
        None => Exit::Ok,
        Some(_) if failed().all(|t| t.got == Verdict::Unknown) => Exit::Unreadable,
        Some(_) => Exit::Findings,
    })
}

impl Report for PolicyTestReport {
    const KIND: Option<&'static str> = Some("PolicyTestReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        text(self, page, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }

    /// The tests that fail.
    fn names(&self, _: Page<'_>) -> Vec<String> {
        self.tests.iter().filter(|test| !test.passed).map(|test| test.name.clone()).collect()
    }

    fn more_formats() -> Vec<(Format, Writer<Self>)> {
        vec![(Format::Junit, |report, _, out| junit(report, out)), (Format::Github, |report, _, out| github(report, out))]
    }
}

fn judge(file: &str, test: &Assertion, world: &World, global: &GlobalArgs) -> Result<TestRow, CliError> {
    let name = test.title();
    let wrong = |e: CliError| CliError { message: format!("{file}: {name}: {}", e.message), ..e };
    let expected = test.expect.ok_or_else(|| wrong(CliError::usage("it has no expect")))?;
    let server = policy_words::server(&test.to, world, global).map_err(wrong)?;
    let mut client = match test.from.as_deref() {
        Some(from) => policy_words::from_words(from, world, global).map_err(wrong)?,
        None => crate::mesh::authorization::Client { credential: Credential::Plaintext, ..Default::default() },
    };
    match (&test.identity, test.plaintext) {
        (Some(identity), _) => client.credential = Credential::Identity(identity.clone()),
        (None, true) => client.credential = Credential::Plaintext,
        _ => {}
    }
    if let Some(ip) = test.ip {
        client.addresses = vec![ip];
    }
    let report = views::decision(world, server, &Request { client, call: test.call(), sni: None });
    let passed = report.decision == expected;
    let file = file.to_owned();
    Ok(TestRow { name, expected, got: report.decision, passed, because: report.because, headline: report.headline, file })
}

fn text(report: &PolicyTestReport, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failed = report.tests.iter().filter(|t| !t.passed).count();
    let all = report.tests.len();
    let headline = match (failed, all) {
        (0, 1) => "✔ 1 test passes.".to_owned(),
        (0, all) => format!("✔ {all} tests pass."),
        (1, all) => format!("✖ 1 of {} fails.", output::counted(all, "test")),
        (failed, all) => format!("✖ {failed} of {all} tests fail."),
    };
    page.line(&headline, out)?;
    writeln!(out)?;
    for test in &report.tests {
        let mark = if test.passed { '✔' } else { '✖' };
        page.line(&format!("  {mark} {}", test.name), out)?;
        if !test.passed {
            page.line(&format!("      expected {}, got {}: {}", test.expected, test.got, test.headline), out)?;
        }
    }
    output::gaps(&report.gaps, page.style, out)
}

fn junit(report: &PolicyTestReport, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new("policy");
    for test in &report.tests {
        let status = if test.passed {
            TestCaseStatus::success()
        } else {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(clean(&format!("expected {}, got {}", test.expected, test.got)));
            status.set_description(clean(&test.headline));
            status
        };
        let mut case = TestCase::new(clean(&test.name).as_ref(), status);
        case.set_classname("mesh.policy");
        case.extra.insert("file".into(), clean(&test.file).as_ref().into());
        suite.add_test_case(case);
    }
    let mut document = quick_junit::Report::new("kubectl-mesh");
    document.add_test_suite(suite);
    document.serialize(&mut *out).map_err(io::Error::other)?;
    writeln!(out)
}

fn github(report: &PolicyTestReport, out: &mut dyn Write) -> io::Result<()> {
    for test in report.tests.iter().filter(|t| !t.passed) {
        let text = output::github_data(&format!("{}: expected {}, got {}", test.name, test.expected, test.got));
        let why = output::github_data(&test.headline);
        writeln!(out, "::error file={},title=policy test::{text}%0A{why}", output::github_property(&test.file))?;
    }
    Ok(())
}
