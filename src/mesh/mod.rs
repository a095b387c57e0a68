//! The meshes: what each makes of the objects in the index.

pub mod authorization;
pub(crate) mod called;
pub(crate) mod calls;
pub(crate) mod certificate;
pub(crate) mod envoy;
pub mod expiry;
pub(crate) mod gateway_api;
pub mod install;
pub mod istio;
pub(crate) mod linkerd;
pub mod log_line;
pub(crate) mod membership;
pub mod mtls;
pub(crate) mod names;
mod native;
pub(crate) mod network_policy;
pub mod observed;
pub(crate) mod pod_proxy;
pub(crate) mod proxy_diff;
pub(crate) mod resolve;
pub mod rotation;
pub(crate) mod routes;
pub(crate) mod shown;
pub(crate) mod skew;
pub mod success_rate;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::OnceLock;

use crate::index::{Index, Sight, Workload};
use crate::model::{Drift, DriftCode, Evidence, Gap, Kind, Map, MeshId, ObjectRef, Pod, PodSpec, Str, Subject};

/// What the engines read: the objects and what both meshes make of them. A [`World`](crate::world::World) lends it.
#[derive(Clone, Copy, Debug)]
pub struct MeshView<'a> {
    /// Objects, arranged.
    pub index: &'a Index,
    /// Istio, as far as it is here.
    pub(crate) istio: &'a istio::Istio,
    /// Linkerd, as far as it is here.
    pub(crate) linkerd: &'a linkerd::Linkerd,
    /// What was found out already.
    pub(crate) cache: &'a Cache,
}

/// What is found out once for a run, when it is first asked for. A [`World`](crate::world::World) owns it.
#[derive(Debug, Default)]
pub struct Cache {
    memberships: membership::Memberships,
    peers: OnceLock<mtls::ByLevel>,
    declared: OnceLock<mtls::DeclaredAt>,
    authorization_policies: OnceLock<istio::policy::Attached>,
    request_authentications: OnceLock<istio::policy::Attached>,
    servers: OnceLock<linkerd::server::ByAge>,
    authorizations: OnceLock<linkerd::authz::Authorizations>,
    server_routes: OnceLock<linkerd::routes::ByServer>,
    isolated: [OnceLock<network_policy::IsolatedAt>; 2],
}

/// What `status` and `version` list of either mesh. Questions about workloads and traffic have modules of their own beside it, for both meshes.
pub trait Mesh {
    /// Which mesh it is.
    fn id(&self) -> MeshId;

    /// Its control planes, sorted by namespace and revision; empty when none is visible.
    fn control_planes(&self) -> &[ControlPlane];

    /// Whether a pod carries one of its proxies.
    fn has_proxy(&self, pod: &Pod) -> bool;

    /// The version of the proxy that carries a pod's traffic; nothing for pods outside of this mesh or images without a tag.
    fn proxy_version(&self, pod: &Pod) -> Option<Str>;

    /// What the mesh runs on every node or beside its control plane, by name: ztunnel, a CNI plugin, extensions.
    fn components(&self) -> &[Component];

    /// Whether anything of it is visible.
    fn is_present(&self) -> bool {
        !self.control_planes().is_empty() || !self.components().is_empty()
    }
}

/// One control plane; Istio has one per revision.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlPlane {
    /// The mesh.
    pub mesh: MeshId,
    /// Its namespace; empty when only its webhooks are visible.
    pub namespace: Str,
    /// Its revision, where the mesh has such a thing.
    pub revision: Option<Str>,
    /// Further names of the revision.
    pub tags: Vec<Str>,
    /// Its version, when it can be told.
    pub version: Option<Str>,
    /// What the version was read from.
    pub version_source: Option<Evidence>,
    /// Ready pods, when pods or a Deployment's status were seen.
    pub ready: Option<usize>,
    /// Pods there should be.
    pub replicas: Option<usize>,
    /// What shows that it is there.
    pub evidence: Vec<Evidence>,
}

/// A part of a mesh beside the control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// For instance `ztunnel`.
    pub name: Str,
    /// What shows it.
    pub object: ObjectRef,
    /// Its version, when an image tells.
    pub version: Option<Str>,
    /// Ready and wanted pods, when a status tells.
    pub ready: Option<(usize, usize)>,
}

/// What a namespace says: its labels (with the name label that every cluster adds) and annotations; a gap when it was not read.
fn namespace_words(index: &Index, name: &str) -> Result<(Map, Map), Gap> {
    const NAME: &str = "kubernetes.io/metadata.name";
    let Some(namespace) = index.namespace(name) else {
        let detail = "its labels and annotations are not known".into();
        return Err(match index.sight(Kind::Namespace, name) {
            Sight::Hidden(Some(gap)) => gap,
            _ => Gap::Incomplete { kind: Kind::Namespace, namespace: name.into(), detail },
        });
    };
    let meta = &namespace.metadata;
    let labels = if meta.labels.has(NAME) {
        meta.labels.clone()
    } else {
        meta.labels.iter().map(|(k, v)| (k.clone(), v.clone())).chain([(Str::from(NAME), meta.name.clone())]).collect()
    };
    Ok((labels, meta.annotations.clone()))
}

