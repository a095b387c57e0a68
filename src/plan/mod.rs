//! Changes as data. A plan says what will be written, what stands there now and who put it there, how each step is undone and how its success is
//! seen; it is made of a [`World`](crate::world::World) and of the objects to be changed, and changes nothing itself.

pub mod apply;
mod canary;
pub mod deny;
pub mod journal;
pub mod made;
pub mod namespace;
pub mod network;
pub mod offboard;
pub mod onboard;
pub mod overlay;
mod owner;
pub mod patch;
pub mod preflight;
pub mod progress;
mod report;
mod step;
pub mod strict;
pub mod way;
mod waypoint;

use sha2::{Digest as _, Sha256};

pub use owner::{Owner, managers, owners};
pub use report::{PlanReport, RunReport, RunState};
pub use step::{Action, Change, Expect, Fate, KnownCall, Outcome, Seg, Status, Step, Target, path_text};

use crate::model::{Kind, MeshId};
use preflight::Row;

/// The manager of the fields that this program writes. Flux takes away what managers write whose names begin with `kubectl`.
pub const MANAGER: &str = "mesh-plugin";

/// What is to be done, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Names the plan; the same plan has the same name.
    pub id: String,
    /// What it does, in words.
    pub title: String,
    /// The namespace whose objects it changes, which also holds the journal of a run.
    pub namespace: String,
    /// The mesh it is about.
    pub mesh: MeshId,
    /// What was looked at beforehand.
    pub preflight: Vec<Row>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What else has to be known.
    pub notes: Vec<String>,
}

impl Plan {
    /// A plan; its steps are numbered here.
    pub fn new(title: String, namespace: &str, mesh: MeshId, preflight: Vec<Row>, mut steps: Vec<Step>, notes: Vec<String>) -> Self {
        steps.iter_mut().zip(1..).for_each(|(step, id)| step.id = id);
        let text = serde_json::to_string(&steps).unwrap_or_default();
        let digest = Sha256::digest(format!("{namespace} {title} {text}"));
        let id: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        steps
            .iter_mut()
            .filter(|step| step.action == Action::Create)
            .filter_map(|step| step.manifest.as_mut())
            .for_each(|made| made::sign(made, &id));
        Self { id, title, namespace: namespace.to_owned(), mesh, preflight, steps, notes }
    }

    /// With a last step that follows known calls again, where it changes anything; `more` of them are not followed.
    pub fn with_calls(mut self, calls: Vec<KnownCall>, more: usize) -> Self {
        if !self.changes() {
            return self;
        }
        if calls.is_empty() {
            self.notes.push("no object that was read names who calls, or is called: no call is followed afterwards".to_owned());
            return self;
        }
        if more > 0 {
            self.notes.push(format!("{more} more known calls are not followed afterwards: `kubectl mesh why` tells of each"));
        }
        let target = Target {
            api_version: "v1".into(),
            kind: Kind::Namespace.name().into(),
            namespace: String::new(),
            name: self.namespace.clone(),
            uid: String::new(),
        };
        self.steps.push(Step { id: self.steps.len() + 1, calls, ..Step::of(Action::Calls, target) });
        self
    }

    /// Without what waits for pods and looks at them; what is made for others to use is waited for all the same.
    pub fn without_waiting(mut self) -> Self {
        self.steps.retain(|step| step.action.writes() || (step.action == Action::Wait && step.expect.is_none()));
        self.steps.iter_mut().zip(1..).for_each(|(step, id)| step.id = id);
        self.notes.push("no pod is waited for and none is looked at: `kubectl mesh injection` tells what became of them".to_owned());
        self
    }

    /// Whether it writes anything.
    pub fn changes(&self) -> bool {
        self.steps.iter().any(|step| step.action.writes())
    }

    /// What stands against it, apart from what is to be passed over by name.
    pub fn blocks<'p>(&'p self, forced: &'p [String]) -> impl Iterator<Item = &'p Row> {
        self.preflight.iter().filter(move |row| row.verdict == preflight::Verdict::Block && !forced.iter().any(|id| *id == row.id.name()))
    }
}

#[cfg(test)]
mod tests;
