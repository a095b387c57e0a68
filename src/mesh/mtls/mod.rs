//! Is it encrypted: what every port accepts and who decides that, what clients send, and what becomes of it.
//!
//! The neutral words and the one entry, [`Mtls`], are here. What is Istio's is in `istio/` (sidecars, ztunnel and gateways as servers; the
//! sidecar or gateway as a client), what is Linkerd's in `linkerd.rs`. An edge is put together of both ends, so that they may be of different
//! meshes: the client's mesh says what is sent to each endpoint, the endpoint's own mesh what becomes of that.

mod clients;
mod endpoints;
mod istio;
mod linkerd;
mod mode;
mod outcome;
mod probes;
mod side;

use std::collections::BTreeSet;
use std::sync::OnceLock;

pub(crate) use clients::{Declared, DeclaredClient};
pub(crate) use endpoints::{DialledPort, Endpoint, endpoints};
pub(super) use istio::peers::ByLevel;
pub(crate) use istio::peers::{Ignored, Mode, PeerAuthentications, mode as peer_mode};
use mode::Decided;
pub use mode::{Level, PortMode, ServerMode};
pub use outcome::{Edge, Outcome, Part};
use side::{Side, side};

use super::MeshView;
use super::resolve::{Name, StandsFor};
use crate::index::Workload;
use crate::model::{Evidence, Gap, Map, Pod, Port, Service, Str, Subject};

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub enum Client<'a> {
    /// A workload of the cluster.
    Workload(&'a Workload),
    /// Somebody outside of the meshes who speaks TLS of his own: the API server to its webhooks.
    Tls,
    /// Somebody else without a proxy of a mesh: the kubelet, anything outside of the cluster.
    Plain,
}

/// What a client's side puts on the wire for one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sends {
    /// What the application writes, as it is.
    Plaintext,
    /// Istio's mutual TLS.
    IstioMutual,
    /// Istio's tunnel, mutual TLS by itself.
    Hbone,
    /// Linkerd's mutual TLS.
    Linkerd,
    /// TLS that a DestinationRule starts with certificates of its own, or none.
    RuleTls,
}

/// Pods of a client that are alike, or its pods to come.
#[derive(Clone, Copy, Debug)]
struct Caller<'a> {
    workload: Option<&'a Workload>,
    pod: Option<&'a Pod>,
    side: Side,
}

impl<'a> Caller<'a> {
    fn labels(&self) -> Option<&'a Map> {
        self.pod.map(|p| &p.metadata.labels).or(self.workload.map(|w| &w.labels))
    }

    fn annotations(&self) -> Option<&'a Map> {
        self.pod.map(|p| &p.metadata.annotations).or(self.workload.map(|w| &w.annotations))
    }

    fn namespace(&self) -> &'a str {
        self.workload.map_or("", |w| &w.reference.namespace)
    }

    /// Evidence at an annotation of it.
    fn annotation(&self, name: &str, text: impl Into<String>) -> Evidence {
        annotation(self.workload, self.pod, name, text)
    }
}

/// Evidence at an annotation of a pod, or of the template of pods to come.
fn annotation(workload: Option<&Workload>, pod: Option<&Pod>, name: &str, text: impl Into<String>) -> Evidence {
    let path = format!("metadata.annotations{}", crate::model::key(name));
    let text = text.into();
    match (pod, workload) {
        (Some(pod), _) => Evidence::field(pod.reference(), path, text),
        (None, Some(workload)) => Evidence::field(workload.reference.clone(), path, text),
        (None, None) => Evidence::default(text),
    }
}

/// A client's kinds of pods, for [`Mtls::edge_between`].
#[derive(Debug)]
pub struct Calling<'a> {
    callers: Vec<Result<Caller<'a>, Gap>>,
    own_tls: bool,
}

/// A port of what a name stands for with all that answers there, for [`Mtls::edge_between`]. No setting of a mesh decides about it.
#[derive(Debug)]
pub struct Destination<'n, 'a> {
    name: &'n Name<'a>,
    port: DialledPort,
    /// What answers; what becomes of every call where nothing can.
    endpoints: Result<Vec<Endpoint<'a>>, Edge>,
}

