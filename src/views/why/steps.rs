//! How steps are made.

use crate::model::{Evidence, Gap, Step, StepKind, StepPlace, StepResult};

/// A step that lets the request on.
pub(super) fn ok(step: StepKind, at: StepPlace, text: impl Into<String>) -> Step {
    Step { step, at, result: StepResult::Ok, text: text.into(), because: Vec::new(), hint: None }
}

/// A step at which the request ends.
pub(super) fn fails(step: StepKind, at: StepPlace, text: impl Into<String>, because: Vec<Evidence>, hint: impl Into<String>) -> Step {
    Step { step, at, result: StepResult::Fails, text: text.into(), because, hint: Some(hint.into()) }
}

/// A step of which the end is not known.
pub(super) fn unknown(step: StepKind, at: StepPlace, text: impl Into<String>, gap: Option<Gap>) -> Step {
    Step { step, at, result: StepResult::Unknown(gap), text: text.into(), because: Vec::new(), hint: None }
}
