//! What every command and rule reads: the index, what the meshes make of it, and how much of a cluster was seen.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::index::{Index, Workload};
use crate::mesh::install::Install;
use crate::mesh::istio::Istio;
use crate::mesh::linkerd::Linkerd;
use crate::mesh::membership::Memberships;
use crate::mesh::{ControlPlane, Mesh, MeshView};
use crate::model::{Coverage, Gap, InjectionFact, Kind, Membership, MeshId, ObjectRef, Str};

/// Where the objects came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A live cluster.
    Cluster,
    /// Manifests alone.
    Files,
    /// A saved snapshot.
    Snapshot,
    /// The built-in demo.
    Demo,
    /// Manifests laid over a live cluster.
    Overlay,
}

impl SourceKind {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Files => "files",
            Self::Snapshot => "snapshot",
            Self::Demo => "demo",
            Self::Overlay => "overlay",
        }
    }
}

/// Where the objects came from, with the name of it.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// What kind of source.
    pub kind: SourceKind,
    /// Context, file or directory.
    pub name: Str,
}

/// Whether the absence of an object means that it does not exist.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    /// Everything was seen: what is not here does not exist.
    Clear,
    /// These are files that hold nothing of the kind there: a cluster may well have it.
    NotInFiles,
    /// Something hides it; the gap says what, nothing stands for a namespace outside the one that was read.
    Hidden(Option<Gap>),
}

/// Everything that is known.
#[derive(Debug)]
pub struct World {
    /// Objects, arranged.
    pub index: Index,
    /// Istio, as far as it is here.
    pub istio: Istio,
    /// Linkerd, as far as it is here.
    pub linkerd: Linkerd,
    /// Where the objects came from.
    pub source: SourceInfo,
    /// The time that certificate and age rules reckon with.
    pub now: Timestamp,
    /// Other clusters to compare with, each under a name of its own (`source.name`), with as much of it as rules ask for.
    pub remotes: Vec<World>,
    /// What is to be installed, when that is the question.
    pub install: Install,
    /// Membership of every workload in both meshes, once somebody asked.
    memberships: Memberships,
}

impl World {
    /// Opens the meshes on an index; there are no other clusters yet.
    pub fn new(index: Index, source: SourceInfo, now: Timestamp) -> Self {
        let istio = Istio::open(&index);
        let linkerd = Linkerd::open(&index);
        Self { index, istio, linkerd, source, now, remotes: Vec::new(), install: Install::default(), memberships: Memberships::default() }
    }

