//! What checks say, before it is rendered.

mod finding;
mod words;

use std::fmt;

use serde::Serialize;

use crate::model::{Gap, MeshId, ObjectRef, Str};
pub use finding::{Finding, Fix, Location, Related};
pub use words::{Category, MeshTag, Severity};

/// A rule, or a part of one, that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Skipped {
    /// Id of the rule.
    pub rule: &'static str,
    /// Why.
    pub because: String,
    /// Whether something that could not be read is the reason. Otherwise there is nothing here for the rule to judge, and nothing is unknown.
    #[serde(skip)]
    pub unread: bool,
}

/// A part of the files that could not be understood, so that nothing was judged of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BadInput {
    /// File, as the command line names it.
    pub file: Str,
    /// Line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub detail: String,
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.detail)
    }
}

/// Somebody's decision that a finding does not count here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Suppression {
    /// The object whose annotation it is; nothing for one from the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// The annotation or flag, as written.
    pub source: String,
    /// What it names: rule ids, codes, or `*`.
    pub names: Vec<String>,
    /// Why, where the form has room for a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The day after which it no longer holds (`YYYY-MM-DD`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// How many findings it took away.
    pub used: usize,
    /// Why it has no effect, when it has none: expired, without a reason, not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void: Option<String>,
}

/// Whether a mesh may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Installable {
    /// Nothing stands in the way.
    Yes,
    /// Errors do.
    No,
    /// What could not be judged may.
    Unknown,
}

/// What all findings together mean for the installation of a mesh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "InstallVerdict"))]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The mesh.
    pub mesh: MeshId,
    /// The namespace its control plane is to live in.
    pub namespace: Str,
    /// Whether it may be installed.
    pub installable: Installable,
    /// Whether a control plane of it is there already, so that installing means upgrading.
    pub installed: bool,
    /// What was looked at and found right.
    pub checked: Vec<String>,
}

/// What a configuration file has settled about a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Settings {
    /// The file.
    pub file: String,
    /// Rules that would run without it.
    pub off: Vec<&'static str>,
}

/// The outcome of running rules.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// Findings that a suppression took away, each with the position of that one in `suppressions`.
    pub suppressed: Vec<(Finding, usize)>,
    /// All suppressions, used or not.
    pub suppressions: Vec<Suppression>,
    /// How many findings the baseline knew already.
    pub known: usize,
    /// What is wrong, sorted.
    pub findings: Vec<Finding>,
    /// Rules that were judged, sorted.
    pub evaluated: Vec<&'static str>,
    /// Rules that were not, sorted.
    pub skipped: Vec<Skipped>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Which meshes may be installed, when that was the question.
    pub verdicts: Vec<Verdict>,
    /// Documents of the files that could not be understood.
    pub bad_input: Vec<BadInput>,
    /// Findings of this severity and worse fail the run; nothing for none.
    pub threshold: Option<Severity>,
    /// Whether too little could be read for a verdict.
    pub too_little: bool,
    /// What a configuration has settled.
    pub settings: Option<Settings>,
}

impl CheckReport {
    /// What could not be judged because something could not be read.
    pub fn unjudged(&self) -> impl Iterator<Item = &Skipped> {
        self.skipped.iter().filter(|skipped| skipped.unread)
    }

    /// Rules that had nothing to judge here.
    pub fn not_applicable(&self) -> impl Iterator<Item = &Skipped> {
        self.skipped.iter().filter(|skipped| !skipped.unread)
    }

    /// How many rules could not be judged, or only in part.
    pub fn rules_unjudged(&self) -> usize {
        self.unjudged().map(|skipped| skipped.rule).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Gaps behind which objects may be.
    pub fn hiding_gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().filter(|gap| gap.hides_objects())
    }

    /// Whether a finding fails the run.
    pub fn fails(&self, finding: &Finding) -> bool {
        self.threshold.is_some_and(|threshold| finding.severity >= threshold)
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// Whether gaps left nothing to judge: no rule, or no object among the `objects` that were read.
    pub fn saw_nothing(&self, objects: usize) -> bool {
        self.evaluated.is_empty() || (objects == 0 && self.gaps.iter().any(Gap::hides_objects))
    }

    /// The worst severity found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).max()
    }
}
