//! The meshes at a glance: control planes, what runs beside them, and each namespace.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::injection::{Intended, MeshOrNone, PodCount, rows};
use super::wanted;
use crate::index::Workload;
use crate::mesh::istio::labels::{is_captured, is_waypoint};
use crate::mesh::linkerd::{COMPONENT, PARTS};
use crate::mesh::mtls::Mode;
use crate::mesh::skew::{Distance, Skew};
use crate::mesh::{ControlPlane, counts};
use crate::model::{Evidence, Gap, Kind, Map, MeshId, ObjectRef, Pod, PodState, Str, words};
use crate::world::{Sight, World};

/// Meshes and namespaces.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusReport {
    /// Control planes, one row for each revision.
    pub meshes: Vec<ControlPlaneRow>,
    /// ztunnel, CNI plugins, extensions.
    pub components: Vec<ComponentRow>,
    /// Namespaces that hold workloads.
    pub namespaces: Vec<NamespaceRow>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A control plane.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ControlPlaneRow {
    /// Mesh.
    pub mesh: MeshId,
    /// Version, when it can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Str>,
    /// What the version was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_source: Option<Evidence>,
    /// Namespace.
    pub namespace: Str,
    /// Revision, for Istio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Str>,
    /// Other names of the revision.
    pub tags: Vec<Str>,
    /// Ready pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<usize>,
    /// Pods there should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<usize>,
    /// Its proxies, by how far they are from it; nothing where its version or the pods are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxies: Option<ProxyCount>,
    /// What shows that it is there.
    pub evidence: Vec<Evidence>,
}

/// Proxies by their distance from their control plane, as each mesh judges it: what is one version behind is supported, what is ahead is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProxyCount {
    /// All whose version can be told.
    pub total: usize,
    /// Those of another version than the control plane, within what is supported or not.
    pub outdated: usize,
    /// Those further apart than is supported.
    pub unsupported: usize,
}

impl ProxyCount {
    fn add(&mut self, distance: Distance, pods: usize) {
        self.total += pods;
        self.outdated += if distance == Distance::None { 0 } else { pods };
        self.unsupported += if distance.is_unsupported() { pods } else { 0 };
    }
}

/// Something a mesh runs beside its control plane.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComponentRow {
    /// Mesh.
    pub mesh: MeshId,
    /// Name.
    pub name: Str,
    /// The object.
    pub object: ObjectRef,
    /// Version, when an image tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Str>,
    /// Ready pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<usize>,
    /// Pods there should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<usize>,
}

/// A namespace.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NamespaceRow {
    /// Name.
    pub namespace: Str,
    /// How its workloads are in a mesh; several when they differ, none when it is in no mesh.
    pub modes: Vec<NamespaceMode>,
    /// Pods, and how many of them are in a mesh.
    pub pods: PodCount,
    /// What its workloads accept; several when they differ.
    pub mtls: Vec<Accepted>,
    /// Policies of either mesh in it; nothing when they could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<usize>,
    /// Workloads whose pods have to be replaced to become what is meant.
    pub restart_needed: usize,
    /// Its proxies, by how far they are from their control planes.
    pub proxies: ProxyCount,
    /// Pods in a mesh that are not ready; those that have finished, were evicted or are going away do not count.
    pub not_ready: usize,
}

words! {
    /// How workloads of a namespace are in a mesh.
    NamespaceMode {
        /// In Istio by ztunnel.
        IstioAmbient = "istio-ambient",
        /// As gateways of Istio.
        IstioGateway = "istio-gateway",
        /// In Istio with a proxy in each pod.
        IstioSidecar = "istio-sidecar",
        /// In Linkerd.
        Linkerd = "linkerd",
        /// What decides was not read.
        Unknown = "unknown",
    }
}

words! {
    /// What workloads of a namespace accept.
    Accepted {
        /// Istio: plaintext only.
        Disable = "DISABLE",
        /// Istio: mutual TLS and plaintext.
        Permissive = "PERMISSIVE",
        /// Istio: mutual TLS only.
        Strict = "STRICT",
        /// Linkerd: mutual TLS from clients of the mesh.
        Automatic = "automatic",
        /// What decides was not read.
        Unknown = "unknown",
    }
}

