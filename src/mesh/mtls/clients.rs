//! Who is known to call a workload: what policies admit by name, what routes, Ingresses and gateways lead to, what the API server calls.
//! That a workload calls another stands in no object otherwise; who is not named here may call all the same.

use std::collections::HashMap;

use super::Client;
use crate::index::{Index, Workload};
use crate::mesh::MeshView;
use crate::mesh::gateway_api::routes;
use crate::mesh::istio::authorization_policy::{self, Attribute, Place};
use crate::mesh::istio::labels::GATEWAY_NAME;
use crate::mesh::istio::policy::{self, Action};
use crate::mesh::linkerd::authz::{self, Target};
use crate::mesh::linkerd::identity::{self, IdentityMatch};
use crate::model::{Evidence, Field, Kind, LabelSelector, Map, Object, Port, Service, Str, Subject};

/// A client that some object names.
#[derive(Clone, Debug)]
pub struct DeclaredClient<'a> {
    /// Who.
    pub client: Client<'a>,
    /// What to call one that is no workload.
    pub name: Str,
    /// The Service and port it calls, where that is said.
    pub service: Option<(&'a Service, Option<Port>)>,
    /// What says so.
    pub because: Evidence,
}

impl DeclaredClient<'_> {
    /// Whether it calls a Service on a port.
    pub fn calls(&self, service: &Service, port: u16, _target: u16) -> bool {
        match &self.service {
            None => true,
            Some((called, on)) => {
                let same = std::ptr::eq(*called, service);
                same && on.as_ref().is_none_or(|on| match on {
                    Port::Number(number) => *number == i32::from(port),
                    Port::Name(name) => service.spec.ports.iter().any(|p| p.name == *name && p.port == i32::from(port)),
                })
            }
        }
    }
}

/// Clients by the workload they call.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    index: &'a Index,
    by_server: &'a DeclaredAt,
}

impl<'a> Declared<'a> {
    /// Everything that names a client; it is read once for a run.
    pub fn read(view: MeshView<'a>) -> Self {
        Self { index: view.index, by_server: view.cache.declared.get_or_init(|| DeclaredAt::read(view)) }
    }

    /// Clients of a workload.
    pub fn of(&self, server: &Workload) -> Vec<DeclaredClient<'a>> {
        let known = self.by_server.0.get(&server.position()).map(Vec::as_slice).unwrap_or_default();
        let client = |at: &ClientAt| match at {
            ClientAt::Workload(position) => Client::Workload(&self.index.workloads()[*position]),
            ClientAt::Tls => Client::Tls,
            ClientAt::Plain => Client::Plain,
        };
        let service = |(name, port): &(Str, Option<Port>)| Some((self.index.service(&server.reference.namespace, name)?, port.clone()));
        let named = |at: &NamedAt| DeclaredClient {
            client: client(&at.client),
            name: at.name.clone(),
            service: at.service.as_ref().and_then(service),
            because: at.because.clone(),
        };
        known.iter().map(named).collect()
    }
}

/// The same without references into the index: workloads by position, a Service of the server's namespace by name.
#[derive(Debug, Default)]
pub(in crate::mesh) struct DeclaredAt(HashMap<usize, Vec<NamedAt>>);

#[derive(Debug)]
struct NamedAt {
    client: ClientAt,
    name: Str,
    service: Option<(Str, Option<Port>)>,
    because: Evidence,
}

#[derive(Debug)]
enum ClientAt {
    Workload(usize),
    Tls,
    Plain,
}

impl DeclaredAt {
    fn read(view: MeshView<'_>) -> Self {
        let mut all = Self::default();
        let accounts = Accounts::new(view.index);
        all.add_istio_policies(view, &accounts);
        all.add_linkerd_policies(view, &accounts);
        all.add_network_policies(view.index);
        all.add_ingresses(view.index);
        all.add_gateways(view);
        all.add_api_server(view.index);
        all
    }

    fn add(&mut self, server: &Workload, client: DeclaredClient<'_>) {
        let at = match client.client {
            Client::Workload(workload) if workload.position() == server.position() => return,
            Client::Workload(workload) => ClientAt::Workload(workload.position()),
            Client::Tls => ClientAt::Tls,
            Client::Plain => ClientAt::Plain,
        };
        let service = client.service.map(|(service, port)| (service.metadata.name.clone(), port));
        let named = NamedAt { client: at, name: client.name, service, because: client.because };
        self.0.entry(server.position()).or_default().push(named);
    }

