//! The machine contract `mesh.kubectl.dev/v1`: versioned documents, apart from the internal types on purpose.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::{Gap, ObjectRef};
use crate::report::{Category, CheckReport, Finding, MeshTag, Related, Severity, Skipped};
use crate::world::World;

/// The version of all documents.
pub(super) const API_VERSION: &str = "mesh.kubectl.dev/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    source: Source<'a>,
    summary: Summary,
    findings: Vec<FindingRow<'a>>,
    skipped: &'a [Skipped],
    gaps: &'a [Gap],
}

#[derive(Serialize)]
struct Source<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    context: &'a str,
}

#[derive(Serialize)]
struct Summary {
    error: usize,
    warning: usize,
    info: usize,
    evaluated: usize,
    skipped: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingRow<'a> {
    rule: &'static str,
    aliases: &'a [&'static str],
    severity: Severity,
    category: Category,
    mesh: MeshTag,
    object: &'a ObjectRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationRow<'a>>,
    message: &'a str,
    hint: &'a str,
    #[serde(skip_serializing_if = "<[Related]>::is_empty")]
    related: &'a [Related],
    docs: String,
}

#[derive(Serialize)]
struct LocationRow<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

impl<'a> From<&'a Finding> for FindingRow<'a> {
    fn from(f: &'a Finding) -> Self {
        Self {
            rule: f.rule,
            aliases: &f.aliases,
            severity: f.severity,
            category: f.category,
            mesh: f.mesh,
            object: &f.object,
            path: f.path.as_deref(),
            location: f.location.as_ref().map(|l| LocationRow { file: &l.file, line: l.span.line, column: l.span.column }),
            message: &f.message,
            hint: &f.hint,
            related: &f.related,
            docs: docs_url(f.rule),
        }
    }
}

/// Where a rule is documented.
pub(super) fn docs_url(rule: &str) -> String {
    format!("{}/blob/main/README.md#{rule}", env!("CARGO_PKG_REPOSITORY"))
}

/// Writes a CheckReport.
pub(super) fn check(report: &CheckReport, world: &World, out: &mut dyn Write) -> io::Result<()> {
    let document = CheckDocument {
        api_version: API_VERSION,
        kind: "CheckReport",
        source: Source { kind: world.source.kind.name(), context: &world.source.name },
        summary: Summary {
            error: report.count(Severity::Error),
            warning: report.count(Severity::Warning),
            info: report.count(Severity::Info),
            evaluated: report.evaluated.len(),
            skipped: report.skipped.len(),
        },
        findings: report.findings.iter().map(FindingRow::from).collect(),
        skipped: &report.skipped,
        gaps: &report.gaps,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