impl From<Mode> for Accepted {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Disable => Self::Disable,
            Mode::Permissive => Self::Permissive,
            Mode::Strict => Self::Strict,
        }
    }
}

/// Everything in scope.
pub fn status(world: &World, only: Option<MeshId>) -> StatusReport {
    let mut gaps = super::gaps(world, super::MEMBERSHIP_KINDS);
    gaps.extend(super::gaps(world, super::POLICY_KINDS));
    let namespaces = namespaces(world, only, &mut gaps);
    gaps.sort();
    gaps.dedup();
    let parts = world.meshes().into_iter().filter(|m| wanted(only, m.id())).flat_map(|m| parts(world, m.id()));
    let components = parts.chain(components(world, only)).collect();
    StatusReport { meshes: control_planes(world, only), components, namespaces, gaps }
}

/// Control planes of the meshes that are wanted.
pub fn control_planes(world: &World, only: Option<MeshId>) -> Vec<ControlPlaneRow> {
    let key = |p: &ControlPlane| (p.namespace.clone(), p.revision.clone());
    let mut proxies: BTreeMap<(Str, Option<Str>), ProxyCount> = BTreeMap::new();
    for workload in world.index.workloads() {
        for (skew, pods) in skews(world, workload, only) {
            proxies.entry(key(skew.plane)).or_default().add(skew.distance, pods);
        }
    }
    let meshes = world.meshes().into_iter().filter(|m| wanted(only, m.id()));
    let row = |p: &ControlPlane| ControlPlaneRow {
        mesh: p.mesh,
        version: p.version.clone(),
        version_source: p.version_source.clone(),
        namespace: p.namespace.clone(),
        revision: p.revision.clone(),
        tags: p.tags.clone(),
        ready: p.ready,
        replicas: p.replicas,
        proxies: p.version.is_some().then(|| proxies.get(&key(p)).copied().unwrap_or_default()),
        evidence: p.evidence.clone(),
    };
    meshes.flat_map(|m| m.control_planes().iter().map(row).collect::<Vec<_>>()).collect()
}

/// How far the proxies of a workload are from their control planes, pods that are alike together.
fn skews<'w>(world: &'w World, workload: &'w Workload, only: Option<MeshId>) -> impl Iterator<Item = (Skew<'w>, usize)> {
    let meshes = [MeshId::Istio, MeshId::Linkerd].into_iter().filter(move |id| wanted(only, *id));
    meshes.flat_map(move |id| world.index.pod_variants(workload).filter_map(move |(pod, alike)| Some((world.view().skew(id, pod)?, alike))))
}

/// The components of a control plane that has several.
fn parts(world: &World, mesh: MeshId) -> Vec<ComponentRow> {
    if mesh != MeshId::Linkerd {
        return Vec::new();
    }
    let row = |name: &str, workload: &Workload| {
        let counted = counts(&world.index, workload);
        ComponentRow {
            mesh,
            name: name.into(),
            object: workload.reference.clone(),
            version: None,
            ready: counted.map(|(ready, _)| ready),
            replicas: counted.map(|(_, wanted)| wanted),
        }
    };
    let of = |name: &'static str| {
        let selector: Map = [(COMPONENT, name)].into_iter().collect();
        world.index.select(None, &selector).map(move |workload| row(name, workload)).collect::<Vec<_>>()
    };
    PARTS.into_iter().flat_map(of).collect()
}

/// What the meshes run beside them.
pub(super) fn components(world: &World, only: Option<MeshId>) -> Vec<ComponentRow> {
    let meshes = world.meshes().into_iter().filter(|m| wanted(only, m.id()));
    meshes
        .flat_map(|m| {
            let row = |c: &crate::mesh::Component| ComponentRow {
                mesh: m.id(),
                name: c.name.clone(),
                object: c.object.clone(),
                version: c.version.clone(),
                ready: c.ready.map(|(ready, _)| ready),
                replicas: c.ready.map(|(_, wanted)| wanted),
            };
            m.components().iter().map(row).collect::<Vec<_>>()
        })
        .collect()
}

#[derive(Default)]
struct Seen {
    modes: BTreeSet<NamespaceMode>,
    mtls: BTreeSet<Accepted>,
    pods: PodCount,
    restart: usize,
    proxies: ProxyCount,
    not_ready: usize,
}

