//! What answers calls to a port of a Service or a ServiceEntry: pods, one for all that are alike, pods to come, machines, written addresses.

use super::slices::{self, Listed};
use super::{Name, Protocol, StandsFor};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::istio::labels::TLS_MODE;
use crate::mesh::istio::policy;
use crate::model::{Field, Gap, Kind, Map, Object, ObjectRef, Pod, PodSpec, Port, Service, ServicePort, Str};

/// A port that clients dial.
#[derive(Clone, Debug, PartialEq)]
pub struct DialledPort {
    pub number: u16,
    /// Its name, where it is declared and has one.
    pub name: Str,
    /// What it carries.
    pub protocol: Protocol,
    /// The port of the pods behind it.
    pub target: Port,
    /// Whether a Service or ServiceEntry declares it.
    pub declared: bool,
}

impl DialledPort {
    /// A port that nothing declares.
    pub fn undeclared(number: u16) -> Self {
        let target = Port::Number(i32::from(number));
        Self { number, name: Str::default(), protocol: Protocol::Detect, target, declared: false }
    }

    /// A port of a Service.
    pub fn of_service(port: &ServicePort) -> Self {
        let number = u16::try_from(port.port).unwrap_or_default();
        Self { number, name: port.name.clone(), protocol: Protocol::of(port), target: port.target(), declared: true }
    }

    fn of_entry(port: &Field<'_>) -> Option<Self> {
        let number = |name| port.get(name).and_then(|n| n.int()).and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
        let target = Port::Number(i32::from(number("targetPort").or(number("number"))?));
        let protocol = Protocol::parse(port.text("protocol"));
        Some(Self { number: number("number")?, name: port.text("name").into(), protocol, target, declared: true })
    }

    /// The port `number` of what a name stands for.
    pub fn of(to: &Name<'_>, number: u16) -> Self {
        let declared = match to.stands_for {
            StandsFor::Service(service) => service.spec.ports.iter().find(|p| p.port == i32::from(number)).map(Self::of_service),
            StandsFor::Entry(entry) => entry.spec().list("ports").filter_map(|p| Self::of_entry(&p)).find(|p| p.number == number),
            _ => None,
        };
        declared.unwrap_or_else(|| Self::undeclared(number))
    }
}

/// Something that answers calls.
#[derive(Clone, Debug)]
pub struct Endpoint<'a> {
    /// The workload; nothing for an address that is written down in a ServiceEntry.
    pub workload: Option<&'a Workload>,
    /// One pod for all that are alike; nothing where the workload's template stands for pods to come, and for machines.
    pub pod: Option<&'a Pod>,
    /// How many it stands for.
    pub count: usize,
    pub namespace: &'a str,
    pub labels: Map,
    /// The port there; nothing when the port is named and no container has that name.
    pub port: Option<u16>,
    /// The identity of the other cluster's gateway, where Linkerd's mirror put one here.
    pub gateway: Option<&'a str>,
}

impl<'a> Endpoint<'a> {
    /// What to call it.
    pub fn reference(&self) -> Option<ObjectRef> {
        self.workload.map(|w| w.reference.clone())
    }
}

/// All that answer calls to a port of what a name stands for, sorted; the gap where that stands in objects that were not read.
pub fn endpoints<'a>(view: MeshView<'a>, to: &Name<'a>, port: &DialledPort) -> Result<Vec<Endpoint<'a>>, Gap> {
    match to.stands_for {
        StandsFor::Service(service) => of_service(view, service, port),
        StandsFor::Entry(entry) => Ok(of_entry(view, entry, port)),
        StandsFor::Pod(pod) => Ok(of_pod(view, pod, port).into_iter().collect()),
        StandsFor::Address(_) | StandsFor::Outside => Ok(Vec::new()),
    }
}

fn of_pod<'a>(view: MeshView<'a>, pod: &'a Pod, port: &DialledPort) -> Option<Endpoint<'a>> {
    let namespace = pod.metadata.namespace.as_str();
    let port = number(&port.target, Some(&pod.spec));
    let workload = Some(view.index.workload_of(pod)?);
    Some(Endpoint { workload, pod: Some(pod), count: 1, namespace, labels: pod.metadata.labels.clone(), port, gateway: None })
}

fn of_service<'a>(view: MeshView<'a>, service: &'a Service, port: &DialledPort) -> Result<Vec<Endpoint<'a>>, Gap> {
    let namespace = &service.metadata.namespace;
    let selector = &service.spec.selector;
    if selector.is_empty() {
        return Ok(slices::listed(view.index, service, &port.name)?.into_iter().map(|listed| of_slice(view, service, &listed)).collect());
    }
    let picked = view.index.select(Some(namespace), selector);
    Ok(picked.flat_map(|workload| of_workload(view, workload, Some(selector), &port.target)).collect())
}

fn of_slice<'a>(view: MeshView<'a>, service: &'a Service, listed: &Listed<'a>) -> Endpoint<'a> {
    let workload = listed.pod.and_then(|pod| view.index.workload_of(pod));
    let labels = listed.pod.map(|pod| pod.metadata.labels.clone()).unwrap_or_default();
    let namespace = service.metadata.namespace.as_str();
    Endpoint { workload, pod: listed.pod, count: 1, namespace, labels, port: listed.port, gateway: listed.gateway_identity() }
}