impl<'n, 'a> Destination<'n, 'a> {
    /// What answers on `port` of what a name stands for.
    pub fn of(view: MeshView<'a>, name: &'n Name<'a>, port: u16) -> Self {
        let port = DialledPort::of(name, port);
        let endpoints = match undeclared(name, &port) {
            Some(refused) => Err(Edge { outcome: Outcome::Broken, because: vec![refused], parts: Vec::new(), gap: None }),
            None => endpoints(view, name, &port).map_err(Edge::unknown),
        };
        let endpoints = endpoints.map(|all| all.into_iter().filter(|e| e.port.is_some()).collect());
        Self { name, port, endpoints }
    }
}

/// A call on its way: where to, and over which port.
struct Call<'c, 'a> {
    to: &'c Name<'a>,
    port: &'c DialledPort,
    subset: Option<&'c str>,
    endpoints: &'c [Endpoint<'a>],
    /// Whether the client's application speaks TLS, whatever the port says.
    own_tls: bool,
}

/// Sent to an endpoint, and why.
struct Sent {
    sends: Sends,
    because: Vec<Evidence>,
}

/// What a client's side makes of a call before any endpoint is chosen.
enum Way<T> {
    /// It does not leave.
    Refused(Vec<Evidence>),
    /// What decides was not read.
    Unknown(Gap),
    /// It leaves; this decides by endpoint.
    Open(T),
}

/// Received by an endpoint, and why.
struct Received {
    outcome: Outcome,
    because: Vec<Evidence>,
    gap: Option<Gap>,
}

impl Received {
    fn new(outcome: Outcome, because: Evidence) -> Self {
        Self { outcome, because: vec![because], gap: None }
    }

    fn unknown(gap: Gap) -> Self {
        Self { outcome: Outcome::Unknown, because: vec![Evidence::default(gap.to_string())], gap: Some(gap) }
    }
}

/// What is assumed of some servers: the mode of every port that no policy of its own is for.
#[derive(Clone, Debug)]
pub struct Assumption<'a> {
    /// The mode: strict or permissive.
    pub mode: ServerMode,
    /// The servers, by their position in the index.
    pub servers: BTreeSet<usize>,
    /// Namespaces for which it is assumed as a whole, which clients go by too; none where it is assumed for single workloads.
    pub namespaces: BTreeSet<&'a str>,
}

impl Assumption<'_> {
    fn mode_of(&self, workload: &Workload) -> Option<ServerMode> {
        self.servers.contains(&workload.position()).then_some(self.mode)
    }
}

/// Both meshes' settings that decide about encryption, arranged once for many questions.
#[derive(Debug)]
pub struct Mtls<'a> {
    view: MeshView<'a>,
    istio: istio::Istio<'a>,
    /// Arranged when it is first asked: rules about Istio never do.
    linkerd: OnceLock<linkerd::Linkerd<'a>>,
    assumption: Option<Assumption<'a>>,
}

impl<'a> Mtls<'a> {
    /// Arranges them.
    pub fn new(view: MeshView<'a>) -> Self {
        Self { view, istio: istio::Istio::new(view, None), linkerd: OnceLock::new(), assumption: None }
    }

    /// The same, with something assumed: for the question what a change would do.
    pub fn assuming(view: MeshView<'a>, assumption: &Assumption<'a>) -> Self {
        let istio = istio::Istio::new(view, Some(assumption.clone()));
        Self { view, istio, linkerd: OnceLock::new(), assumption: Some(assumption.clone()) }
    }