fn namespaces(world: &World, only: Option<MeshId>, gaps: &mut Vec<Gap>) -> Vec<NamespaceRow> {
    let mut seen: BTreeMap<&Str, Seen> = BTreeMap::new();
    for workload in world.index.workloads().iter().filter(|w| world.shows(w)) {
        let rows = rows(world, workload, only, false);
        if rows.is_empty() {
            continue;
        }
        let here = seen.entry(&workload.reference.namespace).or_default();
        // Of a pod in both meshes each row knows; the pods are counted once.
        here.pods.total += rows.iter().map(|r| r.pods.total).max().unwrap_or_default();
        here.pods.inside += rows.iter().map(|r| r.pods.inside).max().unwrap_or_default();
        here.restart += usize::from(rows.iter().any(|r| r.restart_needed));
        skews(world, workload, only).for_each(|(skew, pods)| here.proxies.add(skew.distance, pods));
        if rows.iter().any(|r| r.pods.inside > 0) {
            let inside = |pod: &&Pod| is_captured(pod) || world.meshes().iter().any(|mesh| mesh.has_proxy(pod));
            // A manifest tells of no pod whether it is ready.
            let waiting = |pod: &&Pod| !pod.status.phase.is_empty() && !pod.is_ready() && inside(pod);
            here.not_ready += world.index.live_pods(workload).filter(waiting).count();
        }
        for row in &rows {
            gaps.extend(row.unknown.clone());
            let inside = row.pods.inside > 0 || row.intended.is_inside();
            match (row.mesh, row.intended) {
                (MeshOrNone::None, _) => {}
                (_, Intended::Unknown) if !inside => {
                    here.modes.insert(NamespaceMode::Unknown);
                }
                // A waypoint serves the namespace's mode and is none of its own.
                (MeshOrNone::Istio, _) if inside && is_waypoint(&workload.labels) => {}
                (MeshOrNone::Istio, _) if inside => {
                    here.modes.insert(istio_mode(row));
                    here.mtls.extend(accepted(world, workload, gaps));
                }
                (MeshOrNone::Linkerd, _) if inside => {
                    here.modes.insert(NamespaceMode::Linkerd);
                    here.mtls.insert(Accepted::Automatic);
                }
                _ => {}
            }
        }
    }
    let row = |(namespace, here): (&Str, Seen)| NamespaceRow {
        namespace: namespace.clone(),
        modes: here.modes.into_iter().collect(),
        pods: here.pods,
        mtls: here.mtls.into_iter().collect(),
        policies: policies(world, namespace),
        restart_needed: here.restart,
        proxies: here.proxies,
        not_ready: here.not_ready,
    };
    seen.into_iter().map(row).collect()
}

fn istio_mode(row: &super::InjectionRow) -> NamespaceMode {
    match (row.intended, row.actual) {
        (Intended::Gateway, _) | (_, PodState::Gateway) => NamespaceMode::IstioGateway,
        (Intended::Ambient, _) => NamespaceMode::IstioAmbient,
        (intended, PodState::Ambient) if !intended.is_inside() => NamespaceMode::IstioAmbient,
        _ => NamespaceMode::IstioSidecar,
    }
}

/// The modes a workload accepts on its ports.
fn accepted(world: &World, workload: &Workload, gaps: &mut Vec<Gap>) -> BTreeSet<Accepted> {
    match world.view().istio_accepts(workload) {
        Ok(accepts) => std::iter::once(&accepts.any).chain(accepts.ports.values()).map(|d| d.mode.into()).collect(),
        Err(gap) => {
            gaps.push(gap);
            BTreeSet::from([Accepted::Unknown])
        }
    }
}

/// Policies in a namespace; nothing when one of their kinds is hidden.
fn policies(world: &World, namespace: &str) -> Option<usize> {
    let hidden = |kind: &Kind| matches!(world.sight(*kind, namespace), Sight::Hidden(_));
    if super::POLICY_KINDS.iter().any(hidden) {
        return None;
    }
    Some(super::POLICY_KINDS.iter().map(|kind| world.index.objects_in(*kind, namespace).len()).sum())
}
