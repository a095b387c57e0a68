//! Is it encrypted: what every port accepts and who decides that, what clients send, and what becomes of it.
//!
//! The neutral words and the one entry, [`Mtls`], are here. What is Istio's is in `istio/` (sidecars, ztunnel and gateways as servers; the
//! sidecar or gateway as a client), what is Linkerd's in `linkerd.rs`. An edge is put together of both ends, so that they may be of different
//! meshes: the client's mesh says what is sent to each endpoint, the endpoint's own mesh what becomes of that.

mod clients;
mod destination;
mod istio;
mod linkerd;
mod mode;
mod outcome;
mod outside;
mod ports;
mod probes;
mod senders;
mod side;

use std::collections::BTreeSet;
use std::sync::OnceLock;

pub(super) use clients::DeclaredAt;
pub(crate) use clients::{Declared, DeclaredClient};
pub use destination::Destination;
use destination::targets;
pub(crate) use istio::peer_authentication::PeerAuthentication;
pub(super) use istio::peers::ByLevel;
pub(crate) use istio::peers::{Ignored, Mode, PeerAuthentications, mode as peer_mode};
use mode::Decided;
pub use mode::{Level, PortMode, ServerMode};
use outcome::Handshake;
pub use outcome::{Edge, Outcome, Part};
use outside::{outside, plain, without_proxy};
pub use ports::called_through;
use ports::{add, ports_of};
pub use senders::{ClientKey, Senders};
use side::{Side, side};

use super::MeshView;
use super::resolve::{DialledPort, Endpoint, Name, StandsFor};
use crate::index::Workload;
use crate::model::{Evidence, Gap, Map, Pod, Str, Subject};

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

impl<'a> Calling<'a> {
    /// The workload, where it is one.
    pub fn workload(&self) -> Option<&'a Workload> {
        self.callers.iter().find_map(|caller| caller.as_ref().ok()?.workload)
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
    /// What it would be if the server's policies let the client in, where it is they that do not.
    handshake: Option<Outcome>,
}

impl Received {
    fn new(outcome: Outcome, because: Evidence) -> Self {
        Self { outcome, because: vec![because], gap: None, handshake: None }
    }

    fn unknown(gap: Gap) -> Self {
        Self { outcome: Outcome::Unknown, because: vec![Evidence::default(gap.to_string())], gap: Some(gap), handshake: None }
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
        let mut arrive = |endpoint: &Endpoint<'a>, sent: Sent| {
            let received = self.receive(&caller, call, endpoint, sent.sends);
            let handshake = received.handshake.map(|outcome| Handshake { outcome, because: sent.because.clone() });
            let because = sent.because.into_iter().chain(received.because).collect();
            parts.push(Part { outcome: received.outcome, pods: endpoint.count, workload: endpoint.reference(), because, handshake });
            *gap = gap.take().or(received.gap);
        };
        match caller.side {
            Side::Sidecar | Side::Gateway | Side::Waypoint => match self.istio.client(&caller, call) {
                Way::Refused(because) => parts.push(Part::refused(because)),
                Way::Unknown(unread) => {
                    parts.push(Part::unknown(&unread));
                    *gap = Some(unread);
                }
                Way::Open(cluster) => {
                    let all = targets(call);
                    let held: Vec<&Endpoint<'a>> = all.iter().filter(|e| cluster.holds(&e.labels)).collect();
                    held.iter().for_each(|e| arrive(e, self.istio.send(&caller, &cluster, e)));
                    if held.is_empty() && !all.is_empty() {
                        let text = format!("no pod of {} is in subset {}", call.to.full, call.subset.unwrap_or_default());
                        parts.push(Part::refused(vec![Evidence::default(text)]));
                    }
                }
            },
            Side::Ambient => targets(call).iter().for_each(|e| arrive(e, self.istio.send_from_ztunnel(call, e))),
            Side::Linkerd => targets(call).iter().for_each(|e| arrive(e, self.linkerd().send(&caller, call, e))),
            Side::Outside => targets(call).iter().for_each(|e| arrive(e, Sent { sends: Sends::Plaintext, because: without_proxy(&caller) })),
        }
        if targets(call).is_empty() && parts.is_empty() {
            let what = call.to.full.clone();
            parts
                .push(Part::refused(vec![Evidence::default(format!("nothing answers for port {} of {what}: it has no endpoint", call.port.number))]));
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

#[cfg(test)]
mod tests;
