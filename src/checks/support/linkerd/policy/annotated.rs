//! Everything that carries annotations which Linkerd reads: Namespaces, Services, EgressNetworks and what makes pods.

use std::collections::HashSet;

use crate::checks::Findings;
use crate::index::{Index, Workload};
use crate::mesh::istio::ambient::is_ambient_namespace;
use crate::mesh::istio::labels::namespace_injects;
use crate::mesh::linkerd::routes::Parent;
use crate::model::{Kind, Map, Membership, MeshId, Namespace, Object, Service};
use crate::report::Finding;
use crate::world::World;

/// Something with annotations.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) enum Annotated<'w> {
    Namespace(&'w Namespace),
    Service(&'w Service),
    Workload(&'w Workload),
    Egress(&'w Object),
}

/// All of them; pods that have finished are left out.
pub(in crate::checks) fn all(world: &World) -> impl Iterator<Item = Annotated<'_>> {
    let index = &world.index;
    let namespaces = index.namespaces().iter().map(Annotated::Namespace);
    let egress = index.objects(Kind::EgressNetwork).iter().map(Annotated::Egress);
    namespaces.chain(index.services().iter().map(Annotated::Service)).chain(workloads(world).map(Annotated::Workload)).chain(egress)
}

/// Workloads that are not over.
pub(in crate::checks) fn workloads(world: &World) -> impl Iterator<Item = &Workload> {
    world.index.workloads().iter().filter(|w| w.is_live())
}

impl<'w> Annotated<'w> {
    /// Whether settings of pods are read here: on pods themselves, and on the Namespace that they inherit from.
    pub(in crate::checks) fn is_for_pods(self) -> bool {
        matches!(self, Self::Namespace(_) | Self::Workload(_))
    }

    /// Annotations; of a workload, those of its pods.
    pub(in crate::checks) fn annotations(self) -> &'w Map {
        match self {
            Self::Namespace(namespace) => &namespace.metadata.annotations,
            Self::Service(service) => &service.metadata.annotations,
            Self::Workload(workload) => &workload.annotations,
            Self::Egress(object) => &object.meta.annotations,
        }
    }

    /// Labels; of a workload, those of its pods.
    pub(in crate::checks) fn labels(self) -> &'w Map {
        match self {
            Self::Namespace(namespace) => &namespace.metadata.labels,
            Self::Service(service) => &service.metadata.labels,
            Self::Workload(workload) => &workload.labels,
            Self::Egress(object) => &object.meta.labels,
        }
    }

    /// Reports something about it; the path is relative to the pod template of a workload.
    pub(in crate::checks) fn add<'f>(self, findings: &'f mut Findings<'_>, path: &str, message: String, hint: String) -> &'f mut Finding {
        match self {
            Self::Namespace(namespace) => findings.add(namespace, path, message, hint),
            Self::Service(service) => findings.add(service, path, message, hint),
            Self::Workload(workload) => findings.add_workload(workload, path, message, hint),
            Self::Egress(object) => findings.add(object, path, message, hint),
        }
    }
}

/// Namespaces in which something is in Linkerd or asks to be.
pub(in crate::checks) fn meshed_namespaces(world: &World) -> HashSet<&str> {
    let namespaces = world.index.namespaces().iter().map(|n| n.metadata.name.as_str());
    let asking = |namespace: &&str| matches!(world.view().namespace_asks(MeshId::Linkerd, namespace), Ok(Some(_)));
    let namespaces = namespaces.filter(asking);
    let meshed = workloads(world).filter(|w| is_meshed(world, w)).map(|w| w.reference.namespace.as_str());
    namespaces.chain(meshed).collect()
}

/// Which routes on Services are Linkerd's: other meshes read routes of the Gateway API too.
pub(in crate::checks) struct Callers<'w> {
    index: &'w Index,
    installed: bool,
    meshed: HashSet<&'w str>,
}

impl<'w> Callers<'w> {
    /// Looks once at all namespaces.
    pub(in crate::checks) fn of(world: &'w World) -> Self {
        Self { index: &world.index, installed: !world.linkerd.namespaces.is_empty(), meshed: meshed_namespaces(world) }
    }

    /// Whether a route with this parent holds for callers in Linkerd. In the Service's own namespace it is for everybody, in another one for the
    /// callers of that namespace. Where nothing says who is in the mesh, an installed Linkerd reads it, unless Istio claims the namespace.
    pub(in crate::checks) fn include(&self, route: &Object, parent: &Parent<'_>) -> bool {
        let (own, of_parent) = (route.meta.namespace.as_str(), parent.namespace);
        let istio = |namespace| claimed_by_istio(self.index, namespace);
        parent.kind != Kind::Service
            || route.kind == Kind::LinkerdHttpRoute
            || self.meshed.contains(own)
            || !istio(own) && (self.meshed.contains(of_parent) || self.installed && !istio(of_parent))
    }
}

/// Whether a namespace's labels put it into Istio, by sidecars or ambient.
fn claimed_by_istio(index: &Index, namespace: &str) -> bool {
    index.namespace(namespace).is_some_and(|n| namespace_injects(&n.metadata.labels)) || is_ambient_namespace(index, namespace)
}

/// An annotation of a workload's pods, or else of its namespace, from which the injector copies it.
pub(in crate::checks) fn effective<'w>(world: &'w World, workload: &'w Workload, name: &str) -> Option<&'w str> {
    let namespace = || world.index.namespace(&workload.reference.namespace)?.metadata.annotations.get(name);
    workload.annotations.get(name).or_else(namespace)
}

/// Whether a workload is in Linkerd, or by its manifests will be.
pub(in crate::checks) fn is_meshed(world: &World, workload: &Workload) -> bool {
    world.view().membership_by_files(MeshId::Linkerd, workload).is_ok_and(|is| is != Membership::None)
}