    /// What the engines in `mesh/` read.
    pub fn view(&self) -> MeshView<'_> {
        MeshView { index: &self.index, istio: &self.istio, linkerd: &self.linkerd, memberships: &self.memberships }
    }

    /// Membership of a workload in a mesh; found out once, since many rules ask.
    pub fn injection(&self, mesh: MeshId, workload: &Workload) -> &InjectionFact {
        self.view().injection(mesh, workload)
    }

    /// How a workload is in a mesh; the gap where what decides was not read.
    pub fn membership(&self, mesh: MeshId, workload: &Workload) -> Result<Membership, Gap> {
        self.view().membership(mesh, workload)
    }

    /// Both meshes, whether or not they are here.
    pub fn meshes(&self) -> [&dyn Mesh; 2] {
        [&self.istio, &self.linkerd]
    }

    /// The cluster itself, as something to point at.
    pub fn cluster(&self) -> ObjectRef {
        ObjectRef { kind: Kind::Cluster, namespace: Str::default(), name: self.source.name.clone(), api_version: Str::default() }
    }

    /// Whether anything of a mesh is visible.
    pub fn has_mesh(&self, mesh: MeshId) -> bool {
        self.meshes().iter().any(|m| m.id() == mesh && m.is_present())
    }

    /// How clearly objects of `kind` in `namespace` are seen (an empty namespace means all of them).
    ///
    /// Files are a part of what a cluster holds. That something is absent is believed only where they hold other objects of its kind: a
    /// folder with the Services of `shop` tells which of those exist, and nothing about the Services of `pay`.
    pub fn sight(&self, kind: Kind, namespace: &str) -> Sight {
        let inventory = self.index.inventory();
        if kind == Kind::Namespace && self.index.namespace(namespace).is_some() {
            return Sight::Clear;
        }
        let also_read = inventory.also_read.iter().any(|(k, ns)| *k == kind && *ns == namespace);
        let here = match (inventory.coverage.get(&kind), &inventory.namespace) {
            (Some(Coverage::Absent), _) => return Sight::NotInFiles,
            (Some(Coverage::Complete), _) if self.source.kind == SourceKind::Files && !self.files_show(kind, namespace) => {
                return Sight::NotInFiles;
            }
            (Some(Coverage::Unread) | None, _) => also_read,
            (Some(Coverage::Complete | Coverage::Hidden), Some(only)) => !kind.namespaced() || *only == namespace || also_read,
            // Read in some namespaces only (ConfigMaps in those of control planes): nothing is known of the others.
            (Some(Coverage::Complete | Coverage::Hidden), None) => {
                namespace.is_empty() || also_read || !inventory.also_read.iter().any(|(k, _)| *k == kind)
            }
        };
        match self.gap(kind, namespace) {
            Some(gap) => Sight::Hidden(Some(gap)),
            None if here => Sight::Clear,
            None => Sight::Hidden(None),
        }
    }

    /// Whether files show which objects of `kind` exist in `namespace`. Namespaces, Nodes and GatewayClasses come with a cluster or a controller,
    /// so that having one of them says nothing about the others.
    fn files_show(&self, kind: Kind, namespace: &str) -> bool {
        !matches!(kind, Kind::Namespace | Kind::Node | Kind::GatewayClass) && self.index.holds(kind, namespace)
    }

    /// Whether an object of `kind` in `namespace` stands in the files or the cluster in a form that does not decode: it is there, and what it says
    /// is not known.
    pub fn undecoded(&self, kind: Kind, namespace: &str) -> Option<&Gap> {
        let gaps = self.index.inventory().gaps.iter();
        let same = |gap: &&Gap| gap.kind() == kind && (namespace.is_empty() || gap.namespace() == namespace);
        gaps.filter(|gap| matches!(gap, Gap::Undecodable { .. })).find(same)
    }

    /// Whether some other tool makes this object of what the files hold: cert-manager a Secret, trust-manager a ConfigMap.
    pub fn is_made(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        self.index.inventory().made.iter().any(|(k, ns, n)| *k == kind && fits(ns, namespace) && fits(n, name))
    }

    /// The gap that hides objects of `kind`, if one does.
    pub fn gap(&self, kind: Kind, namespace: &str) -> Option<Gap> {
        let gaps = &self.index.inventory().gaps;
        let hiding = |gap: &&Gap| gap.kind() == kind && gap.hides_objects() && !matches!(gap, Gap::Undecodable { .. });
        let here = |gap: &&Gap| namespace.is_empty() || gap.namespace().is_empty() || gap.namespace() == namespace;
        gaps.iter().filter(hiding).find(here).cloned()
    }

    /// Whether anything that was asked for may exist and was not seen.
    pub fn has_hiding_gaps(&self) -> bool {
        self.index.inventory().gaps.iter().any(Gap::hides_objects)
    }

    /// Why `kinds` were not seen in the namespaces that were read, if some were not.
    pub fn hidden(&self, kinds: &[Kind]) -> Option<String> {
        let namespace = self.index.inventory().namespace.clone().unwrap_or_default();
        let because: BTreeSet<String> = kinds
            .iter()
            .filter_map(|kind| match self.sight(*kind, &namespace) {
                Sight::Hidden(gap) => Some(gap.map_or_else(|| format!("{} were not read", kind.resource()), |g| g.to_string())),
                _ => None,
            })
            .collect();
        (!because.is_empty()).then(|| because.into_iter().collect::<Vec<_>>().join("; "))
    }

    /// All control planes of both meshes.
    pub fn control_planes(&self) -> impl Iterator<Item = &ControlPlane> {
        self.istio.control_planes.iter().chain(&self.linkerd.control_planes)
    }

    /// Whether anything shows that a mesh is here or meant to be: a control plane, one of its objects, a namespace that asks for it.
    pub fn has_trace_of(&self, mesh: MeshId) -> bool {
        let (planes, domain) = match mesh {
            MeshId::Istio => (&self.istio.control_planes, "istio.io"),
            MeshId::Linkerd => (&self.linkerd.control_planes, "linkerd.io"),
        };
        let inventory = self.index.inventory();
        let asks = |meta: &crate::model::Meta| {
            let mut keys = meta.labels.iter().chain(meta.annotations.iter());
            keys.any(|(k, _)| k.contains(domain) || (mesh == MeshId::Istio && *k == "istio-injection"))
        };
        !planes.is_empty()
            || inventory.objects.iter().any(|o| o.kind.group().ends_with(domain))
            || inventory.namespaces.iter().any(|n| asks(&n.metadata))
            || inventory.controllers.iter().any(|c| c.template().is_some_and(|t| asks(&t.metadata)))
            || inventory.pods.iter().any(|p| asks(&p.metadata))
    }

    /// Whether something that would show a mesh could not be read, so that its absence means nothing.
    pub fn traces_may_be_hidden(&self) -> bool {
        let telling = [Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::MutatingWebhookConfiguration];
        self.index.inventory().gaps.iter().any(|g| g.hides_objects() && telling.contains(&g.kind()))
    }

    /// The one namespace that answers are wanted for, if it is one.
    pub fn only_namespace(&self) -> Option<&Str> {
        let inventory = self.index.inventory();
        inventory.namespace.as_ref().or(inventory.focus.as_ref())
    }

    /// Whether something in `namespace` (empty for cluster-scoped) is to be reported on.
    pub fn in_scope(&self, namespace: &str) -> bool {
        let planned = || self.install.targets.iter().any(|t| t.namespace == namespace);
        self.only_namespace().is_none_or(|only| namespace.is_empty() || *only == namespace || planned())
    }
}
