//! Which processes are asked for their certificates.
//!
//! Those of control planes always: they are few, and everything rests on them. Those of workloads only where they are named or everything is wanted;
//! replicas of one workload rarely differ.

use std::collections::BTreeSet;

use super::{Ask, Purpose, Question};
use crate::index::Workload;
use crate::mesh::called;
use crate::mesh::istio::REV;
use crate::mesh::istio::labels::GATEWAY_NAME;
use crate::mesh::linkerd::{COMPONENT, identity};
use crate::mesh::resolve::endpoints::number;
use crate::mesh::routes::istio::gateway::target_port;
use crate::mesh::{MeshView, istio::credentials};
use crate::model::{Field, Kind, Map, MeshId, Object, Pod, Str, Subject};

/// Where istiod is an authority to proxies.
const ISTIOD: u16 = 15012;
/// Envoy's and ztunnel's admin port.
const ENVOY_ADMIN: u16 = 15000;
/// The admin port of Linkerd's proxy, which answers TLS as the workload.
const LINKERD_ADMIN: u16 = 4191;
/// Replicas of a control plane or a gateway that are asked: they may have been started at different times.
const REPLICAS: usize = 3;
/// Hosts of one gateway that are asked for.
const HOSTS: usize = 16;

/// How much is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// So many pods of each workload, and every node's ztunnel.
    pub sample: usize,
    /// These pods, by namespace and name.
    pub pods: BTreeSet<(String, String)>,
}

/// Everything that is asked, in the namespaces that `in_scope` lets through.
pub fn all(view: MeshView<'_>, depth: &Depth, in_scope: &dyn Fn(&str) -> bool) -> Vec<Question> {
    let mut found = Vec::new();
    if depth.pods.is_empty() {
        control_planes(view, &mut found);
        webhooks(view, &mut found);
        gateways(view, in_scope, &mut found);
    }
    workloads(view, depth, in_scope, &mut found);
    found
}

fn running<'a>(view: MeshView<'a>, workload: &'a Workload) -> impl Iterator<Item = &'a Pod> {
    view.index.live_pods(workload).filter(|pod| pod.status.phase == "Running")
}

fn question(workload: &Workload, pod: &Pod, port: u16, ask: Ask, purpose: Purpose, expected: Vec<String>) -> Question {
    Question { pod: pod.reference(), workload: workload.reference.clone(), port, ask, purpose, expected }
}

fn control_planes(view: MeshView<'_>, found: &mut Vec<Question>) {
    let of = |key: &str, value: &str| -> Map { [(key, value)].into_iter().collect() };
    for istiod in view.index.select(None, &of("app", "istiod")) {
        let namespace = &istiod.reference.namespace;
        let revision = istiod.labels.get(REV).filter(|rev| !rev.is_empty() && *rev != "default");
        let service = revision.map_or_else(|| "istiod".to_owned(), |rev| format!("istiod-{rev}"));
        let name = format!("{service}.{namespace}.svc");
        for pod in running(view, istiod).take(REPLICAS) {
            let purpose = Purpose::ControlPlane(MeshId::Istio);
            found.push(question(istiod, pod, ISTIOD, Ask::Handshake(name.clone()), purpose, vec![name.clone()]));
        }
    }
    for plane in view.index.select(None, &of(COMPONENT, "identity")) {
        for pod in running(view, plane).take(REPLICAS) {
            found.extend(of_linkerd(view, plane, pod, Purpose::ControlPlane(MeshId::Linkerd)));
        }
    }
}

/// A pod of Linkerd shows the certificate of its service account, and the issuer with it, when its name is asked for.
fn of_linkerd(view: MeshView<'_>, workload: &Workload, pod: &Pod, purpose: Purpose) -> Option<Question> {
    pod.spec.container("linkerd-proxy")?;
    let name = identity::of_service_account(&view.linkerd.cluster, &pod.metadata.namespace, pod.spec.service_account());
    Some(question(workload, pod, LINKERD_ADMIN, Ask::Handshake(name.clone()), purpose, vec![name]))
}

/// Behind the Services of control planes and extensions that the API server calls.
fn webhooks(view: MeshView<'_>, found: &mut Vec<Question>) {
    let mut seen = BTreeSet::new();
    for called in called::all(view.index) {
        let of_mesh = || {
            let plane = view.istio.control_planes.iter().chain(&view.linkerd.control_planes).any(|plane| plane.namespace == called.namespace);
            plane || view.index.namespace_label(called.namespace, "linkerd.io/extension").is_some()
        };
        let Some(service) = view.index.service(called.namespace, called.service).filter(|_| of_mesh()) else { continue };
        let port = called.holder.get("service").and_then(|s| s.get("port")).and_then(|port| port.int()).unwrap_or(443);
        let Some(port) = service.spec.ports.iter().find(|p| i64::from(p.port) == port) else { continue };
        for workload in view.index.select(Some(called.namespace), &service.spec.selector).filter(|_| !service.spec.selector.is_empty()) {
            for pod in running(view, workload).take(REPLICAS) {
                let Some(number) = number(&port.target(), Some(&pod.spec)) else { continue };
                if !seen.insert((pod.reference(), number)) {
                    continue;
                }
                let name = format!("{}.{}.svc", called.service, called.namespace);
                let purpose = Purpose::Webhook(called.namespace.into(), called.service.into());
                found.push(question(workload, pod, number, Ask::Handshake(name.clone()), purpose, vec![name]));
            }
        }
    }
}

