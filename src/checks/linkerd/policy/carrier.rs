//! Everything that carries annotations which Linkerd reads: Namespaces, Services and what makes pods.

use std::collections::HashSet;

use crate::checks::Findings;
use crate::index::{Body, Workload};
use crate::mesh::linkerd::annotations::INJECT;
use crate::model::{Map, Namespace, Service};
use crate::report::Finding;
use crate::world::World;

/// Something with annotations.
#[derive(Clone, Copy, Debug)]
pub(super) enum Carrier<'w> {
    Namespace(&'w Namespace),
    Service(&'w Service),
    Workload(&'w Workload),
}

/// All of them; pods that have finished are left out.
pub(super) fn all(world: &World) -> impl Iterator<Item = Carrier<'_>> {
    let index = &world.index;
    let namespaces = index.namespaces().iter().map(Carrier::Namespace);
    namespaces.chain(index.services().iter().map(Carrier::Service)).chain(workloads(world).map(Carrier::Workload))
}

/// Workloads that are not over.
pub(super) fn workloads(world: &World) -> impl Iterator<Item = &Workload> {
    let live = |w: &&Workload| !matches!(w.body, Body::Pod(_)) || world.index.pods_of(w).any(|p| !p.is_over());
    world.index.workloads().iter().filter(live)
}

impl<'w> Carrier<'w> {
    /// Annotations; of a workload, those of its pods.
    pub(super) fn annotations(self) -> &'w Map {
        match self {
            Self::Namespace(namespace) => &namespace.metadata.annotations,
            Self::Service(service) => &service.metadata.annotations,
            Self::Workload(workload) => &workload.annotations,
        }
    }

    /// Reports something about it; the path is relative to the pod template of a workload.
    pub(super) fn add<'f>(self, findings: &'f mut Findings<'_>, path: &str, message: String, hint: String) -> &'f mut Finding {
        match self {
            Self::Namespace(namespace) => findings.add(namespace, path, message, hint),
            Self::Service(service) => findings.add(service, path, message, hint),
            Self::Workload(workload) => findings.add_workload(workload, path, message, hint),
        }
    }
}

/// Namespaces in which something is meshed or wants to be: annotated, or holding workloads that are annotated or have a proxy.
pub(super) fn meshed_namespaces(world: &World) -> HashSet<&str> {
    let wanted = |annotations: &Map| matches!(annotations.get(INJECT), Some("enabled" | "ingress"));
    let namespaces = world.index.namespaces().iter().filter(|n| wanted(&n.metadata.annotations)).map(|n| n.metadata.name.as_str());
    let annotated = workloads(world).filter(|w| wanted(&w.annotations)).map(|w| w.reference.namespace.as_str());
    let proxied = world.index.pods().iter().filter(|p| p.spec.container("linkerd-proxy").is_some()).map(|p| p.metadata.namespace.as_str());
    namespaces.chain(annotated).chain(proxied).collect()
}