    fn linkerd(&self) -> &linkerd::Linkerd<'a> {
        self.linkerd.get_or_init(|| linkerd::Linkerd::new(self.view, self.assumption.clone()))
    }

    /// Whether the pods of a workload, or those to come, are in a mesh.
    pub fn is_meshed(&self, workload: &Workload) -> Result<bool, Gap> {
        side(self.view, Some(workload), None, &workload.labels).map(|side| side != Side::Outside)
    }

    /// What makes two clients fare alike towards every server: where they are, how they are in a mesh, what they keep from their proxies and the
    /// labels by which rules select them.
    pub fn client_class(&self, workload: &'a Workload) -> Vec<String> {
        let namespace = workload.reference.namespace.to_string();
        let mut class: Vec<String> = Vec::new();
        for caller in self.callers(Client::Workload(workload)) {
            let Ok(caller) = caller else {
                class.push("unknown".to_owned());
                continue;
            };
            let pairs = |map: Option<&Map>, wanted: &dyn Fn(&str) -> bool| {
                let kept = map.into_iter().flat_map(Map::iter).filter(|(k, _)| wanted(k));
                kept.map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
            };
            let annotations = pairs(caller.annotations(), &|k| k.contains("utbound") || k.ends_with("interceptionMode") || k.ends_with("/inject"));
            let by_labels = self.istio.selects_clients(&namespace);
            let labels = pairs(caller.labels(), &|k| by_labels || k == crate::mesh::linkerd::PLANE);
            class.push(format!("{} {annotations} {labels}", caller.side.name()));
        }
        class.sort();
        class.dedup();
        if class.iter().all(|c| c.starts_with(Side::Outside.name())) {
            // Without a proxy nothing tells clients apart: they send what the application writes, under no name.
            return vec![Side::Outside.name().to_owned()];
        }
        // Linkerd's servers ask for the name of the client, Istio's for any.
        let named = class.iter().any(|c| c.starts_with(Side::Linkerd.name()));
        let account = self.view.index.pod_spec(workload).filter(|_| named).map_or("", crate::model::PodSpec::service_account);
        class.extend([namespace, account.to_owned()]);
        class
    }

    /// What every port of a workload accepts: those its containers declare, those Services send calls to, and those policies name; sorted.
    pub fn modes(&self, workload: &'a Workload) -> Vec<PortMode> {
        let mut ports = ports_of(self.view, workload);
        let (labels, namespace) = (&workload.labels, &workload.reference.namespace);
        let side = side(self.view, Some(workload), None, labels);
        match side {
            Ok(Side::Sidecar | Side::Ambient) => self.istio.named_ports(namespace, labels).into_iter().for_each(|p| add(&mut ports, p, "")),
            Ok(Side::Linkerd) => self.linkerd().named_ports(workload).into_iter().for_each(|p| add(&mut ports, p, "")),
            _ => {}
        }
        ports.sort_by_key(|(port, _)| *port);
        ports.into_iter().map(|(port, name)| self.mode_of(workload, &side, port, name)).collect()
    }

    /// What one container port of a workload accepts.
    pub fn mode(&self, workload: &'a Workload, port: u16) -> PortMode {
        let side = side(self.view, Some(workload), None, &workload.labels);
        let name = ports_of(self.view, workload).into_iter().find(|(p, _)| *p == port).map(|(_, name)| name).unwrap_or_default();
        self.mode_of(workload, &side, port, name)
    }

    fn mode_of(&self, workload: &'a Workload, side: &Result<Side, Gap>, port: u16, name: Str) -> PortMode {
        let mesh = side.as_ref().ok().and_then(|s| s.mesh());
        let decided = side.clone().and_then(|side| match side {
            Side::Outside => {
                let text = "its pods have no proxy of a mesh";
                Ok(Decided {
                    mode: ServerMode::None,
                    level: Level::Pod,
                    because: vec![Evidence::object(workload.reference.clone(), text)],
                    losing: Vec::new(),
                })
            }
            Side::Linkerd => self.linkerd().mode(workload, port),
            Side::Sidecar | Side::Ambient | Side::Gateway | Side::Waypoint => self.istio.mode(workload, side, port),
        });
        match decided {
            Ok(d) => PortMode { port, name, mesh, mode: d.mode, level: d.level, because: d.because, losing: d.losing, gap: None },
            Err(gap) => PortMode {
                port,
                name,
                mesh,
                mode: ServerMode::Unknown,
                level: Level::Default,
                because: vec![Evidence::default(gap.to_string())],
                losing: Vec::new(),
                gap: Some(gap),
            },
        }
    }

    /// What becomes of calls from `client` to `port` of what a name stands for; in a subset of a DestinationRule, when one is named.
    pub fn edge(&self, client: Client<'a>, to: &Name<'a>, port: u16, subset: Option<&str>) -> Edge {
        self.edge_between(&self.calling(client), &Destination::of(self.view, to, port), subset)
    }

    /// A client with the kinds of pods that it has, arranged once for any number of calls.
    pub fn calling(&self, client: Client<'a>) -> Calling<'a> {
        Calling { callers: self.callers(client), own_tls: matches!(client, Client::Tls) }
    }

    /// What becomes of calls from a client to a destination.
    pub fn edge_between(&self, client: &Calling<'a>, to: &Destination<'_, 'a>, subset: Option<&str>) -> Edge {
        let endpoints = match &to.endpoints {
            Ok(endpoints) => endpoints,
            Err(edge) => return edge.clone(),
        };
        let call = Call { to: to.name, port: &to.port, subset, endpoints, own_tls: client.own_tls };
        let mut parts = Vec::new();
        let mut gap = None;
        for caller in &client.callers {
            match caller {
                Ok(caller) => self.call(*caller, &call, &mut parts, &mut gap),
                Err(unread) => return Edge::unknown(unread.clone()),
            }
        }
        Edge::of(parts, gap)
    }

    /// The kinds of pods that a client has, or what its pods to come will be.
    fn callers(&self, client: Client<'a>) -> Vec<Result<Caller<'a>, Gap>> {
        let Client::Workload(workload) = client else {
            return vec![Ok(Caller { workload: None, pod: None, side: Side::Outside })];
        };
        let of = |pod: Option<&'a Pod>| {
            let labels = pod.map_or(&workload.labels, |p| &p.metadata.labels);
            side(self.view, Some(workload), pod, labels).map(|side| Caller { workload: Some(workload), pod, side })
        };
        let pods: Vec<_> = self.view.index.pod_variants(workload).map(|(pod, _)| of(Some(pod))).collect();
        if pods.is_empty() { vec![of(None)] } else { pods }
    }

    fn call(&self, caller: Caller<'a>, call: &Call<'_, 'a>, parts: &mut Vec<Part>, gap: &mut Option<Gap>) {
        let refused = |because| Part { outcome: Outcome::Broken, pods: 0, workload: None, because };
        let mut arrive = |endpoint: &Endpoint<'a>, sent: Sent| {
            let received = self.receive(&caller, call, endpoint, sent.sends);
            let because = sent.because.into_iter().chain(received.because).collect();
            parts.push(Part { outcome: received.outcome, pods: endpoint.count, workload: endpoint.reference(), because });
            *gap = gap.take().or(received.gap);
        };
        match caller.side {
            Side::Sidecar | Side::Gateway | Side::Waypoint => match self.istio.client(&caller, call) {
                Way::Refused(because) => parts.push(refused(because)),
                Way::Unknown(unread) => {
                    parts.push(Part { outcome: Outcome::Unknown, pods: 0, workload: None, because: vec![Evidence::default(unread.to_string())] });
                    *gap = Some(unread);
                }
                Way::Open(cluster) => {
                    targets(call).iter().for_each(|e| arrive(e, self.istio.send(&caller, &cluster, e)));
                }
            },
            Side::Ambient => targets(call).iter().for_each(|e| arrive(e, self.istio.send_from_ztunnel(call, e))),
            Side::Linkerd => targets(call).iter().for_each(|e| arrive(e, self.linkerd().send(&caller, call, e))),
            Side::Outside => targets(call).iter().for_each(|e| arrive(e, Sent { sends: Sends::Plaintext, because: without_proxy(&caller) })),
        }
        if targets(call).is_empty() && parts.is_empty() {
            let what = call.to.full.clone();
            parts.push(refused(vec![Evidence::default(format!("nothing answers for port {} of {what}: it has no endpoint", call.port.number))]));
        }
    }

    /// What becomes of what arrives at an endpoint.
    fn receive(&self, caller: &Caller<'a>, call: &Call<'_, 'a>, endpoint: &Endpoint<'a>, sends: Sends) -> Received {
        let external = matches!(call.to.stands_for, StandsFor::Entry(e) if e.spec().text("location") != "MESH_INTERNAL");
        let side = match side(self.view, endpoint.workload, endpoint.pod, &endpoint.labels) {
            // Whatever its labels say, an address that is written down as outside of the mesh is outside.
            Ok(_) if external && endpoint.workload.is_none() => Side::Outside,
            Ok(side) => side,
            Err(gap) => return Received::unknown(gap),
        };
        match side {
            Side::Outside if sends == Sends::Linkerd && endpoint.gateway.is_some() => {
                Received::new(Outcome::MutualTls, Evidence::default("the gateway of the other cluster takes mutual TLS"))
            }
            Side::Outside => outside(call, endpoint, sends),
            Side::Linkerd => self.linkerd().receive(caller, call, endpoint, sends),
            Side::Sidecar | Side::Ambient | Side::Gateway | Side::Waypoint => self.istio.receive(side, call, endpoint, sends),
        }
    }
}

