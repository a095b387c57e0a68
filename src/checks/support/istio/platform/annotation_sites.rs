//! Everywhere an Istio annotation may stand on Kubernetes' own objects, and what a finding there is counted as.

use crate::checks::Findings;
use crate::checks::support::istio::platform::annotation_catalogue::{Annotation, find};
use crate::checks::support::istio::platform::pods_and_templates::{self, PodOrTemplate};
use crate::model::{Controller, Kind, Map, Namespace, Service, Str, key};
use crate::report::Finding;
use crate::world::World;

/// Written by Istio itself, so never worth a word.
const OWN: [&str; 3] = ["sidecar.istio.io/status", "gateway.istio.io/controller-version", "istio.io/rev"];

/// One annotation of one object.
pub(in crate::checks) struct Site<'a> {
    /// Its key.
    pub(in crate::checks) name: &'a Str,
    pub(in crate::checks) value: &'a Str,
    /// What the catalogue says of it; nothing for an annotation that Istio does not know.
    pub(in crate::checks) known: Option<&'static Annotation>,
    /// Kind it stands on, as the catalogue counts: a pod template counts as a pod.
    pub(in crate::checks) kind: &'static str,
    /// Labels that stand beside it.
    pub(in crate::checks) labels: &'a Map,
    /// Whether the injector may have written it: with istio-cni, that is without `istio-init`, it writes defaults down on the pod.
    pub(in crate::checks) by_injector: bool,
    owner: Owner<'a>,
}

#[derive(Clone, Copy)]
enum Owner<'a> {
    Namespace(&'a Namespace),
    Service(&'a Service),
    Controller(&'a Controller),
    PodOrTemplate(&'a PodOrTemplate<'a>),
}

impl Site<'_> {
    /// Reports it. Upstream looks at Namespaces, Services, Pods and Deployments only, and not into templates.
    pub(in crate::checks) fn add<'f>(&self, findings: &'f mut Findings<'_>, message: String, hint: &str) -> &'f mut Finding {
        let path = format!("metadata.annotations{}", key(self.name));
        let (finding, upstream_looks) = match self.owner {
            Owner::Namespace(o) => (findings.add(o, path, message, hint), true),
            Owner::Service(o) => (findings.add(o, path, message, hint), true),
            Owner::Controller(o) => (findings.add(o, path, message, hint), o.kind == Kind::Deployment),
            Owner::PodOrTemplate(o) => (o.add(findings, &path, message, hint), o.has_pods),
        };
        if !upstream_looks {
            finding.codes(&[]);
        }
        finding
    }
}

/// Calls `look` for every Istio annotation of Namespaces, Services, workloads and their pods.
pub(in crate::checks) fn each(world: &World, mut look: impl FnMut(&Site<'_>)) {
    let index = &world.index;
    for o in index.namespaces() {
        walk(&o.metadata.annotations, &o.metadata.labels, "Namespace", false, Owner::Namespace(o), &mut look);
    }
    for o in index.services() {
        walk(&o.metadata.annotations, &o.metadata.labels, "Service", false, Owner::Service(o), &mut look);
    }
    for o in index.controllers().iter().filter(|c| c.metadata.controller().is_none()) {
        walk(&o.metadata.annotations, &o.metadata.labels, o.kind.name(), false, Owner::Controller(o), &mut look);
    }
    for shape in pods_and_templates::all(index) {
        let by_injector = !shape.spec.init_containers.iter().any(|c| c.name == "istio-init") && !shape.is_template();
        walk(shape.annotations, shape.labels, "Pod", by_injector, Owner::PodOrTemplate(&shape), &mut look);
    }
}

fn walk<'a>(annotations: &'a Map, labels: &'a Map, kind: &'static str, by_injector: bool, owner: Owner<'a>, look: &mut impl FnMut(&Site<'_>)) {
    for (name, value) in annotations.iter().filter(|(name, _)| is_istios(name) && !OWN.contains(&name.as_str())) {
        look(&Site { name, value, known: find(name), kind, labels, by_injector, owner });
    }
}

fn is_istios(name: &str) -> bool {
    name == "kubernetes.io/ingress.class" || name.split('/').next().is_some_and(|host| host.ends_with("istio.io"))
}
