//! What checks say, before it is rendered.

use std::fmt;

use serde::Serialize;
use sha2::Digest;

use crate::model::{Gap, MeshId, ObjectRef, Span, Str};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably not meant, or will hurt later.
    Warning,
    /// Broken or insecure now.
    Error,
}

impl Severity {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a finding is about, in the order reports list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Category {
    ControlPlane,
    DataPlane,
    Injection,
    Mtls,
    Policy,
    Traffic,
    Gateway,
    Certificates,
    Versions,
    Config,
}

impl Category {
    /// All of them, in report order.
    pub const ALL: &'static [Category] = &[
        Self::ControlPlane,
        Self::DataPlane,
        Self::Injection,
        Self::Mtls,
        Self::Policy,
        Self::Traffic,
        Self::Gateway,
        Self::Certificates,
        Self::Versions,
        Self::Config,
    ];

    /// The word in reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::DataPlane => "data-plane",
            Self::Injection => "injection",
            Self::Mtls => "mtls",
            Self::Policy => "policy",
            Self::Traffic => "traffic",
            Self::Gateway => "gateway",
            Self::Certificates => "certificates",
            Self::Versions => "versions",
            Self::Config => "config",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which mesh a rule or a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MeshTag {
    /// Both, or neither: Kubernetes and Gateway API.
    Any,
    /// Istio.
    Istio,
    /// Linkerd.
    Linkerd,
}

impl From<MeshId> for MeshTag {
    fn from(mesh: MeshId) -> Self {
        match mesh {
            MeshId::Istio => Self::Istio,
            MeshId::Linkerd => Self::Linkerd,
        }
    }
}

impl MeshTag {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Istio => "istio",
            Self::Linkerd => "linkerd",
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Path as given on the command line.
    pub file: Str,
    /// The field.
    pub span: Span,
}

/// Another object that a finding cannot be understood without: the one it conflicts with, the one that wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Related {
    /// The object.
    pub object: ObjectRef,
    /// What it has to do with it.
    pub text: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// Codes that other tools give this very situation.
    pub aliases: Vec<&'static str>,
    /// How bad.
    pub severity: Severity,
    /// What it is about.
    pub category: Category,
    /// Which mesh.
    pub mesh: MeshTag,
    /// The object that has to change.
    pub object: ObjectRef,
    /// The field.
    pub path: Option<String>,
    /// Where that field stands, for manifests.
    pub location: Option<Location>,
    /// What is wrong, with the values that make it so.
    pub message: String,
    /// How to fix it.
    pub hint: String,
    /// What tells it from other findings of the rule at the same field: a port, a host, the object it conflicts with.
    pub detail: Option<String>,
    /// How many findings of the report that even share this come before it.
    pub namesakes_before: usize,
    /// Other objects involved, the first few.
    pub related: Vec<Related>,
    /// How many more there are.
    pub related_more: usize,
    /// A change that certainly fixes it, where there is one.
    pub fix: Option<Fix>,
}

/// A change that needs no judgement: one scalar of the object becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The scalar.
    pub path: String,
    /// What it has to be.
    pub value: String,
}

impl Finding {
    /// Sets the severity of this one finding.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Sets which mesh this one finding is about.
    pub fn about(&mut self, mesh: MeshTag) -> &mut Self {
        self.mesh = mesh;
        self
    }

    /// Sets which of other tools' codes name this very situation; without this call all of the rule's do.
    pub fn codes(&mut self, codes: &[&'static str]) -> &mut Self {
        self.aliases = codes.to_vec();
        self
    }

    /// Names another object that is involved. More than five nobody reads, and a finding for each of many objects that names all others grows with
    /// their square: the rest is counted.
    pub fn related(&mut self, object: ObjectRef, text: impl Into<String>) -> &mut Self {
        if self.related.len() < 5 {
            self.related.push(Related { object, text: text.into() });
        } else {
            self.related_more += 1;
        }
        self
    }

    /// Says what tells this finding from others of the rule at the same field, in words that stay as they are when the message is reworded.
    pub fn detail(&mut self, detail: impl Into<String>) -> &mut Self {
        self.detail = Some(detail.into());
        self
    }

    /// Offers a certain fix: the scalar at `path` has to be `value`.
    pub fn fix(&mut self, path: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.fix = Some(Fix { path: path.into(), value: value.into() });
        self
    }

    /// Whether this finding answers to `name`: its rule's id or one of the codes other tools give it.
    pub fn is_called(&self, name: &str) -> bool {
        self.rule.eq_ignore_ascii_case(name) || self.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
    }

    /// A name that stays the same when files are edited around the fault: rule, object, field and detail, never the message.
    pub fn fingerprint(&self) -> String {
        let object = &self.object;
        let parts = [self.rule, object.kind.group(), object.kind.name(), &object.namespace, &object.name, self.path.as_deref().unwrap_or_default()];
        let place = (self.namesakes_before > 0).then(|| self.namesakes_before.to_string());
        let parts = parts.into_iter().chain(self.detail.as_deref()).chain(place.as_deref()).collect::<Vec<_>>();
        let digest = sha2::Sha256::digest(parts.join("\0").as_bytes());
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What reports are sorted by: worst first, then by object, rule and field.
    pub fn sort_key(&self) -> (std::cmp::Reverse<Severity>, &ObjectRef, &str, &Option<String>, &str) {
        (std::cmp::Reverse(self.severity), &self.object, self.rule, &self.path, &self.message)
    }
}

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
