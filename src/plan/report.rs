//! A plan as other programs read it, and what became of it.

use serde::Serialize;
use serde_json::Value;

use super::journal::Journal;
use super::preflight::Row;
use super::{Action, KnownCall, Outcome, Plan, Status, Step, path_text};
use crate::model::ObjectRef;

/// What is to be done, step by step, and what became of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Plan"))]
#[serde(rename_all = "camelCase")]
pub struct PlanReport<'p> {
    /// Its name; the same plan has the same.
    id: &'p str,
    /// What it does, in words.
    title: &'p str,
    /// The mesh.
    mesh: &'static str,
    /// The namespace.
    namespace: &'p str,
    /// What was looked at before.
    preflight: &'p [Row],
    /// The steps, in order.
    steps: Vec<StepRow<'p>>,
    /// What else there is to know.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'p [String],
    /// What became of it.
    outcome: Outcome,
}

/// A run of a plan that is under way or was left behind.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RunReport<'j> {
    /// The namespace.
    pub namespace: &'j str,
    /// Whether there is one, and which way it goes.
    pub state: RunState,
    /// How far it is; absent where there is none.
    #[serde(flatten)]
    pub progress: Option<RunProgress<'j>>,
}

/// Which way a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// There is none.
    None,
    /// To its end.
    Forward,
    /// Back to its beginning.
    Back,
}

/// How far a run is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RunProgress<'j> {
    /// Name of the plan.
    pub id: &'j str,
    /// What the plan does, in words.
    pub title: &'j str,
    /// Who carries it out: machine and process.
    pub holder: String,
    /// When it began.
    pub started: &'j str,
    /// When it was last heard of.
    pub heard: &'j str,
    /// Steps of the plan.
    pub steps: usize,
    /// How many of them are done.
    pub done: usize,
}

impl<'j> RunReport<'j> {
    /// Of a namespace and the journal of its run, if there is one.
    pub fn new(namespace: &'j str, journal: Option<&'j Journal>) -> Self {
        let progress = journal.map(|journal| RunProgress {
            id: &journal.plan,
            title: &journal.title,
            holder: journal.holder.title(),
            started: &journal.started,
            heard: &journal.heard,
            steps: journal.steps.len(),
            done: journal.steps.iter().filter(|step| step.status == Status::Done).count(),
        });
        let state = match journal {
            None => RunState::None,
            Some(journal) if journal.undoing => RunState::Back,
            Some(_) => RunState::Forward,
        };
        Self { namespace, state, progress }
    }
}

/// One step.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PlanStep"))]
#[serde(rename_all = "camelCase")]
struct StepRow<'p> {
    /// Its number, from 1.
    id: usize,
    /// What is done.
    action: Action,
    /// The object; null where there is none.
    object: Option<ObjectRef>,
    /// Fields that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diff: Vec<DiffRow<'p>>,
    /// Fields as they were, to be put back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    previous: Vec<PreviousRow<'p>>,
    /// The object that is made, or deleted, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'p Value>,
    /// Calls that are followed again.
    #[serde(skip_serializing_if = "<[KnownCall]>::is_empty")]
    calls: &'p [KnownCall],
    /// A tool that writes the object as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<OwnerRow<'p>>,
    /// How it is taken back.
    inverse: String,
    /// How it is seen to have worked.
    verify: String,
    /// How far it is.
    status: Status,
}

/// A field that changes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PlanDiff"))]
struct DiffRow<'p> {
    /// The field.
    path: String,
    /// Its value; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'p Value>,
    /// The value to be; absent where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'p Value>,
}

/// A field as it was.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PlanPrevious"))]
struct PreviousRow<'p> {
    /// The field.
    path: String,
    /// Its value; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'p Value>,
    /// Who wrote it.
    managers: &'p [String],
}

/// A tool that writes the object as well.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PlanOwner"))]
struct OwnerRow<'p> {
    /// The tool.
    name: String,
    /// What shows it.
    evidence: &'p str,
    /// What follows.
    consequence: &'static str,
}

impl<'p> PlanReport<'p> {
    /// Of a plan, or of what became of its steps.
    pub fn new(plan: &'p Plan, steps: &'p [Step], outcome: Outcome) -> Self {
        Self {
            id: &plan.id,
            title: &plan.title,
            mesh: plan.mesh.name(),
            namespace: &plan.namespace,
            preflight: &plan.preflight,
            steps: steps.iter().map(StepRow::new).collect(),
            notes: &plan.notes,
            outcome,
        }
    }
}

impl<'p> StepRow<'p> {
    fn new(step: &'p Step) -> Self {
        let diff = step.changes.iter().map(|c| DiffRow { path: path_text(&c.path), before: c.before.as_ref(), after: c.after.as_ref() });
        let previous = step.changes.iter().map(|c| PreviousRow { path: path_text(&c.path), value: c.before.as_ref(), managers: &c.managers });
        Self {
            id: step.id,
            action: step.action,
            object: step.object.reference(),
            diff: diff.collect(),
            previous: previous.collect(),
            manifest: step.manifest.as_ref(),
            calls: &step.calls,
            owner: step.owner.as_ref().map(|owner| OwnerRow { name: owner.title(), evidence: &owner.evidence, consequence: owner.consequence() }),
            inverse: inverse(step),
            verify: verification(step),
            status: step.status,
        }
    }
}

/// How a step is taken back.
fn inverse(step: &Step) -> String {
    match step.action {
        Action::Wait | Action::Verify | Action::Calls => "nothing to take back".to_owned(),
        Action::Create => "it is deleted, if nobody has changed it".to_owned(),
        Action::Delete if step.object.uid.is_empty() => "nothing to take back: the plan itself made it".to_owned(),
        Action::Delete => "it is made anew, as it was".to_owned(),
        _ => {
            let back = |c: &super::Change| match &c.before {
                Some(value) => format!("{} back to {value}", path_text(&c.path)),
                None => format!("{} away", path_text(&c.path)),
            };
            step.changes.iter().map(back).collect::<Vec<_>>().join("; ")
        }
    }
}

/// How a step's success is seen.
fn verification(step: &Step) -> String {
    match (&step.expect, step.action) {
        (Some(expect), Action::Wait) => match (expect.inside, &expect.revision) {
            (true, Some(revision)) => format!("every pod is new and ready, in the mesh by revision {revision}"),
            (true, None) => "every pod is new and ready, and in the mesh".to_owned(),
            (false, _) => "every pod is new and ready, and out of the mesh".to_owned(),
        },
        (Some(_), _) => "every pod again".to_owned(),
        (None, Action::Calls) => "each fares as before".to_owned(),
        (None, Action::Create) => "it is there".to_owned(),
        (None, Action::Wait) => "its condition Programmed is True".to_owned(),
        (None, Action::Delete) => "it is gone".to_owned(),
        (None, _) => "the fields hold the values".to_owned(),
    }
}

/// `deploy/cart`.
pub(super) fn short(object: &ObjectRef) -> String {
    let kind = match object.kind.name() {
        "Deployment" => "deploy".to_owned(),
        "StatefulSet" => "sts".to_owned(),
        "DaemonSet" => "ds".to_owned(),
        kind => kind.to_ascii_lowercase(),
    };
    format!("{kind}/{}", object.name)
}