/// Endpoints to send to; the destination itself where nothing says what stands behind it.
fn targets<'c, 'a>(call: &Call<'c, 'a>) -> std::borrow::Cow<'c, [Endpoint<'a>]> {
    let open = match call.to.stands_for {
        StandsFor::Address(_) | StandsFor::Outside => true,
        StandsFor::Entry(entry) => !matches!(entry.spec().text("resolution"), "STATIC") && entry.spec().get("workloadSelector").is_none(),
        StandsFor::Service(_) | StandsFor::Pod(_) => false,
    };
    if call.endpoints.is_empty() && open {
        let namespace = match call.to.stands_for {
            StandsFor::Entry(entry) => entry.meta.namespace.as_str(),
            _ => "",
        };
        let beyond = Endpoint { workload: None, pod: None, count: 1, namespace, labels: Map::default(), port: Some(call.port.number), gateway: None };
        return std::borrow::Cow::Owned(vec![beyond]);
    }
    std::borrow::Cow::Borrowed(call.endpoints)
}

/// Why a port cannot be dialled: a Service forwards the ports that it declares, and no other.
fn undeclared(to: &Name<'_>, port: &DialledPort) -> Option<Evidence> {
    let StandsFor::Service(service) = to.stands_for else { return None };
    if port.declared || service.is_headless() {
        return None;
    }
    Some(Evidence::field(service.reference(), "spec.ports", format!("the Service has no port {}", port.number)))
}

