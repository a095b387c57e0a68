//! Membership of workloads: what is meant, what runs, why, and whether pods have to be replaced.

use serde::Serialize;

use super::{UNKNOWN, wanted};
use crate::index::Workload;
use crate::model::{DriftCode, Evidence, Fact, Gap, InjectionFact, Intent, Kind, MeshId, Mode, ObjectRef, PodState, Str, words};
use crate::world::World;

/// Who is in a mesh, and why.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InjectionReport {
    /// One row for each workload and mesh that concerns it; one with mesh `none` for those outside.
    pub workloads: Vec<InjectionRow>,
    /// What could not be read and would have told more.
    pub gaps: Vec<Gap>,
    /// Whether people want the whole chain of reasons: the command line named what it is about.
    #[serde(skip)]
    pub in_full: bool,
}

/// A workload and a mesh.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InjectionRow {
    /// Kind.
    pub kind: Kind,
    /// Namespace.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// The mesh.
    pub mesh: MeshOrNone,
    /// What a pod created now would become.
    pub intended: Intended,
    /// What the pods are.
    pub actual: PodState,
    /// The revision a new pod would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Str>,
    /// Whether a new pod's proxy would be a native sidecar; left out where that is not known or there would be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<bool>,
    /// Pods, and how many of them are in the mesh.
    pub pods: PodCount,
    /// Whether new pods would put right what differs.
    pub restart_needed: bool,
    /// What decides about new pods, the deciding word last.
    pub because: Vec<Evidence>,
    /// What differs in the pods that run.
    pub drift: Vec<DriftRow>,
    /// What has to be read to tell `intended`.
    #[serde(skip)]
    pub unknown: Option<Gap>,
}

words! {
    /// A mesh, where there is one.
    MeshOrNone {
        /// Istio.
        Istio = "istio",
        /// Linkerd.
        Linkerd = "linkerd",
        /// No mesh.
        None = "none",
    }
}

impl From<MeshId> for MeshOrNone {
    fn from(mesh: MeshId) -> Self {
        match mesh {
            MeshId::Istio => Self::Istio,
            MeshId::Linkerd => Self::Linkerd,
        }
    }
}

words! {
    /// What a pod created now would become.
    Intended {
        /// It would get a proxy.
        Sidecar = "sidecar",
        /// The ztunnel of its node would take its traffic.
        Ambient = "ambient",
        /// It would be a proxy itself.
        Gateway = "gateway",
        /// It would be left alone.
        None = "none",
        /// It would not be created.
        Refused = "refused",
        /// What decides was not read.
        Unknown = "unknown",
    }
}

impl Intended {
    /// Whether it would be in the mesh.
    pub const fn is_inside(self) -> bool {
        matches!(self, Self::Sidecar | Self::Ambient | Self::Gateway)
    }
}

impl From<&Intent> for Intended {
    fn from(intent: &Intent) -> Self {
        match intent {
            Intent::Out => Self::None,
            Intent::Refused => Self::Refused,
            Intent::In { mode: Mode::Sidecar, .. } => Self::Sidecar,
            Intent::In { mode: Mode::Ambient, .. } => Self::Ambient,
            Intent::In { mode: Mode::Gateway, .. } => Self::Gateway,
        }
    }
}

/// Pods of a workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PodCount {
    /// All that run or are about to.
    pub total: usize,
    /// Those in the mesh.
    pub inside: usize,
}

/// A difference between what runs and what is meant.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DriftRow {
    /// What kind of difference it is.
    pub code: DriftCode,
    /// Whether a restart fixes it.
    pub restart: bool,
    /// What shows it.
    #[serde(flatten)]
    pub evidence: Evidence,
}