    /// Everybody behind a Service.
    fn add_to_service<'a>(&mut self, index: &'a Index, service: &'a Service, client: &DeclaredClient<'a>) {
        if service.spec.selector.is_empty() {
            return;
        }
        for server in index.select(Some(&service.metadata.namespace), &service.spec.selector) {
            self.add(server, client.clone());
        }
    }

    fn add_istio_policies<'a>(&mut self, view: MeshView<'a>, accounts: &Accounts<'a>) {
        for policy in authorization_policy::all(view.index).filter(|policy| policy.action == Action::Allow) {
            let object = policy.object;
            let mut clients: Vec<(&'a Workload, Evidence)> = Vec::new();
            for value in policy.values().filter(|value| value.place == Place::Source && !value.except) {
                let named = match value.attribute {
                    Attribute::Principal => value.text.split_once("/ns/").and_then(|(_, rest)| rest.split_once("/sa/")),
                    Attribute::Account => Some(value.text.split_once('/').unwrap_or((&object.meta.namespace, value.text))),
                    _ => None,
                };
                clients.extend(named.into_iter().flat_map(|(ns, sa)| accounts.of(ns, sa)).map(|w| (w, admits(object, &value.field))));
            }
            if clients.is_empty() {
                continue;
            }
            let mut servers: Vec<&'a Workload> = policy::picked(view.index, object, view.istio.root_namespace());
            for target in policy::targets(object).iter().filter(|t| t.known_kind() == Some(Kind::Service)) {
                let service = view.index.service(&object.meta.namespace, target.name).filter(|s| !s.spec.selector.is_empty());
                servers.extend(service.into_iter().flat_map(|s| view.index.select(Some(&s.metadata.namespace), &s.spec.selector)));
            }
            for server in servers {
                for (client, because) in &clients {
                    self.add(
                        server,
                        DeclaredClient { client: Client::Workload(client), name: Str::default(), service: None, because: because.clone() },
                    );
                }
            }
        }
    }

    fn add_linkerd_policies<'a>(&mut self, view: MeshView<'a>, accounts: &Accounts<'a>) {
        let cluster = &view.linkerd.cluster;
        let suffix = identity::of_service_account(cluster, "", "").trim_start_matches('.').to_owned();
        let named = |patterns: &[IdentityMatch]| {
            let exact = patterns.iter().filter_map(|p| if let IdentityMatch::Exact(name) = p { Some(name.clone()) } else { None });
            let parts = exact.filter_map(|name| Some(name.strip_suffix(&suffix)?.trim_end_matches('.').to_owned()));
            let pairs: Vec<(String, String)> = parts.filter_map(|p| p.rsplit_once('.').map(|(sa, ns)| (ns.to_owned(), sa.to_owned()))).collect();
            pairs.into_iter().flat_map(|(ns, sa)| accounts.of(&ns, &sa).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let servers = view.linkerd_servers();
        for object in view.index.objects(Kind::LinkerdAuthorizationPolicy) {
            let Ok(grant) = authz::grant(object, view.index, cluster) else { continue };
            let authz::Clients::Named(patterns) = &grant.clients else { continue };
            let clients = named(patterns);
            let of_namespace = servers.in_namespace(&object.meta.namespace);
            let governed: Vec<_> = match authz::target(object) {
                Ok(Target::Server(name)) => of_namespace.filter(|s| s.name() == name).collect(),
                Ok(Target::Namespace) => of_namespace.collect(),
                _ => continue,
            };
            for server in governed.into_iter().flat_map(|s| s.workloads(view.index).map(Workload::position).collect::<Vec<_>>()) {
                let server = &view.index.workloads()[server];
                for client in &clients {
                    let because = Evidence::field(object.reference(), "spec.requiredAuthenticationRefs", "admits the client by name");
                    self.add(server, DeclaredClient { client: Client::Workload(client), name: Str::default(), service: None, because });
                }
            }
        }
    }

    fn add_network_policies(&mut self, index: &Index) {
        for object in index.objects(Kind::NetworkPolicy) {
            let spec = object.spec();
            let picked: Map = spec.get("podSelector").and_then(LabelSelector::read).map(|s| s.match_labels).unwrap_or_default();
            if picked.is_empty() {
                continue;
            }
            let servers: Vec<&Workload> = index.select(Some(&object.meta.namespace), &picked).collect();
            for peer in spec.list("ingress").flat_map(|rule| rule.list("from").collect::<Vec<_>>()) {
                let Some(pods) = peer.get("podSelector").and_then(LabelSelector::read).filter(|s| !s.match_labels.is_empty()) else { continue };
                let namespaces = peer.get("namespaceSelector").and_then(LabelSelector::read);
                let within = |ns: &Str| match &namespaces {
                    None => *ns == object.meta.namespace,
                    Some(selector) => index.namespace(ns).is_some_and(|n| selector.matches(&named_labels(&n.metadata.labels, ns))),
                };
                let scope = if namespaces.is_none() { Some(object.meta.namespace.as_str()) } else { None };
                for client in index.select(scope, &pods.match_labels).filter(|w| pods.matches(&w.labels) && within(&w.reference.namespace)) {
                    for server in &servers {
                        let because = Evidence::field(object.reference(), peer.path(), "lets the client's pods in");
                        self.add(server, DeclaredClient { client: Client::Workload(client), name: Str::default(), service: None, because });
                    }
                }
            }
        }
    }

    fn add_ingresses(&mut self, index: &Index) {
        for object in index.objects(Kind::Ingress) {
            let spec = object.spec();
            let paths =
                spec.list("rules").flat_map(|r| r.get("http").into_iter().flat_map(|h| h.list("paths").collect::<Vec<_>>()).collect::<Vec<_>>());
            let backends = paths.filter_map(|p| p.get("backend")).chain(spec.get("defaultBackend"));
            for backend in backends.filter_map(|b| b.get("service")) {
                let Some(service) = index.service(&object.meta.namespace, backend.text("name")) else { continue };
                let port = backend.get("port").and_then(|p| {
                    let number = p.get("number").and_then(|n| n.int()).and_then(|n| i32::try_from(n).ok());
                    number.map(Port::Number).or_else(|| Some(p.text("name")).filter(|n| !n.is_empty()).map(|n| Port::Name(n.into())))
                });
                for (client, name) in controllers(index, object) {
                    let because = Evidence::field(object.reference(), backend.path(), "leads to the Service");
                    self.add_to_service(index, service, &DeclaredClient { client, name, service: Some((service, port.clone())), because });
                }
            }
        }
    }

    fn add_gateways<'a>(&mut self, view: MeshView<'a>) {
        let index = view.index;
        for route in [Kind::HttpRoute, Kind::GrpcRoute].into_iter().flat_map(|kind| index.objects(kind)) {
            let parents = routes::parents(route).into_iter().filter(|parent| parent.kind == Kind::Gateway);
            let gateways: Vec<&'a Workload> = parents
                .flat_map(|parent| {
                    let labels: Map = [(GATEWAY_NAME, parent.name)].into_iter().collect();
                    index.select(Some(parent.namespace), &labels).collect::<Vec<_>>()
                })
                .collect();
            for backend in routes::backends(route).into_iter().filter(|backend| !backend.mirror) {
                let Some(service) = index.service(backend.namespace, backend.name) else { continue };
                let port = backend.port.and_then(|n| i32::try_from(n).ok()).map(Port::Number);
                self.add_all(index, &gateways, service, port, route, &backend.field);
            }
        }
        for route in index.objects(Kind::VirtualService) {
            let named = route.spec().texts("gateways").filter(|(name, _)| *name != "mesh");
            let gateways: Vec<&'a Workload> = named.flat_map(|(name, _)| gateway_workloads(index, name, &route.meta.namespace)).collect();
            if gateways.is_empty() {
                continue;
            }
            let destinations = ["http", "tcp", "tls"].into_iter().flat_map(|part| route.spec().list(part).collect::<Vec<_>>());
            for destination in destinations.flat_map(|r| r.list("route").collect::<Vec<_>>()).filter_map(|r| r.get("destination")) {
                let to = crate::mesh::resolve::name(
                    view,
                    &route.meta.namespace,
                    &view.istio.registry.fqdn(destination.text("host"), &route.meta.namespace),
                );
                let Some(service) = to.service() else { continue };
                let port = destination.at(["port", "number"]).and_then(|p| p.int()).and_then(|n| i32::try_from(n).ok()).map(Port::Number);
                self.add_all(index, &gateways, service, port, route, &destination);
            }
        }
    }

    fn add_all<'a>(&mut self, index: &'a Index, clients: &[&'a Workload], service: &'a Service, port: Option<Port>, by: &'a Object, at: &Field<'_>) {
        for client in clients {
            let because = Evidence::field(by.reference(), at.path(), "leads from the gateway to the Service");
            let client = DeclaredClient { client: Client::Workload(client), name: Str::default(), service: Some((service, port.clone())), because };
            self.add_to_service(index, service, &client);
        }
    }

    fn add_api_server(&mut self, index: &Index) {
        let mut call = |object: &Object, service: &Field<'_>, what: &str| {
            let Some(found) = index.service(service.text("namespace"), service.text("name")) else { return };
            let port = service.get("port").and_then(|p| p.int()).and_then(|n| i32::try_from(n).ok()).unwrap_or(443);
            let because = Evidence::field(object.reference(), service.path(), what);
            let client =
                DeclaredClient { client: Client::Tls, name: "the API server".into(), service: Some((found, Some(Port::Number(port)))), because };
            self.add_to_service(index, found, &client);
        };
        for object in [Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration].into_iter().flat_map(|kind| index.objects(kind)) {
            for service in object.root().list("webhooks").filter_map(|w| w.at(["clientConfig", "service"])) {
                call(object, &service, "the API server calls this webhook");
            }
        }
        for object in index.objects(Kind::CustomResourceDefinition) {
            if let Some(service) = object.spec().at(["conversion", "webhook", "clientConfig", "service"]) {
                call(object, &service, "the API server converts objects through this webhook");
            }
        }
        for object in index.objects(Kind::ApiService) {
            if let Some(service) = object.spec().get("service") {
                call(object, &service, "the API server passes requests on to this aggregated API");
            }
        }
    }
}