/// The pods of a workload as endpoints, one for all that are alike; its template where no pod runs, itself where it is a machine.
pub(in crate::mesh) fn of_workload<'a>(view: MeshView<'a>, workload: &'a Workload, selector: Option<&Map>, target: &Port) -> Vec<Endpoint<'a>> {
    let namespace = workload.reference.namespace.as_str();
    let picks = |labels: &Map| selector.is_none_or(|s| s.is_subset_of(labels));
    let mut found = Vec::new();
    for (pod, count) in view.index.pod_variants(workload) {
        let labels = pod.metadata.labels.clone();
        if picks(&labels) {
            let port = number(target, Some(&pod.spec));
            found.push(Endpoint { workload: Some(workload), pod: Some(pod), count, namespace, labels, port, gateway: None });
        }
    }
    if found.is_empty() && !workload.has_live_pods() && workload.is_live() {
        let object = view.index.object(workload.reference.kind, namespace, &workload.reference.name);
        let port = match view.index.pod_spec(workload) {
            Some(spec) => number(target, Some(spec)),
            None => object.and_then(|o| machine_port(o, target)),
        };
        let machine = object.filter(|o| o.kind == Kind::WorkloadEntry);
        let labels = machine.map_or_else(|| workload.labels.clone(), |o| machine_labels(&o.spec()));
        found.push(Endpoint { workload: Some(workload), pod: None, count: 1, namespace, labels, port, gateway: None });
    }
    found
}

/// The port of a pod that a Service's port leads to: by its number, or by the name that a container gives it.
pub(in crate::mesh) fn number(target: &Port, spec: Option<&PodSpec>) -> Option<u16> {
    let number = match target {
        Port::Number(number) => *number,
        Port::Name(name) => spec?.all_containers().flat_map(|c| &c.ports).find(|p| p.name == *name)?.container_port,
    };
    u16::try_from(number).ok().filter(|n| *n > 0)
}

/// A port of a WorkloadEntry (`ports` is a map) or an ExternalWorkload (`ports` is a list).
fn machine_port(object: &Object, target: &Port) -> Option<u16> {
    let name = match target {
        Port::Number(number) => return u16::try_from(*number).ok(),
        Port::Name(name) => name,
    };
    let spec = object.spec();
    let mapped = spec.at(["ports", name]).and_then(|p| p.int());
    let listed = || spec.list("ports").find(|p| p.text("name") == name.as_str())?.get("port")?.int();
    mapped.or_else(listed).and_then(|n| u16::try_from(n).ok())
}

fn of_entry<'a>(view: MeshView<'a>, entry: &'a Object, port: &DialledPort) -> Vec<Endpoint<'a>> {
    let spec = entry.spec();
    let namespace = entry.meta.namespace.as_str();
    if let Some(selector) = spec.get("workloadSelector") {
        let selector = policy::labels(selector.get("labels"));
        let picked: Vec<&Workload> = view.index.select(Some(namespace), &selector).collect();
        return picked.into_iter().flat_map(|w| of_selected(view, w, &selector, port)).collect();
    }
    let written = |labels: Map, port: Option<u16>| Endpoint { workload: None, pod: None, count: 1, namespace, labels, port, gateway: None };
    let endpoints: Vec<Endpoint<'a>> = spec
        .list("endpoints")
        .map(|endpoint| {
            let own = endpoint.at(["ports", &port.name]).and_then(|p| p.int()).and_then(|n| u16::try_from(n).ok());
            written(machine_labels(&endpoint), own.or_else(|| number(&port.target, None)))
        })
        .collect();
    if endpoints.is_empty() && spec.text("resolution").starts_with("DNS") {
        return vec![written(Map::default(), number(&port.target, None))];
    }
    endpoints
}

/// A workload behind a ServiceEntry: a WorkloadEntry's `ports` map the ServiceEntry's port names, pods are dialled by number.
fn of_selected<'a>(view: MeshView<'a>, workload: &'a Workload, selector: &Map, port: &DialledPort) -> Vec<Endpoint<'a>> {
    let mut found = of_workload(view, workload, Some(selector), &port.target);
    if let Some(object) = view.index.object(workload.reference.kind, &workload.reference.namespace, &workload.reference.name) {
        let mapped = machine_port(object, &Port::Name(port.name.clone()));
        found.iter_mut().for_each(|e| e.port = mapped.or(e.port));
    }
    found
}

/// The labels of a machine; one with a service account speaks Istio's mutual TLS unless a label says otherwise.
fn machine_labels(machine: &Field<'_>) -> Map {
    let labels = policy::labels(machine.get("labels"));
    if labels.has(TLS_MODE) || machine.text("serviceAccount").is_empty() {
        return labels;
    }
    labels.iter().map(|(k, v)| (k.clone(), v.clone())).chain([(Str::from(TLS_MODE), Str::from("istio"))]).collect()
}
