//! Istio: mesh configuration, revisions and what follows from them.

pub(crate) mod ambient;
pub(crate) mod authority;
pub(crate) mod authorization_policy;
pub(crate) mod backend_tls;
mod cluster_local;
pub(crate) mod credentials;
pub(crate) mod destination_rule;
pub(crate) mod destination_rules;
mod detect;
pub(crate) mod groups;
pub(crate) mod hosts;
pub(crate) mod import_scope;
mod injection;
mod injector_config;
pub(in crate::mesh) mod istiod;
pub(crate) mod labels;
mod mesh_config;
mod native;
pub mod policy;
mod registry;
pub(crate) mod release;
pub(crate) mod request_authentication;
mod revision;
pub(crate) mod rotation;
pub mod syncz;
pub(crate) mod validation;
pub(crate) mod visibility;
pub mod ztunnel;

pub(crate) use cluster_local::ClusterLocal;
pub(crate) use detect::{Ambient, Enablement};
pub(super) use injection::membership_of;
pub(crate) use injection::revision_of;
pub(crate) use injector_config::{InjectorConfig, Template};
pub(crate) use labels::{INJECT, INJECTION, REV};
pub(crate) use mesh_config::{MeshConfig, OutboundMode, root_namespaces};
pub(crate) use registry::{Entry, Registry, Source};
pub(crate) use revision::{DEFAULT, Injector, Tag};

use std::collections::BTreeSet;

use super::{Component, ControlPlane, Mesh, release};
use crate::index::{Index, Sight, Workload};
use crate::model::{InjectionFact, Kind, MeshId, Pod, Str};

/// Istio as far as it is visible; all answers hold for its defaults when it is not.
#[derive(Debug)]
pub struct Istio {
    /// The mesh configuration, defaults filled in.
    pub config: MeshConfig,
    /// The mesh's services by host.
    pub registry: Registry,
    /// Its control planes, one per revision.
    pub control_planes: Vec<ControlPlane>,
    /// Other names of revisions, those that lead nowhere included.
    pub tags: Vec<Tag>,
    /// The injection webhooks; the charts' own where the real ones are not visible (those have no object).
    pub injectors: Vec<Injector>,
    /// The injector's settings by revision.
    pub injector_configs: Vec<InjectorConfig>,
    /// Ambient mode.
    pub ambient: Ambient,
}

impl Istio {
    /// Reads Istio from the index.
    pub fn open(index: &Index) -> Self {
        let injector_configs = injector_config::read(index);
        let installed = injector_configs.iter().find_map(|c| c.cluster_domain.clone()).or_else(|| detect::cluster_domain(index));
        let config = MeshConfig::read(index).installed_with(installed);
        let registry = Registry::read(index, &config);
        let tags = revision::tags(index);
        let mut injectors = revision::injectors(index);
        let control_planes = detect::control_planes(index, &injectors, &tags);
        // Files that hold somebody else's webhooks say nothing about Istio's.
        let webhooks = index.objects(Kind::MutatingWebhookConfiguration);
        let from_files = !webhooks.is_empty() && webhooks.iter().all(|o| o.meta.origin.is_some());
        if injectors.is_empty() && (from_files || index.sight(Kind::MutatingWebhookConfiguration, "") != Sight::Clear) {
            let by_default = injector_configs.iter().any(|c| c.namespaces_by_default);
            injectors = revision::chart_injectors(&assumed_revisions(index, &control_planes, &tags), &tags, by_default);
        }
        Self { config, registry, control_planes, tags, injectors, injector_configs, ambient: detect::ambient(index) }
    }

    /// The namespace whose policies hold for the whole mesh.
    pub fn root_namespace(&self) -> &str {
        &self.config.root_namespace
    }

    /// The control plane of a revision, which may be named by one of its tags.
    pub fn revision(&self, name: &str) -> Option<&ControlPlane> {
        let of = |revision: &str| self.control_planes.iter().find(|p| p.revision.as_deref() == Some(revision));
        of(name).or_else(|| self.tags.iter().filter(|t| t.name == name).find_map(|t| of(&t.revision)))
    }

    /// Membership of a workload.
    pub(super) fn injection(&self, index: &Index, workload: &Workload) -> InjectionFact {
        injection::fact(self, index, workload)
    }

    /// The injector's settings for a revision.
    pub fn injector_config(&self, revision: &str) -> Option<&InjectorConfig> {
        self.injector_configs.iter().find(|c| c.revision == revision)
    }
}

/// Revisions to assume webhooks for: those of the control planes; where none is visible, every one that a label asks for.
fn assumed_revisions(index: &Index, control_planes: &[ControlPlane], tags: &[Tag]) -> BTreeSet<Str> {
    if !control_planes.is_empty() {
        return control_planes.iter().filter_map(|p| p.revision.clone()).collect();
    }
    let namespaces = index.namespaces().iter().map(|n| &n.metadata.labels);
    let workloads = index.workloads().iter().map(|w| &w.labels);
    let asked = namespaces.chain(workloads).filter_map(|labels| labels.get(REV)).filter(|r| !tags.iter().any(|t| t.name == *r));
    asked.map(Str::from).chain([Str::from(DEFAULT)]).collect()
}

impl Mesh for Istio {
    fn id(&self) -> MeshId {
        MeshId::Istio
    }

    fn control_planes(&self) -> &[ControlPlane] {
        &self.control_planes
    }

    fn has_proxy(&self, pod: &Pod) -> bool {
        // ztunnel's container has the same name, and carries other pods' traffic.
        pod.spec.container("istio-proxy").is_some() && !pod.metadata.labels.is("app", "ztunnel")
    }

    fn proxy_version(&self, pod: &Pod) -> Option<Str> {
        pod.spec.container("istio-proxy")?.image_tag().map(|tag| release(tag).into())
    }

    fn components(&self) -> &[Component] {
        &self.ambient.components
    }
}

#[cfg(test)]
mod test {
    use crate::index::Index;
    use crate::model::{Coverage, Inventory, Item, Kind};

    /// An index over objects in JSON, as if read from a cluster in full.
    pub(super) fn index(objects: &[&str]) -> Index {
        Index::new(inventory(objects))
    }

    /// The same, before it is arranged.
    pub(super) fn inventory(objects: &[&str]) -> Inventory {
        let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|kind| (*kind, Coverage::Complete)).collect(), ..Inventory::default() };
        for text in objects {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            inventory.push(Item::from_value(kind, value).unwrap());
        }
        inventory
    }
}
