//! What is looked at before anything changes: what would break, what the plan sees to itself, and what no object shows.

mod callers;
mod capacity;
mod dialled;
mod id;
mod ports;
mod privileges;
mod rehearsal;
mod software;
mod start;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::way::Intention;
use crate::index::Workload;
use crate::model::{ObjectRef, PodSpec, Service};
use crate::world::World;

pub(super) use capacity::CPU_REQUEST;
pub use id::Id;
pub use rehearsal::{Rehearsal, answer, refusal, rehearsed_pod};
pub(super) use software::OPAQUE;

/// One answer of the pre-flight.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PreflightRow"))]
pub struct Row {
    /// The check, by its permanent name.
    pub id: Id,
    /// What follows from it.
    pub verdict: Verdict,
    /// The object it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// What was found, and what to do.
    pub text: String,
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PreflightVerdict"))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The plan is not carried out, unless it is told to pass this over.
    Block,
    /// No object shows it.
    Unknown,
    /// It may go wrong.
    Warn,
    /// The plan sees to it.
    Step,
    /// It holds.
    Ok,
}

impl Verdict {
    /// The mark in texts.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Block => "✖",
            Self::Unknown => "?",
            Self::Warn | Self::Step => "▲",
            Self::Ok => "✔",
        }
    }
}

/// The workload that is judged, and what is known beside it.
pub struct Subject<'a> {
    /// Everything that was read.
    pub world: &'a World,
    /// What is meant.
    pub intention: &'a Intention,
    /// The workload.
    pub workload: &'a Workload,
    /// Its template, whole.
    pub template: &'a Value,
    /// The Services that select it.
    pub services: &'a [&'a Service],
    /// What else was learnt.
    pub known: &'a Known,
}

/// What was learnt for the pre-flight besides the world.
#[derive(Debug, Default)]
pub struct Known {
    /// Objects of kinds that nothing else reads, whole: HorizontalPodAutoscaler, PodDisruptionBudget, ResourceQuota, monitors.
    pub objects: Vec<Value>,
    /// Kinds of those that could not be read, and why.
    pub unread: Vec<(&'static str, String)>,
    /// What the API server said to a pod that was only rehearsed, by workload.
    pub rehearsals: BTreeMap<ObjectRef, Rehearsal>,
}

/// What the checks found, and what they want of the plan.
#[derive(Debug, Default)]
pub struct Found {
    /// The answers.
    pub rows: Vec<Row>,
    /// `appProtocol` by Service and port.
    pub protocols: BTreeMap<(String, i32), &'static str>,
    /// Linkerd's list of opaque ports, where the default one does not do.
    pub opaque: Option<String>,
    /// Annotations that the template needs beside the one that asks for the mesh.
    pub annotations: Vec<(&'static str, &'static str)>,
}

/// Judges one workload.
pub fn run(subject: &Subject<'_>) -> Found {
    let mut found = Found::default();
    let mut report = Report { at: &subject.workload.reference, found: &mut found };
    for check in [rehearsal::check, ports::check, dialled::check, start::check, capacity::check, privileges::check, callers::check] {
        check(subject, &mut report);
    }
    found
}

/// The answers in the order in which they are read: what stands against the plan first, and each said once.
pub fn in_order(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| (a.verdict, a.id, &a.object, &a.text).cmp(&(b.verdict, b.id, &b.object, &b.text)));
    rows.dedup();
    rows
}

/// Where checks write their answers.
struct Report<'a> {
    at: &'a ObjectRef,
    found: &'a mut Found,
}

impl Report<'_> {
    fn add(&mut self, id: Id, verdict: Verdict, text: impl Into<String>) {
        self.found.rows.push(Row { id, verdict, object: Some(self.at.clone()), text: text.into() });
    }

    fn block(&mut self, id: Id, text: impl Into<String>) {
        self.add(id, Verdict::Block, text);
    }

    fn warn(&mut self, id: Id, text: impl Into<String>) {
        self.add(id, Verdict::Warn, text);
    }

    fn unknown(&mut self, id: Id, text: impl Into<String>) {
        self.add(id, Verdict::Unknown, text);
    }

    fn step(&mut self, id: Id, text: impl Into<String>) {
        self.add(id, Verdict::Step, text);
    }
}

impl Subject<'_> {
    fn namespace(&self) -> &str {
        &self.workload.reference.namespace
    }

    fn spec(&self) -> &Value {
        &self.template["spec"]
    }

    fn pod(&self) -> Option<&PodSpec> {
        self.world.index.pod_spec(self.workload)
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.template["metadata"]["annotations"][key].as_str()
    }

    fn containers(&self) -> impl Iterator<Item = &Value> {
        self.spec()["containers"].as_array().into_iter().flatten()
    }

    fn init_containers(&self) -> impl Iterator<Item = &Value> {
        self.spec()["initContainers"].as_array().into_iter().flatten()
    }

    /// Whether the rehearsed pod got its proxy as a native sidecar.
    fn native(&self) -> Option<bool> {
        match self.known.rehearsals.get(&self.workload.reference) {
            Some(Rehearsal::Accepted { native, .. }) => *native,
            _ => None,
        }
    }

    /// Objects of a kind in the workload's namespace.
    fn objects<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Value> {
        self.known.objects.iter().filter(move |o| o["kind"] == *kind && o["metadata"]["namespace"] == *self.namespace())
    }

    /// Why objects of a kind were not read.
    fn unread(&self, kind: &str) -> Option<&str> {
        self.known.unread.iter().find(|(unread, _)| *unread == kind).map(|(_, why)| why.as_str())
    }
}

#[cfg(test)]
mod tests;