impl InjectionRow {
    fn new(world: &World, workload: &Workload, fact: InjectionFact) -> Self {
        let reference = &workload.reference;
        let revision = match fact.intended.value() {
            Some(Intent::In { revision, .. }) => revision.clone(),
            _ => None,
        };
        let native = world.view().native_sidecar(fact.mesh, workload).value().copied();
        let restart_needed = fact.restart_needed();
        let (intended, because, unknown) = match fact.intended {
            Fact::Known { value, because } => (Intended::from(&value), because, None),
            Fact::Unknown(gap) => (Intended::Unknown, vec![Evidence::default(gap.to_string())], Some(gap)),
            Fact::NotApplicable => (Intended::None, Vec::new(), None),
        };
        Self {
            kind: reference.kind,
            namespace: reference.namespace.clone(),
            name: reference.name.clone(),
            mesh: fact.mesh.into(),
            intended,
            actual: fact.actual.state(),
            revision,
            native,
            pods: PodCount { total: fact.actual.pods(), inside: fact.actual.inside() },
            restart_needed,
            because,
            drift: fact.drift.into_iter().map(|d| DriftRow { code: d.code, restart: d.restart, evidence: d.evidence }).collect(),
            unknown,
        }
    }

    /// The object.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef { namespace: self.namespace.clone(), kind: self.kind, name: self.name.clone(), api_version: Str::default() }
    }

    /// `intended` as a table shows it.
    pub fn intended_cell(&self) -> &'static str {
        if self.intended == Intended::Unknown { UNKNOWN } else { self.intended.name() }
    }

    /// The most telling reason: what is wrong with the running pods, else the label, annotation or field that decided; nothing for a workload
    /// that nothing asks to be in a mesh.
    pub fn reason(&self) -> Option<&Evidence> {
        if let Some(drift) = self.drift.first() {
            return Some(&drift.evidence);
        }
        if matches!(self.intended, Intended::None | Intended::Refused) {
            return self.because.iter().rfind(|e| e.path.is_some());
        }
        let asks = |e: &&Evidence| e.path.as_deref().is_some_and(|p| p.contains("metadata."));
        self.because.iter().find(asks).or(self.because.last())
    }
}

/// Everything in scope.
pub fn injection(world: &World, only: Option<MeshId>) -> InjectionReport {
    let workloads = world.index.workloads().iter().filter(|w| world.shows(w));
    report(workloads.flat_map(|w| rows(world, w, only, false)).collect(), world)
}

/// One workload, each mesh whether it concerns it or not.
pub fn injection_of(world: &World, workload: &Workload, only: Option<MeshId>) -> InjectionReport {
    report(rows(world, workload, only, true), world)
}

fn report(workloads: Vec<InjectionRow>, world: &World) -> InjectionReport {
    let mut gaps = super::gaps(world, super::MEMBERSHIP_KINDS);
    gaps.extend(workloads.iter().filter_map(|row| row.unknown.clone()));
    gaps.sort();
    gaps.dedup();
    InjectionReport { workloads, gaps, in_full: false }
}

/// The rows of a workload; those of meshes that do not concern it are folded into one, unless all are wanted.
pub(super) fn rows(world: &World, workload: &Workload, only: Option<MeshId>, all: bool) -> Vec<InjectionRow> {
    let none_is_here = !world.meshes().iter().any(|m| m.is_present());
    let facts: Vec<InjectionFact> = world.view().injections(workload).to_vec();
    // A part of one mesh is no stranger to be counted as outside of the other.
    if !all && facts.iter().any(|f| f.intended == Fact::NotApplicable) {
        return Vec::new();
    }
    // A mesh of which nothing is visible has nothing to say beside one that is, unless the workload shows its traces.
    let relevant = |f: &InjectionFact| none_is_here || world.has_mesh(f.mesh) || (f.concerns() && f.intended.value().is_some());
    let facts: Vec<InjectionFact> = facts.into_iter().filter(|f| wanted(only, f.mesh)).filter(relevant).collect();
    if all || facts.iter().any(InjectionFact::concerns) {
        return facts.into_iter().filter(|f| all || f.concerns()).map(|f| InjectionRow::new(world, workload, f)).collect();
    }
    let mut outside = facts.into_iter().map(|f| InjectionRow::new(world, workload, f));
    let Some(mut row) = outside.next() else { return Vec::new() };
    row.mesh = MeshOrNone::None;
    row.because.extend(outside.flat_map(|other| other.because));
    vec![row]
}