fn gateways(view: MeshView<'_>, in_scope: &dyn Fn(&str) -> bool, found: &mut Vec<Question>) {
    for gateway in view.index.objects(Kind::IstioGateway).iter().filter(|g| in_scope(&g.meta.namespace)) {
        let selector: Map = gateway.spec().get("selector").iter().flat_map(Field::entries).filter_map(|(k, v)| Some((k, v.str()?))).collect();
        let servers = gateway.spec().list("servers").filter(|server| !credentials::of_server(gateway, *server).is_empty());
        let servers: Vec<(i64, Vec<String>)> = servers
            .filter_map(|server| {
                let hosts = server.texts("hosts").map(|(host, _)| host.rsplit_once('/').map_or(host, |(_, host)| host).to_owned());
                Some((server.get("port")?.get("number")?.int()?, hosts.collect()))
            })
            .collect();
        let pods = view.index.select(None, &selector).filter(|_| !selector.is_empty() && !servers.is_empty());
        pods.for_each(|workload| shows(view, gateway, workload, &servers, true, found));
    }
    for gateway in view.index.objects(Kind::Gateway).iter().filter(|g| in_scope(&g.meta.namespace)) {
        let own: Map = [(GATEWAY_NAME, gateway.meta.name.as_str())].into_iter().collect();
        let listeners = gateway.spec().list("listeners").filter(|listener| !credentials::of_server(gateway, *listener).is_empty());
        let listeners: Vec<(i64, Vec<String>)> =
            listeners.filter_map(|listener| Some((listener.get("port")?.int()?, vec![listener.text("hostname").to_owned()]))).collect();
        let pods = view.index.select(Some(&gateway.meta.namespace), &own).filter(|_| !listeners.is_empty());
        pods.for_each(|workload| shows(view, gateway, workload, &listeners, false, found));
    }
}

/// What the first pod of a gateway shows for each host.
fn shows(view: MeshView<'_>, gateway: &Object, workload: &Workload, servers: &[(i64, Vec<String>)], translated: bool, found: &mut Vec<Question>) {
    let Some(pod) = running(view, workload).next() else { return };
    let hosts = servers.iter().flat_map(|(port, hosts)| hosts.iter().map(move |host| (*port, host.as_str())));
    for (port, host) in hosts.take(HOSTS) {
        let port = if translated { target_port(view.index, workload, port) } else { port };
        let Ok(port) = u16::try_from(port) else { continue };
        // Of a wildcard any name is as good; of "*" none is, and none is sent.
        let name = host.strip_prefix("*.").map_or_else(|| host.to_owned(), |parent| format!("kubectl-mesh.{parent}"));
        let (name, expected) = if matches!(name.as_str(), "*" | "") { (String::new(), Vec::new()) } else { (name.clone(), vec![name]) };
        let purpose = Purpose::Gateway(if host.is_empty() { gateway.meta.name.to_string() } else { host.to_owned() });
        found.push(question(workload, pod, port, Ask::Handshake(name), purpose, expected));
    }
}

fn workloads(view: MeshView<'_>, depth: &Depth, in_scope: &dyn Fn(&str) -> bool, found: &mut Vec<Question>) {
    if depth.sample == 0 && depth.pods.is_empty() {
        return;
    }
    let config = &view.istio.config;
    let domains: Vec<&str> = std::iter::once(config.trust_domain.as_str()).chain(config.trust_domain_aliases.iter().map(Str::as_str)).collect();
    for workload in view.index.workloads() {
        let namespace = workload.reference.namespace.as_str();
        let named = |pod: &Pod| depth.pods.contains(&(namespace.to_owned(), pod.metadata.name.to_string()));
        let any = |(taken, pod): &(usize, &Pod)| if depth.pods.is_empty() { in_scope(namespace) && *taken < depth.sample } else { named(pod) };
        let ztunnel = workload.labels.is("app", "ztunnel");
        for pod in running(view, workload).enumerate().filter(|at| any(at) || ztunnel && depth.pods.is_empty()).map(|(_, pod)| pod) {
            let purpose = Purpose::Workload(MeshId::Istio);
            if ztunnel {
                found.push(question(workload, pod, ENVOY_ADMIN, Ask::Ztunnel, purpose, Vec::new()));
            } else if pod.spec.container("istio-proxy").is_some() {
                let identity = |domain: &&str| format!("spiffe://{domain}/ns/{namespace}/sa/{}", pod.spec.service_account());
                found.push(question(workload, pod, ENVOY_ADMIN, Ask::EnvoySecrets, purpose, domains.iter().map(identity).collect()));
            } else {
                found.extend(of_linkerd(view, workload, pod, Purpose::Workload(MeshId::Linkerd)));
            }
        }
    }
}
