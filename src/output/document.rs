//! The machine contract `mesh.kubectl.dev/v1`: versioned documents, apart from the internal types on purpose, so that
//! internals may change and the contract does not.

use serde::Serialize;

use crate::model::{Gap, MeshId, ObjectRef};
use crate::report::{BadInput, Category, CheckReport, Finding, MeshTag, Related, Settings, Severity, Skipped, Suppression, Verdict};
use crate::world::{SourceKind, World};

/// The version of all documents.
pub const API_VERSION: &str = "mesh.kubectl.dev/v1";

/// Where a document's objects came from.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Source<'a> {
    /// What was read.
    #[serde(rename = "type")]
    kind: SourceKind,
    /// The context, the files or the snapshot.
    context: &'a str,
    /// The namespace, when only one was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    /// The namespaces that were read, where it was several and not all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    namespaces: Vec<&'a str>,
    /// Other clusters that were compared with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remotes: Vec<Remote<'a>>,
}

/// Another cluster that was compared with, and what of it could not be read.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Remote<'a> {
    /// Its context or snapshot.
    context: &'a str,
    /// What of it could not be read.
    gaps: &'a [Gap],
}

impl<'a> From<&'a World> for Source<'a> {
    fn from(world: &'a World) -> Self {
        let scope = &world.index.inventory().scope;
        let remotes = world.remotes.iter().map(|remote| Remote { context: &remote.source.name, gaps: &remote.index.inventory().gaps });
        Self {
            kind: world.source.kind,
            context: &world.source.name,
            namespace: scope.first().filter(|_| scope.len() == 1).map(crate::model::Str::as_str),
            namespaces: scope.iter().filter(|_| scope.len() > 1).map(crate::model::Str::as_str).collect(),
            remotes: remotes.collect(),
        }
    }
}

/// A CheckReport.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckDocument<'a> {
    /// Control planes, one row for each.
    meshes: Vec<MeshRow>,
    /// With `--pre`: whether meshes may be installed.
    #[serde(skip_serializing_if = "<[Verdict]>::is_empty")]
    verdicts: &'a [Verdict],
    /// How many of what.
    summary: Summary,
    /// What is wrong, of every severity, sorted.
    findings: Vec<FindingRow<'a>>,
    /// Decisions of somebody that findings do not count, used or not.
    suppressions: &'a [Suppression],
    /// Rules that could not judge, or not all, because something could not be read.
    skipped: Vec<&'a Skipped>,
    /// Rules that have nothing to judge here, such as those of a mesh that is not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_applicable: Vec<&'a Skipped>,
    /// Parts of the files that could not be understood.
    #[serde(skip_serializing_if = "<[BadInput]>::is_empty")]
    bad_input: &'a [BadInput],
    /// What could not be read.
    gaps: &'a [Gap],
    /// What a configuration file has settled, where one applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<&'a Settings>,
}

/// A control plane.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct MeshRow {
    /// Mesh.
    mesh: MeshId,
    /// Version, when it can be told.
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    /// Namespace of the control plane.
    namespace: String,
    /// Revision, for Istio.
    #[serde(skip_serializing_if = "String::is_empty")]
    revision: String,
}

/// Counts.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary {
    /// Errors.
    error: usize,
    /// Warnings.
    warning: usize,
    /// Notes.
    info: usize,
    /// Findings that suppressions took away.
    suppressed: usize,
    /// Findings that the baseline knows already.
    known: usize,
    /// Rules that were judged.
    evaluated: usize,
    /// Entries of `skipped`.
    skipped: usize,
}

/// One thing that is wrong.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Finding"))]
#[serde(rename_all = "camelCase")]
struct FindingRow<'a> {
    /// Id of the rule; permanent.
    rule: &'static str,
    /// Codes that other tools give this very situation.
    aliases: &'a [&'static str],
    /// How bad it is.
    severity: Severity,
    /// What it is about.
    category: Category,
    /// Which mesh it is about.
    mesh: MeshTag,
    /// The object that has to change.
    object: &'a ObjectRef,
    /// The field; absent where the object as a whole is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    /// Where that field stands, for manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationRow<'a>>,
    /// What is wrong, with the values that make it so.
    message: &'a str,
    /// How to fix it.
    hint: &'a str,
    /// Other objects involved.
    #[serde(skip_serializing_if = "<[Related]>::is_empty")]
    related: &'a [Related],
    /// How many more of them there are.
    #[serde(skip_serializing_if = "is_zero")]
    related_more: usize,
    /// Stays the same while the fault does, whatever else comes, goes or moves.
    fingerprint: String,
    /// Where the rule is documented.
    docs: String,
}

/// A place in a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Location"))]
struct LocationRow<'a> {
    /// File, as the command line names it.
    file: &'a str,
    /// Line, from 1.
    line: u32,
    /// Column, from 1.
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
            related_more: f.related_more,
            fingerprint: f.fingerprint(),
            docs: docs_url(f.rule),
        }
    }
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Where a rule is documented.
pub(super) fn docs_url(rule: &str) -> String {
    format!("{}/blob/main/docs/rules.md#{rule}", env!("CARGO_PKG_REPOSITORY"))
}

/// The control planes that were found.
pub(super) fn meshes(world: &World) -> Vec<MeshRow> {
    let planes = world.control_planes().map(|plane| MeshRow {
        mesh: plane.mesh,
        version: plane.version.as_deref().unwrap_or_default().to_owned(),
        namespace: plane.namespace.to_string(),
        revision: plane.revision.as_deref().unwrap_or_default().to_owned(),
    });
    planes.collect()
}

impl<'a> CheckDocument<'a> {
    pub(super) fn new(report: &'a CheckReport, world: &'a World) -> Self {
        Self {
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
            settings: report.settings.as_ref(),
        }
    }
}
