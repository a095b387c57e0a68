//! JUnit XML: a test suite for each category, a failing case for each finding, a passing one for each rule without any.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::clean;
use crate::checks;
use crate::report::{Category, CheckReport, Finding};

/// Writes the report. A finding that fails the run fails its case; the others pass theirs with their words as output. What could not be read is an
/// error where that fails the run, else skipped.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<Category, Vec<TestCase>> = BTreeMap::new();
    let failed: BTreeSet<&str> = report.findings.iter().map(|f| f.rule).collect();
    for finding in &report.findings {
        suites.entry(finding.category).or_default().push(found(finding, report.fails(finding)));
    }
    for id in report.evaluated.iter().filter(|id| !failed.contains(*id)) {
        if let Some(check) = checks::find(id) {
            suites.entry(check.category).or_default().push(case(check.id, check.id, TestCaseStatus::success()));
        }
    }
    for skipped in &report.skipped {
        let mut status = TestCaseStatus::skipped();
        status.set_message(clean(&skipped.because));
        let category = checks::find(skipped.rule).map_or(Category::Config, |c| c.category);
        suites.entry(category).or_default().push(case(skipped.rule, skipped.rule, status));
    }
    let mut unread = TestSuite::new("read");
    for bad in &report.bad_input {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(clean(&bad.to_string()));
        unread.add_test_case(case("read", &bad.to_string(), status));
    }
    for gap in report.hiding_gaps() {
        let mut status = if report.too_little { TestCaseStatus::non_success(NonSuccessKind::Error) } else { TestCaseStatus::skipped() };
        status.set_message(clean(&gap.to_string()));
        unread.add_test_case(case("read", &gap.to_string(), status));
    }
    let mut document = Report::new("kubectl-mesh");
    if unread.tests > 0 {
        document.add_test_suite(unread);
    }
    for (category, cases) in suites {
        let mut suite = TestSuite::new(category.name());
        suite.add_test_cases(cases);
        document.add_test_suite(suite);
    }
    // Written at once, so that the writer's own error reaches the caller: a closed pipe is none.
    let text = document.to_string().map_err(io::Error::other)?;
    writeln!(out, "{}", text.trim_end())
}

fn case(rule: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(clean(name).as_ref(), status);
    case.set_classname(format!("mesh.{rule}"));
    case
}

fn found(f: &Finding, fails: bool) -> TestCase {
    let place = f.location.as_ref().map_or(String::new(), |l| format!("{}:{}:{}\n", clean(&l.file), l.span.line, l.span.column));
    let field = f.path.as_deref().map_or(String::new(), |p| format!("field: {}\n", clean(p)));
    let text = format!("{place}{field}{}\n{}", clean(&f.message), clean(&f.hint));
    let mut status = TestCaseStatus::success();
    if fails {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(f.severity.name());
        status.set_message(clean(&f.message));
        status.set_description(&*text);
    }
    let mut case = case(f.rule, &format!("{} {}", f.object, f.path.as_deref().unwrap_or_default()), status);
    if !fails {
        case.set_system_out(format!("{}: {text}", f.severity));
    }
    if let Some(l) = &f.location {
        case.extra.insert("file".into(), clean(&l.file).as_ref().into());
        case.extra.insert("line".into(), l.span.line.to_string().into());
    }
    case
}
