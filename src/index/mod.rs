//! Objects by namespace and name, workloads with their pods, and label look-ups that do not walk the cluster.

mod places;
mod sight;
mod workloads;

pub use sight::Sight;

use std::collections::HashMap;
use std::ops::Range;

use places::{Labelled, Places};
use smallvec::SmallVec;

use crate::model::{Controller, Inventory, Kind, Map, Meta, Namespace, Object, ObjectRef, Pod, PodSpec, Service};

/// Where a workload's pod shape comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A controller's pod template.
    Controller(usize),
    /// A pod: one without an owner, or the first of an owner that was not read.
    Pod(usize),
    /// A WorkloadEntry or ExternalWorkload.
    Object(usize),
}

/// Something that runs, by the name its users know it by.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Which: a Deployment, a CronJob, a bare Pod, a WorkloadEntry …
    pub reference: ObjectRef,
    /// Labels of its pods, from the template where there is one.
    pub labels: Map,
    /// Annotations of its pods, likewise.
    pub annotations: Map,
    /// Where its shape comes from.
    pub body: Body,
    /// Its pods, as positions in [`Index::pods`].
    pub pods: Vec<u32>,
    variants: Variants,
    /// Its place in [`Index::workloads`].
    position: usize,
}

/// Most workloads have one.
type Variants = SmallVec<[Variant; 1]>;

/// Pods that have not finished and are alike in all that they were made of.
#[derive(Clone, Copy, Debug)]
struct Variant {
    /// The first of them, as a position in [`Index::pods`].
    first: u32,
    pods: u32,
    /// Whether somebody made them.
    owned: bool,
}

impl Workload {
    /// Whether any of its pods has not finished.
    pub fn has_live_pods(&self) -> bool {
        !self.variants.is_empty()
    }

    /// Its place in [`Index::workloads`].
    pub fn position(&self) -> usize {
        self.position
    }

    /// Whether a pod only looks like one of its own: without an owner it was matched to a controller by its labels alone, so it may differ from
    /// the template, and what is wrong with it is its own.
    pub fn is_stray(&self, pod: &Pod) -> bool {
        matches!(self.body, Body::Controller(_)) && pod.metadata.controller().is_none()
    }

    /// Whether it is still there: anything but a bare pod that has finished.
    pub fn is_live(&self) -> bool {
        !matches!(self.body, Body::Pod(_)) || self.has_live_pods()
    }
}

/// Everything that was read, arranged for look-ups. Slices are sorted by namespace, then name.
#[derive(Debug, Default)]
pub struct Index {
    inventory: Inventory,
    /// Whether it was read from files alone, which are a part of what a cluster holds.
    of_files: bool,
    workloads: Vec<Workload>,
    workloads_by_label: Labelled,
    /// Services under the first pair of their selector: a pod with that pair may be theirs, one without it cannot.
    services_by_label: Labelled,
    namespaces: Places,
    pods_in: Places,
    services_in: Places,
    controllers_in: Places,
    workloads_in: Places,
    /// Where the objects of a kind begin, and which namespaces they are in.
    objects: HashMap<Kind, (Range<usize>, Places)>,
}

impl Index {
    /// Sorts and connects what was read.
    pub fn new(mut inventory: Inventory) -> Self {
        inventory.sort();
        inventory.gaps.sort();
        inventory.gaps.dedup();
        let workloads = workloads::of(&inventory);
        Self {
            workloads_by_label: Labelled::of(workloads.iter().map(|w| w.labels.iter())),
            services_by_label: Labelled::of(inventory.services.iter().map(|s| s.spec.selector.iter().take(1))),
            namespaces: Places::of(inventory.namespaces.iter().map(|o| &o.metadata.name)),
            pods_in: Places::of(inventory.pods.iter().map(|o| &o.metadata.namespace)),
            services_in: Places::of(inventory.services.iter().map(|o| &o.metadata.namespace)),
            controllers_in: Places::of(inventory.controllers.iter().map(|o| &o.metadata.namespace)),
            workloads_in: Places::of(workloads.iter().map(|w| &w.reference.namespace)),
            objects: by_kind(&inventory.objects),
            of_files: false,
            inventory,
            workloads,
        }
    }

    /// The same, read from files alone or not.
    #[must_use]
    pub fn of_files(self, of_files: bool) -> Self {
        Self { of_files, ..self }
    }

    /// What was read, unarranged: gaps and coverage are here.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The same, given back.
    pub fn into_inventory(self) -> Inventory {
        self.inventory
    }