fn admits(object: &Object, field: &Field<'_>) -> Evidence {
    Evidence::field(object.reference(), field.path(), "admits the client by name")
}

/// Labels of a namespace with the one that every cluster adds.
fn named_labels(labels: &Map, name: &Str) -> Map {
    labels.iter().map(|(k, v)| (k.clone(), v.clone())).chain([(Str::from("kubernetes.io/metadata.name"), name.clone())]).collect()
}

/// Workloads by the service account they run as.
struct Accounts<'a>(HashMap<(&'a str, &'a str), Vec<&'a Workload>>);

impl<'a> Accounts<'a> {
    fn new(index: &'a Index) -> Self {
        let mut all: HashMap<(&str, &str), Vec<&Workload>> = HashMap::new();
        for workload in index.workloads().iter().filter(|w| w.is_live()) {
            if let Some(spec) = index.pod_spec(workload) {
                all.entry((&workload.reference.namespace, spec.service_account())).or_default().push(workload);
            }
        }
        Self(all)
    }

    fn of(&self, namespace: &str, account: &str) -> impl Iterator<Item = &'a Workload> + use<'a> {
        self.0.get(&(namespace, account)).cloned().unwrap_or_default().into_iter()
    }
}

/// The pods that serve an Ingress: those of a controller that goes by the class's name, or an unknown one.
fn controllers<'a>(index: &'a Index, ingress: &Object) -> Vec<(Client<'a>, Str)> {
    let class = ingress.spec().text("ingressClassName");
    let labels: [Map; 2] = [
        [("app.kubernetes.io/name", "ingress-nginx"), ("app.kubernetes.io/component", "controller")].into_iter().collect(),
        [("app.kubernetes.io/name", class)].into_iter().collect(),
    ];
    let nginx = class.contains("nginx") || class.is_empty();
    let by_label = labels.iter().skip(usize::from(!nginx)).find_map(|l| {
        let found: Vec<_> = index.select(None, l).filter(|_| l.len() > 1 || !class.is_empty()).collect();
        (!found.is_empty()).then_some(found)
    });
    match by_label {
        Some(found) => found.into_iter().map(|w| (Client::Workload(w), Str::default())).collect(),
        None => vec![(Client::Plain, format!("ingress controller {class}").trim_end().into())],
    }
}

/// The pods that serve an Istio Gateway, named from a rule of `namespace`.
fn gateway_workloads<'a>(index: &'a Index, name: &str, namespace: &str) -> Vec<&'a Workload> {
    let (namespace, name) = name.split_once('/').unwrap_or((namespace, name));
    let Some(gateway) = index.object(Kind::IstioGateway, namespace, name) else { return Vec::new() };
    let selector = policy::labels(gateway.spec().get("selector"));
    if selector.is_empty() { Vec::new() } else { index.select(None, &selector).collect() }
}
