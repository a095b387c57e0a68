//! The steps that led to an answer about one request.

use serde::Serialize;

use super::{Evidence, Gap};

/// Which question a step answers, in the order in which a request meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Is this side in a mesh?
    Capture,
    /// What does the name stand for?
    Service,
    /// Is anything ready behind it?
    Endpoints,
    /// Which route takes the request?
    Route,
    /// May the request leave the mesh?
    Egress,
    /// Do Kubernetes NetworkPolicies let the connection through?
    NetworkPolicy,
    /// Do both sides agree on encryption?
    Mtls,
    /// Do the mesh's policies admit it?
    Authorization,
}

/// Where on the way a step happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepPlace {
    /// The client or its proxy.
    Client,
    /// Between the nodes.
    Network,
    /// An ingress or egress gateway.
    Gateway,
    /// A waypoint.
    Waypoint,
    /// The server or its proxy.
    Server,
}

/// How a step ends.
#[derive(Clone, Debug, PartialEq)]
pub enum StepResult {
    /// The request goes on.
    Ok,
    /// The request ends here.
    Fails,
    /// Cannot be known; the gap that hides it, where a gap is the reason.
    Unknown(Option<Gap>),
    /// The question does not arise, or the request does not get this far.
    Skipped,
}

impl StepResult {
    /// The word in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fails => "fails",
            Self::Unknown(_) => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// One step on the way of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The question.
    pub step: StepKind,
    /// Where it is asked.
    pub at: StepPlace,
    /// The answer.
    pub result: StepResult,
    /// The answer in words.
    pub text: String,
    /// What it rests on, the deciding one last.
    pub because: Vec<Evidence>,
    /// How to fix it, for a step that fails.
    pub hint: Option<String>,
}

/// One step on the way of a request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StepRow<'a> {
    /// The question.
    step: StepKind,
    /// Where it is asked.
    at: StepPlace,
    /// The answer.
    #[cfg_attr(test, schemars(extend("enum" = ["ok", "fails", "unknown", "skipped"])))]
    result: &'static str,
    /// The answer in words.
    text: &'a str,
    /// What it rests on, the deciding one last.
    because: &'a [Evidence],
    /// How to fix it, for a step that fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: &'a Option<String>,
}

super::written_as!(Step, StepRow<'static>);

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.result.name();
        StepRow { step: self.step, at: self.at, result, text: &self.text, because: &self.because, hint: &self.hint }.serialize(serializer)
    }
}

/// The steps of one request, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Trace {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Trace {
    /// The first step that fails.
    pub fn failed_at(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.result == StepResult::Fails)
    }

    /// Whether some step before the first failure, or any at all, cannot be known.
    pub fn is_uncertain(&self) -> bool {
        let until = self.failed_at().unwrap_or(self.steps.len());
        self.steps[..until].iter().any(|step| matches!(step.result, StepResult::Unknown(_)))
    }
}