    /// All pods.
    pub fn pods(&self) -> &[Pod] {
        &self.inventory.pods
    }

    /// Pods of one namespace.
    pub fn pods_in(&self, namespace: &str) -> &[Pod] {
        &self.inventory.pods[self.pods_in.get(namespace)]
    }

    /// All Services.
    pub fn services(&self) -> &[Service] {
        &self.inventory.services
    }

    /// Services of one namespace.
    pub fn services_in(&self, namespace: &str) -> &[Service] {
        &self.inventory.services[self.services_in.get(namespace)]
    }

    /// One Service.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        by_name(self.services_in(namespace), name, |s| &s.metadata)
    }

    /// All Namespaces that were read; a namespace may hold objects without being here.
    pub fn namespaces(&self) -> &[Namespace] {
        &self.inventory.namespaces
    }

    /// One Namespace.
    pub fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.inventory.namespaces[self.namespaces.get(name)].first()
    }

    /// A label of a Namespace; nothing when the Namespace was not read.
    pub fn namespace_label(&self, namespace: &str, key: &str) -> Option<&str> {
        self.namespace(namespace)?.metadata.labels.get(key)
    }

    /// All controllers.
    pub fn controllers(&self) -> &[Controller] {
        &self.inventory.controllers
    }

    /// Controllers of one namespace.
    pub fn controllers_in(&self, namespace: &str) -> &[Controller] {
        &self.inventory.controllers[self.controllers_in.get(namespace)]
    }

    /// Objects of a kind that is kept whole.
    pub fn objects(&self, kind: Kind) -> &[Object] {
        self.objects.get(&kind).map(|(range, _)| &self.inventory.objects[range.clone()]).unwrap_or_default()
    }

    /// Objects of a kind in one namespace.
    pub fn objects_in(&self, kind: Kind, namespace: &str) -> &[Object] {
        let Some((range, places)) = self.objects.get(&kind) else { return &[] };
        &self.inventory.objects[range.clone()][places.get(namespace)]
    }

    /// One object; the namespace is empty for cluster-scoped kinds.
    pub fn object(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Object> {
        by_name(self.objects_in(kind, namespace), name, |o| &o.meta)
    }

    /// Whether anything of `kind` was read, in one namespace or, when it is empty, anywhere.
    pub fn holds(&self, kind: Kind, namespace: &str) -> bool {
        let anywhere = namespace.is_empty();
        let controllers = || if anywhere { self.controllers() } else { self.controllers_in(namespace) };
        self.inventory.holds_typed(kind, namespace)
            || !(if anywhere { self.objects(kind) } else { self.objects_in(kind, namespace) }).is_empty()
            || (kind.is_controller() && controllers().iter().any(|c| c.kind == kind))
    }

    /// All workloads.
    pub fn workloads(&self) -> &[Workload] {
        &self.workloads
    }

    /// Workloads of one namespace.
    pub fn workloads_in(&self, namespace: &str) -> &[Workload] {
        &self.workloads[self.workloads_in.get(namespace)]
    }

    /// One workload, of any kind when `kind` is nothing; a Deployment wins over a namesake of another kind.
    pub fn workload(&self, namespace: &str, name: &str, kind: Option<Kind>) -> Option<&Workload> {
        self.workloads_in(namespace)
            .iter()
            .filter(|w| w.reference.name == name && kind.is_none_or(|k| k == w.reference.kind))
            .min_by_key(|w| w.reference.kind != Kind::Deployment)
    }

    /// Workloads whose pod labels contain `selector`, in one namespace or in all; an empty selector matches every one.
    pub fn select<'a, 's>(&'a self, namespace: Option<&str>, selector: &'s Map) -> impl Iterator<Item = &'a Workload> + use<'a, 's> {
        let range = namespace.map_or(0..self.workloads.len(), |ns| self.workloads_in.get(ns));
        let picked = self.workloads_by_label.rarest(selector, &range).iter().map(|i| *i as usize);
        let all: Option<Range<usize>> = selector.is_empty().then_some(range);
        all.into_iter().flatten().chain(picked).map(|i| &self.workloads[i]).filter(move |w| selector.is_subset_of(&w.labels))
    }

    /// Services of `namespace` whose selector picks pods with `labels`.
    pub fn services_selecting<'a>(&'a self, namespace: &str, labels: &'a Map) -> impl Iterator<Item = &'a Service> + use<'a> {
        let range = self.services_in.get(namespace);
        labels
            .iter()
            .flat_map(move |(k, v)| self.services_by_label.get(k, v, &range))
            .map(|i| &self.inventory.services[*i as usize])
            .filter(move |s| s.selects(labels))
    }

    /// Pods of a workload that have not finished, one for all that are alike ([`Pod::is_like`]), with how many those are.
    ///
    /// What holds for one holds for its likes: rules that ask about a hundred thousand pods ask each workload once or twice.
    pub fn pod_variants<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = (&'a Pod, usize)> {
        workload.variants.iter().map(|v| (&self.inventory.pods[v.first as usize], v.pods as usize))
    }

    /// Pods of a workload that have not finished.
    pub fn live_pods<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Pod> {
        self.pods_of(workload).filter(|p| !p.is_over())
    }

    /// One pod.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        by_name(self.pods_in(namespace), name, |p| &p.metadata)
    }

    /// The workload of a pod.
    pub fn workload_of(&self, pod: &Pod) -> Option<&Workload> {
        self.workloads_in(&pod.metadata.namespace).iter().find(|w| self.pods_of(w).any(|p| std::ptr::eq(p, pod)))
    }

    /// The zone of a pod's Node, or its region where it names no zone; nothing where the Node or its labels were not read.
    pub fn zone(&self, pod: &Pod) -> Option<&str> {
        let node = by_name(&self.inventory.nodes, Some(&pod.spec.node_name).filter(|n| !n.is_empty())?, |n| &n.metadata)?;
        ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"].iter().find_map(|label| node.metadata.labels.get(label))
    }

    /// Pods that only look like a workload's ([`Workload::is_stray`]) and have not finished.
    pub fn strays<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Pod> {
        let any = matches!(workload.body, Body::Controller(_)) && workload.variants.iter().any(|v| !v.owned);
        any.then(|| self.live_pods(workload).filter(|p| workload.is_stray(p))).into_iter().flatten()
    }

    /// Pods of a workload, finished or not.
    pub fn pods_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Pod> {
        workload.pods.iter().map(|i| &self.inventory.pods[*i as usize])
    }

    /// The labels that a workload's controller selects its pods by, or those of the pods.
    pub fn pod_selector(&self, workload: &Workload) -> Map {
        let at = &workload.reference;
        let mut own = self.controllers_in(&at.namespace).iter().filter(|c| c.kind == at.kind && c.metadata.name == at.name);
        let labels = own.find_map(|c| Some(&c.spec.selector.match_labels).filter(|labels| !labels.is_empty()));
        labels
            .cloned()
            .unwrap_or_else(|| workload.labels.iter().filter(|(k, _)| *k != "pod-template-hash").map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    /// The pod shape of a workload: template or pod; nothing for a WorkloadEntry and its like.
    pub fn pod_spec(&self, workload: &Workload) -> Option<&PodSpec> {
        match workload.body {
            Body::Controller(i) => self.inventory.controllers[i].template().map(|t| &t.spec),
            Body::Pod(i) => Some(&self.inventory.pods[i].spec),
            Body::Object(_) => None,
        }
    }

    /// The path of a workload's pod shape inside its object: `spec.template`, deeper in a CronJob, empty for a pod.
    pub fn template_path(&self, workload: &Workload) -> &'static str {
        match workload.body {
            Body::Controller(i) => self.inventory.controllers[i].template_path(),
            _ => "",
        }
    }

    /// Metadata of the object that a workload is named after; of an owner that was not read, its first pod's.
    pub fn workload_meta(&self, workload: &Workload) -> &Meta {
        match workload.body {
            Body::Controller(i) => &self.inventory.controllers[i].metadata,
            Body::Pod(i) => &self.inventory.pods[i].metadata,
            Body::Object(i) => &self.inventory.objects[i].meta,
        }
    }
}

/// Objects sorted by kind, then namespace.
fn by_kind(objects: &[Object]) -> HashMap<Kind, (Range<usize>, Places)> {
    let mut found = HashMap::new();
    let mut start = 0;
    for same in objects.chunk_by(|a, b| a.kind == b.kind) {
        found.insert(same[0].kind, (start..start + same.len(), Places::of(same.iter().map(|o| &o.meta.namespace))));
        start += same.len();
    }
    found
}

fn by_name<'a, T>(sorted: &'a [T], name: &str, meta: impl Fn(&T) -> &Meta) -> Option<&'a T> {
    let at = sorted.binary_search_by(|o| meta(o).name.as_str().cmp(name)).ok()?;
    Some(&sorted[at])
}