/// The pod that decides about a workload: its template, or the pod itself.
struct AdmittedPod<'a> {
    index: &'a Index,
    workload: &'a Workload,
    spec: &'a PodSpec,
}

impl<'a> AdmittedPod<'a> {
    fn of(index: &'a Index, workload: &'a Workload) -> Option<Self> {
        Some(Self { index, workload, spec: index.pod_spec(workload)? })
    }

    fn labels(&self) -> &'a Map {
        &self.workload.labels
    }

    fn annotations(&self) -> &'a Map {
        &self.workload.annotations
    }

    /// Evidence at a field of the pod admitted.
    fn evidence(&self, path: &str, text: impl Into<String>) -> Evidence {
        let full = match self.index.template_path(self.workload) {
            "" => path.to_owned(),
            template => format!("{template}.{path}"),
        };
        Evidence::field(self.workload.reference.clone(), full, text)
    }

    fn label(&self, name: &str, text: impl Into<String>) -> Evidence {
        self.evidence(&format!("metadata.labels{}", crate::model::key(name)), text)
    }

    fn annotation(&self, name: &str, text: impl Into<String>) -> Evidence {
        self.evidence(&format!("metadata.annotations{}", crate::model::key(name)), text)
    }
}

/// A pod that stands for all that are like it.
#[derive(Clone, Copy)]
struct PodVariant<'a> {
    pod: &'a Pod,
    pods: usize,
}

impl std::ops::Deref for PodVariant<'_> {
    type Target = Pod;
    fn deref(&self) -> &Pod {
        self.pod
    }
}

/// Differences between what runs and what is meant, each told once with the number of pods that show it.
#[derive(Default)]
struct Drifts(Vec<(usize, Drift)>);

impl Drifts {
    fn add(&mut self, code: DriftCode, restart: bool, found: PodVariant<'_>, path: &str, text: impl Into<String>) {
        let text = text.into();
        // A workload has few kinds of difference, however many pods.
        if let Some((count, _)) = self.0.iter_mut().find(|(_, d)| d.code == code && d.evidence.text == text) {
            *count += found.pods;
            return;
        }
        self.0.push((found.pods, Drift { code, restart, evidence: Evidence::field(found.reference(), path, text) }));
    }

    fn into_list(self, pods: usize) -> Vec<Drift> {
        let told = |(count, mut drift): (usize, Drift)| {
            if count < pods {
                drift.evidence.text = format!("{count} of {pods} pods: {}", drift.evidence.text);
            }
            drift
        };
        self.0.into_iter().map(told).collect()
    }
}

/// Evidence at a label of a namespace.
fn namespace_label(namespace: &str, name: &str, text: impl Into<String>) -> Evidence {
    namespace_field(namespace, "labels", name, text)
}

/// Evidence at an annotation of a namespace.
fn namespace_annotation(namespace: &str, name: &str, text: impl Into<String>) -> Evidence {
    namespace_field(namespace, "annotations", name, text)
}

fn namespace_field(namespace: &str, field: &str, name: &str, text: impl Into<String>) -> Evidence {
    Evidence::field(namespace_ref(namespace), format!("metadata.{field}{}", crate::model::key(name)), text)
}

fn namespace_ref(name: &str) -> ObjectRef {
    ObjectRef { namespace: Str::default(), kind: Kind::Namespace, name: name.into(), api_version: Str::default() }
}

/// A release from an image tag: `1.27.1-distroless` is 1.27.1 in another wrapping.
fn release(tag: &str) -> &str {
    ["-distroless", "-debug"].iter().find_map(|variant| tag.strip_suffix(variant)).unwrap_or(tag)
}

/// Ready and wanted pods of a workload, when its pods or its status were seen.
pub(crate) fn counts(index: &Index, workload: &Workload) -> Option<(usize, usize)> {
    let at = &workload.reference;
    let controller = index.controllers_in(&at.namespace).iter().find(|c| c.kind == at.kind && c.metadata.name == at.name);
    let stated = controller.and_then(readiness);
    let pods: Vec<_> = index.live_pods(workload).collect();
    if pods.is_empty() {
        return stated;
    }
    Some((pods.iter().filter(|p| p.is_ready()).count(), stated.map_or(pods.len(), |(_, wanted)| wanted)))
}

/// Ready and wanted pods, from a controller's status.
fn readiness(controller: &crate::model::Controller) -> Option<(usize, usize)> {
    let status = &controller.status;
    let count = |n: i32| usize::try_from(n).unwrap_or_default();
    if let Some(wanted) = status.desired_number_scheduled {
        return Some((count(status.number_ready.unwrap_or_default()), count(wanted)));
    }
    // A manifest has no status at all; a Deployment without ready pods has one without this field.
    let observed = status.ready_replicas.or(status.available_replicas);
    observed.map(|ready| (count(ready), count(controller.spec.replicas.unwrap_or(1))))
}
