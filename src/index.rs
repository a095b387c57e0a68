//! Objects by namespace and name, workloads with their pods, and label look-ups that do not walk the cluster.

use std::collections::HashMap;

use crate::model::{Controller, Inventory, Kind, Map, Meta, Namespace, Object, ObjectRef, Pod, PodSpec, Service, Str};

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
}

/// Everything that was read, arranged for look-ups. Slices are sorted by namespace, then name.
#[derive(Debug, Default)]
pub struct Index {
    inventory: Inventory,
    workloads: Vec<Workload>,
    workloads_by_label: HashMap<(Str, Str), Vec<u32>>,
    services_by_label: HashMap<(Str, Str), Vec<u32>>,
}

impl Index {
    /// Sorts and connects what was read.
    pub fn new(mut inventory: Inventory) -> Self {
        fn order(meta: &Meta) -> (&Str, &Str) {
            (&meta.namespace, &meta.name)
        }
        inventory.pods.sort_unstable_by(|a, b| order(&a.metadata).cmp(&order(&b.metadata)));
        inventory.services.sort_unstable_by(|a, b| order(&a.metadata).cmp(&order(&b.metadata)));
        inventory.namespaces.sort_unstable_by(|a, b| order(&a.metadata).cmp(&order(&b.metadata)));
        inventory.nodes.sort_unstable_by(|a, b| order(&a.metadata).cmp(&order(&b.metadata)));
        inventory.controllers.sort_by(|a, b| (order(&a.metadata), a.kind).cmp(&(order(&b.metadata), b.kind)));
        inventory.objects.sort_by(|a, b| (a.kind, order(&a.meta)).cmp(&(b.kind, order(&b.meta))));
        inventory.gaps.sort();
        inventory.gaps.dedup();
        let workloads = workloads::of(&inventory);
        let workloads_by_label = postings(workloads.iter().map(|w| &w.labels));
        let services_by_label = first_pairs(&inventory.services);
        Self { inventory, workloads, workloads_by_label, services_by_label }
    }

    /// What was read, unarranged: gaps and coverage are here.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// All pods.
    pub fn pods(&self) -> &[Pod] {
        &self.inventory.pods
    }

    /// Pods of one namespace.
    pub fn pods_in(&self, namespace: &str) -> &[Pod] {
        in_namespace(&self.inventory.pods, namespace, |p| &p.metadata)
    }

    /// All Services.
    pub fn services(&self) -> &[Service] {
        &self.inventory.services
    }

    /// Services of one namespace.
    pub fn services_in(&self, namespace: &str) -> &[Service] {
        in_namespace(&self.inventory.services, namespace, |s| &s.metadata)
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
        by_name(&self.inventory.namespaces, name, |n| &n.metadata)
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
        in_namespace(&self.inventory.controllers, namespace, |c| &c.metadata)
    }

    /// Objects of a kind that is kept whole.
    pub fn objects(&self, kind: Kind) -> &[Object] {
        let all = &self.inventory.objects;
        let start = all.partition_point(|o| o.kind < kind);
        let len = all[start..].partition_point(|o| o.kind == kind);
        &all[start..start + len]
    }

    /// Objects of a kind in one namespace.
    pub fn objects_in(&self, kind: Kind, namespace: &str) -> &[Object] {
        in_namespace(self.objects(kind), namespace, |o| &o.meta)
    }

    /// One object; the namespace is empty for cluster-scoped kinds.
    pub fn object(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Object> {
        by_name(self.objects_in(kind, namespace), name, |o| &o.meta)
    }

    /// All workloads.
    pub fn workloads(&self) -> &[Workload] {
        &self.workloads
    }

    /// Workloads of one namespace.
    pub fn workloads_in(&self, namespace: &str) -> &[Workload] {
        &self.workloads[self.workload_range(namespace)]
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
        let range = namespace.map_or(0..self.workloads.len(), |ns| self.workload_range(ns));
        let all: Option<std::ops::Range<usize>> = selector.is_empty().then(|| range.clone());
        let rarest = selector
            .iter()
            .map(|(k, v)| self.workloads_by_label.get(&(k.clone(), v.clone())).map(Vec::as_slice).unwrap_or_default())
            .min_by_key(|posting| posting.len())
            .unwrap_or_default();
        let picked = rarest.iter().map(|i| *i as usize).filter(move |i| range.contains(i));
        all.into_iter().flatten().chain(picked).map(|i| &self.workloads[i]).filter(move |w| selector.is_subset_of(&w.labels))
    }

    /// Services of `namespace` whose selector picks pods with `labels`.
    pub fn services_selecting<'a>(&'a self, namespace: &'a str, labels: &'a Map) -> impl Iterator<Item = &'a Service> {
        labels
            .iter()
            .filter_map(|(k, v)| self.services_by_label.get(&(k.clone(), v.clone())))
            .flatten()
            .map(|i| &self.inventory.services[*i as usize])
            .filter(move |s| s.metadata.namespace == namespace && s.selects(labels))
    }

    /// Pods of a workload.
    pub fn pods_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Pod> {
        workload.pods.iter().map(|i| &self.inventory.pods[*i as usize])
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

    fn workload_range(&self, namespace: &str) -> std::ops::Range<usize> {
        let start = self.workloads.partition_point(|w| w.reference.namespace.as_str() < namespace);
        let len = self.workloads[start..].partition_point(|w| w.reference.namespace == namespace);
        start..start + len
    }
}

fn in_namespace<'a, T>(all: &'a [T], namespace: &str, meta: impl Fn(&T) -> &Meta) -> &'a [T] {
    let start = all.partition_point(|o| meta(o).namespace.as_str() < namespace);
    let len = all[start..].partition_point(|o| meta(o).namespace == namespace);
    &all[start..start + len]
}

fn by_name<'a, T>(sorted: &'a [T], name: &str, meta: impl Fn(&T) -> &Meta) -> Option<&'a T> {
    let at = sorted.binary_search_by(|o| meta(o).name.as_str().cmp(name)).ok()?;
    Some(&sorted[at])
}

fn postings<'a>(labels: impl Iterator<Item = &'a Map>) -> HashMap<(Str, Str), Vec<u32>> {
    let mut by_label: HashMap<(Str, Str), Vec<u32>> = HashMap::new();
    for (i, labels) in labels.enumerate() {
        for (k, v) in labels.iter() {
            by_label.entry((k.clone(), v.clone())).or_default().push(i as u32);
        }
    }
    by_label
}

/// Services under the first pair of their selector: a pod with that pair may be theirs, one without it cannot.
fn first_pairs(services: &[Service]) -> HashMap<(Str, Str), Vec<u32>> {
    let mut by_label: HashMap<(Str, Str), Vec<u32>> = HashMap::new();
    for (i, service) in services.iter().enumerate() {
        if let Some((k, v)) = service.spec.selector.iter().next() {
            by_label.entry((k.clone(), v.clone())).or_default().push(i as u32);
        }
    }
    by_label
}

#[path = "index/workloads.rs"]
mod workloads;