fn without_proxy(caller: &Caller<'_>) -> Vec<Evidence> {
    match caller.workload {
        Some(workload) => vec![Evidence::object(workload.reference.clone(), "the client's pods have no proxy of a mesh, so they send plaintext")],
        None => vec![Evidence::default("the client has no proxy of a mesh, so it sends plaintext")],
    }
}

/// What becomes of bytes that arrive as the application writes them: its own TLS, where the client speaks that or the port says so.
fn plain(call: &Call<'_, '_>) -> Outcome {
    if call.own_tls || call.port.protocol.is_tls() { Outcome::AppTls } else { Outcome::Plaintext }
}

/// What becomes of calls to something without a proxy.
fn outside(call: &Call<'_, '_>, endpoint: &Endpoint<'_>, sends: Sends) -> Received {
    let at = |text: &str| match endpoint.reference() {
        Some(object) => Evidence::object(object, text),
        None => Evidence::default(text),
    };
    match sends {
        Sends::Plaintext => Received::new(plain(call), at("the server has no proxy of a mesh: calls arrive as the client sends them")),
        Sends::RuleTls => Received::new(Outcome::AppTls, at("the server has no proxy of a mesh: it answers the TLS of the DestinationRule itself")),
        Sends::IstioMutual | Sends::Hbone | Sends::Linkerd => {
            Received::new(Outcome::Broken, at("the server has no proxy of a mesh that could answer mutual TLS"))
        }
    }
}

/// Ports of a workload that its containers declare or Services send calls to, with their names.
fn ports_of(view: MeshView<'_>, workload: &Workload) -> Vec<(u16, Str)> {
    let mut ports: Vec<(u16, Str)> = Vec::new();
    super::linkerd::server::declared_ports(view.index, workload)
        .into_iter()
        .filter(|(name, _)| !PROXY_PORTS.contains(name))
        .for_each(|(name, port)| add(&mut ports, port, name));
    for service in view.index.services_selecting(&workload.reference.namespace, &workload.labels) {
        for port in service.spec.ports.iter().filter(|p| p.protocol() == "TCP") {
            if let Port::Number(number) = port.target()
                && let Ok(number) = u16::try_from(number)
            {
                add(&mut ports, number, "");
            }
        }
    }
    ports
}

/// Names of the ports of the meshes' own containers.
const PROXY_PORTS: [&str; 4] = ["http-envoy-prom", "status-port", "linkerd-proxy", "linkerd-admin"];

fn add(ports: &mut Vec<(u16, Str)>, port: u16, name: &str) {
    if port > 0 && !ports.iter().any(|(p, _)| *p == port) {
        ports.push((port, name.into()));
    }
}

/// The Services and their ports through which a workload is called, with the container port that each leads to.
pub fn called_through<'a>(view: MeshView<'a>, workload: &'a Workload) -> Vec<(&'a Service, u16, u16)> {
    let mut found = Vec::new();
    for service in view.index.services_selecting(&workload.reference.namespace, &workload.labels) {
        for port in service.spec.ports.iter().filter(|p| p.protocol() == "TCP") {
            let target = endpoints::number(&port.target(), view.index.pod_spec(workload));
            if let (Some(target), Ok(number)) = (target, u16::try_from(port.port)) {
                found.push((service, number, target));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
