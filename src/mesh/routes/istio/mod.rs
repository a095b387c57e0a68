//! Istio: what the client's sidecar, or a gateway, does with a request.

mod action;
mod by_service;
mod delegates;
pub(in crate::mesh) mod gateway;
mod gateway_api;
mod l4;
mod losers;
mod matching;
mod route_sources;
mod rules;
mod scope;
mod services;
mod sidecar;
mod waypoint;

pub use by_service::ServiceRoutes;
pub use delegates::delegate_conflict;
use matching::{Proxy, Seen};
use route_sources::RouteSource;
use scope::Scope;
use services::MeshService;
use sidecar::Sidecar;

use super::url::Normalization;
use super::{Request, Route};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::istio::labels::{self as istio_labels, GATEWAY_NAME};
use crate::mesh::istio::policy::labels;
use crate::mesh::resolve::Name;
use crate::model::{Kind, Service};

/// What routes by and what it routes to, read once for a question.
struct Mesh<'a> {
    view: MeshView<'a>,
    services: Vec<MeshService<'a>>,
    sources: Vec<RouteSource<'a>>,
}

impl<'a> Mesh<'a> {
    fn read(view: MeshView<'a>) -> Self {
        Self { view, services: services::all(view), sources: route_sources::all(view) }
    }

    /// The request as proxies of this mesh look at it.
    fn seen<'r>(&self, request: &'r Request, scheme: &'static str) -> Seen<'r> {
        let word = self.view.istio.config.root().at(["pathNormalization", "normalization"]).and_then(|f| f.str()).unwrap_or("DEFAULT");
        Seen { request, path: Normalization::of(word).apply(&request.path), authority: request.authority(), scheme }
    }

    /// The service of that name that a namespace sees.
    fn visible(&self, host: &str, namespace: &str) -> Option<&MeshService<'a>> {
        let mut seen = self.services.iter().filter(|s| s.host == host && s.visibility.includes(namespace));
        seen.clone().find(|s| *s.namespace == namespace).or_else(|| seen.clone().find(|s| s.is_kubernetes())).or_else(|| seen.next())
    }

    /// Why proxies of a namespace have no cluster of this name, if they have none.
    fn missing(&self, proxy: Proxy<'_>, host: &str, port: i64, subset: &str) -> Option<String> {
        let Some(service) = self.visible(host, proxy.namespace) else {
            let exists = self.services.iter().any(|s| s.host == host);
            return Some(if exists {
                format!("{host} is not exported to namespace {}", proxy.namespace)
            } else {
                format!("no service is called {host}")
            });
        };
        if service.port(port).is_none() {
            let ports: Vec<String> = service.ports.iter().map(|p| p.number.to_string()).collect();
            return Some(format!("{host} has no port {port}, only {}", ports.join(", ")));
        }
        if subset.is_empty() {
            return None;
        }
        let (index, istio) = (self.view.index, self.view.istio);
        let rule = istio.registry.rules.for_client(index, &istio.config, (proxy.namespace, proxy.labels), host, service.namespace);
        let Some(rule) = rule else { return Some(format!("no DestinationRule defines subset {subset} of {host}")) };
        let names: Vec<String> = rule.objects.iter().map(|r| format!("{} {}/{}", Kind::DestinationRule, r.meta.namespace, r.meta.name)).collect();
        rule.subset(subset).is_none().then(|| format!("{} defines no subset {subset} of {host}", names.join(", ")))
    }

    /// How often requests are tried again where no rule says so.
    fn default_retries(&self) -> (u32, String) {
        match self.view.istio.config.root().get("defaultHttpRetryPolicy") {
            Some(policy) => {
                let attempts = policy.get("attempts").and_then(|a| a.int()).unwrap_or(0);
                (u32::try_from(attempts).unwrap_or(0), "the mesh's default".to_owned())
            }
            None => (2, "Istio's default".to_owned()),
        }
    }
}

/// What becomes of a request of `workload`: at its sidecar, or at itself when it is a gateway.
pub(super) fn route<'a>(view: MeshView<'a>, workload: &'a Workload, name: &Name<'a>, request: &Request) -> Route {
    let mesh = Mesh::read(view);
    let namespace = &workload.reference.namespace;
    let proxy = Proxy { labels: &workload.labels, namespace };
    let mut route = if is_gateway(&mesh, workload) {
        gateway::route(&mesh, workload, proxy, request)
    } else {
        let scope = Scope::of(view, namespace, &workload.labels);
        Sidecar { mesh: &mesh, proxy, scope }.route(name, request)
    };
    losers::left_to_nobody(&mesh, &[&request.host_name(), &name.full], request, &mut route);
    route
}

/// What becomes of a request to a Service at its waypoint.
pub(super) fn at_waypoint<'a>(view: MeshView<'a>, waypoint: &'a Workload, service: &Service, request: &Request) -> Route {
    let mesh = Mesh::read(view);
    let proxy = Proxy { labels: &waypoint.labels, namespace: &waypoint.reference.namespace };
    waypoint::route(&mesh, proxy, service, request)
}

/// Whether a workload is a gateway's proxy: by its labels, or because a Gateway selects it and it is no application.
fn is_gateway(mesh: &Mesh<'_>, workload: &Workload) -> bool {
    if istio_labels::is_gateway(workload) || (workload.labels.has(GATEWAY_NAME) && !istio_labels::is_waypoint(&workload.labels)) {
        return true;
    }
    let spec = mesh.view.index.pod_spec(workload);
    let pods = || mesh.view.index.pod_variants(workload).map(|(pod, _)| &pod.spec);
    let router = spec.into_iter().chain(pods()).any(|s| s.container("istio-proxy").is_some_and(|c| c.args.iter().any(|a| *a == "router")));
    let alone = spec.is_some_and(|s| s.containers.iter().all(|c| c.name == "istio-proxy"));
    router || (alone && mesh.view.index.objects(Kind::IstioGateway).iter().any(|g| labels(g.spec().get("selector")).is_subset_of(&workload.labels)))
}
