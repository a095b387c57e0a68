//! The words for what becomes of calls.

use serde::Serialize;

use crate::model::{Evidence, Gap, ObjectRef};

/// What becomes of calls from a client to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The meshes' mutual TLS carries them.
    MutualTls,
    /// They arrive unencrypted.
    Plaintext,
    /// They arrive in TLS that is none of the mesh's: the application's own, or what a DestinationRule starts.
    AppTls,
    /// It depends on the pods, of the client or the server.
    Mixed,
    /// They do not arrive: the server refuses them, or there is nothing to call.
    Broken,
    /// What decides was not read.
    Unknown,
}

impl Outcome {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MutualTls => "mutual-tls",
            Self::Plaintext => "plaintext",
            Self::AppTls => "app-tls",
            Self::Mixed => "mixed",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }

    /// The same in a sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Self::MutualTls => "mutual TLS",
            Self::Plaintext => "plaintext",
            Self::AppTls => "the application's own TLS",
            Self::Mixed => "mixed",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

/// What becomes of one client's calls to one port of a destination.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// All together.
    pub outcome: Outcome,
    /// Why: what the client does, then what the server does. Where pods differ, of each outcome.
    pub because: Vec<Evidence>,
    /// By pods that fare alike.
    pub parts: Vec<Part>,
    /// What was not read, where the outcome is unknown for that.
    pub gap: Option<Gap>,
}

/// Pods of the server that fare alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What becomes of calls to them.
    pub outcome: Outcome,
    /// How many they are.
    pub pods: usize,
    /// Whose pods; nothing for an address outside.
    pub workload: Option<ObjectRef>,
    /// Why.
    pub because: Vec<Evidence>,
    /// What the handshake alone makes of them, where the server's policies are what refuses them.
    pub handshake: Option<Handshake>,
}

/// What would arrive if the server's policies let the client in.
#[derive(Clone, Debug, PartialEq)]
pub struct Handshake {
    /// In which form.
    pub outcome: Outcome,
    /// Why.
    pub because: Vec<Evidence>,
}

impl Part {
    /// Calls that do not leave the client.
    pub(super) fn refused(because: Vec<Evidence>) -> Self {
        Self { outcome: Outcome::Broken, pods: 0, workload: None, because, handshake: None }
    }

    /// Calls of which nothing is known.
    pub(super) fn unknown(gap: &Gap) -> Self {
        Self { outcome: Outcome::Unknown, pods: 0, workload: None, because: vec![Evidence::default(gap.to_string())], handshake: None }
    }

    fn before_policies(self) -> Self {
        match self.handshake {
            Some(Handshake { outcome, because }) => Self { outcome, because, handshake: None, ..self },
            None => self,
        }
    }
}

impl Edge {
    /// One that nothing can be sent over.
    pub(super) fn refused(because: Evidence) -> Self {
        Self { outcome: Outcome::Broken, because: vec![because], parts: Vec::new(), gap: None }
    }

    /// What encryption alone makes of the calls; whom the server's policies let in is not asked.
    #[must_use]
    pub fn before_policies(self) -> Self {
        if self.parts.iter().all(|p| p.handshake.is_none()) {
            self
        } else {
            Self::of(self.parts.into_iter().map(Part::before_policies).collect(), self.gap)
        }
    }

    /// The part of it that ends at one workload.
    #[must_use]
    pub fn towards(self, workload: &ObjectRef) -> Self {
        let ends = |p: &Part| p.workload.as_ref().is_none_or(|w| w == workload);
        if self.parts.iter().all(ends) { self } else { Self::of(self.parts.into_iter().filter(ends).collect(), self.gap) }
    }

    /// Whether some of it ends at a workload, or none of it at any: calls to a subset end at the workloads whose pods are in it.
    pub fn may_end_at(&self, workload: &ObjectRef) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|p| p.workload.as_ref().is_none_or(|w| w == workload))
    }

    /// What an edge of these parts is, all together.
    pub(super) fn of(parts: Vec<Part>, gap: Option<Gap>) -> Self {
        Self { outcome: together(&parts), because: reasons(&parts), gap, parts }
    }

    /// One that nothing is known of.
    pub(super) fn unknown(gap: Gap) -> Self {
        Self { outcome: Outcome::Unknown, because: vec![Evidence::default(gap.to_string())], parts: Vec::new(), gap: Some(gap) }
    }

    /// Whether pods of the server refuse calls, or nothing takes them.
    pub fn refuses(&self) -> bool {
        self.outcome == Outcome::Broken || self.parts.iter().any(|p| p.outcome == Outcome::Broken)
    }
}

/// The one outcome of all parts; where they differ, mixed, unless one of them is not known.
fn together(parts: &[Part]) -> Outcome {
    let mut outcomes: Vec<Outcome> = parts.iter().map(|p| p.outcome).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    match outcomes[..] {
        [only] => only,
        [] => Outcome::Unknown,
        _ if outcomes.contains(&Outcome::Unknown) => Outcome::Unknown,
        _ => Outcome::Mixed,
    }
}

/// The reasons of the first part of each outcome.
fn reasons(parts: &[Part]) -> Vec<Evidence> {
    let mut seen: Vec<Outcome> = Vec::new();
    let mut because: Vec<Evidence> = Vec::new();
    for part in parts {
        if !seen.contains(&part.outcome) {
            seen.push(part.outcome);
            part.because.iter().for_each(|e| {
                if !because.contains(e) {
                    because.push(e.clone());
                }
            });
        }
    }
    because
}
