//! Neutral words for membership: which mesh, whether a workload is meant to be in it, whether it is, and why.

use std::fmt;

use serde::Serialize;

use super::{Evidence, Fact, Str, words};

/// A mesh this tool understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MeshId {
    /// Istio.
    Istio,
    /// Linkerd.
    Linkerd,
}

impl MeshId {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Istio => "istio",
            Self::Linkerd => "linkerd",
        }
    }

    /// What it calls the container of its proxy.
    pub const fn proxy(self) -> &'static str {
        match self {
            Self::Istio => "istio-proxy",
            Self::Linkerd => "linkerd-proxy",
        }
    }

    /// Its name in sentences.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Istio => "Istio",
            Self::Linkerd => "Linkerd",
        }
    }
}

impl fmt::Display for MeshId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a pod's traffic reaches the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A proxy in the pod.
    Sidecar,
    /// The node's ztunnel.
    Ambient,
    /// The pod is itself a proxy of the mesh: an ingress gateway or a waypoint.
    Gateway,
}

impl Mode {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sidecar => "sidecar",
            Self::Ambient => "ambient",
            Self::Gateway => "gateway",
        }
    }
}

/// How a workload is in a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Membership {
    /// Not at all.
    None,
    /// Its pods carry a proxy.
    Sidecar,
    /// The ztunnel of its node carries its traffic.
    Ambient,
    /// It is a gateway for traffic into, out of or between meshes.
    Gateway,
    /// It is a waypoint.
    Waypoint,
}

impl Membership {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sidecar => "sidecar",
            Self::Ambient => "ambient",
            Self::Gateway => "gateway",
            Self::Waypoint => "waypoint",
        }
    }
}

/// What a pod created now would become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Left alone.
    Out,
    /// Taken into the mesh.
    In {
        /// How.
        mode: Mode,
        /// By which revision, where the mesh has such a thing.
        revision: Option<Str>,
    },
    /// Not created: an injector or the API server refuses the pod; the last reason says why.
    Refused,
}

impl Intent {
    /// The word in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Out => "none",
            Self::In { mode, .. } => mode.name(),
            Self::Refused => "refused",
        }
    }

    /// How, when it is in.
    pub const fn mode(&self) -> Option<Mode> {
        match self {
            Self::Out | Self::Refused => None,
            Self::In { mode, .. } => Some(*mode),
        }
    }
}

/// What the running pods of a workload are; finished pods and those going away do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actual {
    /// Pods with a proxy among their containers.
    pub sidecar: usize,
    /// Pods with a proxy among their init containers that runs on: a native sidecar.
    pub native: usize,
    /// Pods whose traffic ztunnel takes.
    pub ambient: usize,
    /// Pods that ambient has begun to take and not finished.
    pub pending: usize,
    /// Pods that are proxies themselves.
    pub gateway: usize,
    /// Pods the mesh has not touched.
    pub out: usize,
}

impl Actual {
    /// All pods that count.
    pub const fn pods(&self) -> usize {
        self.inside() + self.pending + self.out
    }

    /// Pods that are in the mesh.
    pub const fn inside(&self) -> usize {
        self.sidecar + self.native + self.ambient + self.gateway
    }

    /// The one state all pods are in, if it is one.
    pub fn state(&self) -> PodState {
        let states = [
            (self.sidecar, PodState::Sidecar),
            (self.native, PodState::NativeSidecar),
            (self.ambient, PodState::Ambient),
            (self.pending, PodState::AmbientPending),
            (self.gateway, PodState::Gateway),
            (self.out, PodState::None),
        ];
        let mut present = states.iter().filter(|(count, _)| *count > 0).map(|(_, state)| *state);
        match (present.next(), present.next()) {
            (None, _) => PodState::NoPods,
            (Some(only), None) => only,
            _ => PodState::Mixed,
        }
    }
}

words! {
    /// What the pods of a workload are, all together.
    PodState {
        /// They carry a proxy.
        Sidecar = "sidecar",
        /// They carry a proxy as a native sidecar: an init container that runs on.
        NativeSidecar = "native-sidecar",
        /// The ztunnel of their node takes their traffic.
        Ambient = "ambient",
        /// Ambient has begun to take them and not finished.
        AmbientPending = "ambient-pending",
        /// They are proxies themselves.
        Gateway = "gateway",
        /// The mesh has not touched them.
        None = "none",
        /// They differ.
        Mixed = "mixed",
        /// There are none.
        NoPods = "no-pods",
    }
}

words! {
    /// How what runs differs from what a new pod would be.
    DriftCode {
        /// Annotations that a running proxy does not read any more.
        Annotations = "annotations",
        /// It belongs to another control plane.
        ControlPlane = "control-plane",
        /// It is in the mesh in another way.
        Mode = "mode",
        /// Ambient has not taken it in.
        NotCaptured = "not-captured",
        /// It runs without a proxy.
        NotInjected = "not-injected",
        /// Ambient has not finished taking it in.
        Pending = "pending",
        /// Its proxy is of another version.
        ProxyVersion = "proxy-version",
        /// A new pod would not be created.
        Refused = "refused",
        /// It is of another revision.
        Revision = "revision",
        /// It was injected with other trust anchors.
        TrustAnchors = "trust-anchors",
        /// It is in the mesh and is not meant to be.
        Unwanted = "unwanted",
    }
}

/// A reason why what runs is not what a new pod would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What kind of difference it is.
    pub code: DriftCode,
    /// Whether new pods would put it right; otherwise something else has to be fixed first.
    pub restart: bool,
    /// What shows it.
    pub evidence: Evidence,
}

/// Membership of one workload in one mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct InjectionFact {
    /// The mesh.
    pub mesh: MeshId,
    /// What a pod created now would become, with the chain of labels, annotations and fields that decide; not applicable to parts of a mesh.
    pub intended: Fact<Intent>,
    /// What the running pods are.
    pub actual: Actual,
    /// How the two differ.
    pub drift: Vec<Drift>,
    /// The first webhook configuration that adds the mesh's proxy to new pods; the API server asks them in the order of their names.
    pub added_by: Option<Str>,
}

impl InjectionFact {
    /// Of something that is no pod and makes none, or is a part of the mesh itself.
    pub fn not_applicable(mesh: MeshId) -> Self {
        Self { mesh, intended: Fact::NotApplicable, actual: Actual::default(), drift: Vec::new(), added_by: None }
    }

    /// Whether running pods have to be replaced to become what is intended.
    pub fn restart_needed(&self) -> bool {
        self.drift.iter().any(|d| d.restart)
    }

    /// Whether the mesh has anything to do with the workload: it is meant to be in, or some of its pods are.
    pub fn concerns(&self) -> bool {
        let out = matches!(self.intended, Fact::Known { value: Intent::Out, .. } | Fact::NotApplicable);
        !out || self.actual.inside() + self.actual.pending > 0
    }
}

#[cfg(test)]
mod tests {
    use super::Actual;

    #[test]
    fn one_word_says_what_all_pods_are() {
        let of = |sidecar, native, out| Actual { sidecar, native, out, ..Actual::default() }.state().name();
        assert_eq!([of(0, 0, 0), of(2, 0, 0), of(0, 1, 0), of(0, 0, 3), of(1, 0, 1)], ["no-pods", "sidecar", "native-sidecar", "none", "mixed"]);
    }
}
