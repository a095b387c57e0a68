//! The machine contract `mesh.kubectl.dev/v1`: versioned documents, apart from the internal types on purpose, so that
//! internals may change and the contract does not.

use serde::Serialize;

use crate::model::{Gap, ObjectRef};
use crate::report::{BadInput, Category, CheckReport, Finding, MeshTag, Related, Severity, Skipped, Suppression, Verdict};
use crate::world::World;

/// The version of all documents.
pub const API_VERSION: &str = "mesh.kubectl.dev/v1";

/// Where a document's objects came from.
#[derive(Debug, Serialize)]
pub struct Source<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    context: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remotes: Vec<Remote<'a>>,
}

/// Another cluster that was compared with, and what of it could not be read.
#[derive(Debug, Serialize)]
struct Remote<'a> {
    context: &'a str,
    gaps: &'a [Gap],
}

impl<'a> From<&'a World> for Source<'a> {
    fn from(world: &'a World) -> Self {
        let remotes = world.remotes.iter().map(|remote| Remote { context: &remote.source.name, gaps: &remote.index.inventory().gaps });
        Self {
            kind: world.source.kind.name(),
            context: &world.source.name,
            namespace: world.index.inventory().namespace.as_deref(),
            remotes: remotes.collect(),
        }
    }
}

/// A CheckReport.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    source: Source<'a>,
    meshes: Vec<MeshRow>,
    #[serde(skip_serializing_if = "<[Verdict]>::is_empty")]
    verdicts: &'a [Verdict],
    summary: Summary,
    findings: Vec<FindingRow<'a>>,
    suppressions: &'a [Suppression],
    skipped: Vec<&'a Skipped>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_applicable: Vec<&'a Skipped>,
    #[serde(skip_serializing_if = "<[BadInput]>::is_empty")]
    bad_input: &'a [BadInput],
    gaps: &'a [Gap],
}

#[derive(Debug, Serialize)]
pub(super) struct MeshRow {
    mesh: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    revision: String,
}

#[derive(Debug, Serialize)]
struct Summary {
    error: usize,
    warning: usize,
    info: usize,
    suppressed: usize,
    known: usize,
    evaluated: usize,
    skipped: usize,
}

#[derive(Debug, Serialize)]
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
    fingerprint: String,
    docs: String,
}

#[derive(Debug, Serialize)]
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
            fingerprint: f.fingerprint(),
            docs: docs_url(f.rule),
        }
    }
}

/// Where a rule is documented.
pub(super) fn docs_url(rule: &str) -> String {
    format!("{}/blob/main/docs/rules.md#{rule}", env!("CARGO_PKG_REPOSITORY"))
}

/// The control planes that were found.
pub(super) fn meshes(world: &World) -> Vec<MeshRow> {
    let planes = world.control_planes().map(|plane| MeshRow {
        mesh: plane.mesh.name(),
        version: plane.version.as_deref().unwrap_or_default().to_owned(),
        namespace: plane.namespace.to_string(),
        revision: plane.revision.as_deref().unwrap_or_default().to_owned(),
    });
    planes.collect()
}

impl<'a> CheckDocument<'a> {
    pub(super) fn new(report: &'a CheckReport, world: &'a World) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "CheckReport",
            source: world.into(),
            meshes: meshes(world),
            verdicts: &report.verdicts,
            summary: Summary {
                error: report.count(Severity::Error),
                warning: report.count(Severity::Warning),
                info: report.count(Severity::Info),
                suppressed: report.suppressed.len(),
                known: report.known,
                evaluated: report.evaluated.len(),
                skipped: report.unjudged().count(),
            },
            findings: report.findings.iter().map(FindingRow::from).collect(),
            suppressions: &report.suppressions,
            skipped: report.unjudged().collect(),
            not_applicable: report.not_applicable().collect(),
            bad_input: &report.bad_input,
            gaps: &report.gaps,
        }
    }
}
