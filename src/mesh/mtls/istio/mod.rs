//! Istio's part: what its proxies accept, and what they send.

mod bypass;
mod client;
pub(super) mod peer_authentication;
pub(super) mod peers;
mod settings;
mod ztunnel;

use std::sync::OnceLock;

use peers::{Ignored, Mode, PeerAuthentications};

use super::{Assumption, Call, Decided, Level, Outcome, Received, Sends, ServerMode, Side, annotation, plain};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::istio::backend_tls::BackendTlsPolicies;
use crate::mesh::istio::labels::TLS_MODE;
use crate::mesh::resolve::Endpoint;
use crate::mesh::resolve::Protocol;
use crate::model::{Evidence, Gap, Kind, Map, Pod, Subject};

const INTERCEPTION: &str = "sidecar.istio.io/interceptionMode";
const EXCLUDE_INBOUND: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
const INCLUDE_INBOUND: &str = "traffic.sidecar.istio.io/includeInboundPorts";

/// Istio's settings that decide about encryption.
#[derive(Debug)]
pub(super) struct Istio<'a> {
    view: MeshView<'a>,
    peers: PeerAuthentications<'a>,
    assumed: Option<Assumption<'a>>,
    /// Arranged when it is first asked.
    backends: OnceLock<BackendTlsPolicies<'a>>,
}

impl<'a> Istio<'a> {
    pub(super) fn new(view: MeshView<'a>, assumed: Option<Assumption<'a>>) -> Self {
        Self { view, peers: view.peer_authentications(), assumed, backends: OnceLock::new() }
    }

    fn root(&self) -> &'a str {
        self.view.istio.root_namespace()
    }

    /// Whether rules or Sidecars of a namespace are for some clients only.
    pub(super) fn selects_clients(&self, namespace: &str) -> bool {
        [Kind::DestinationRule, Kind::Sidecar]
            .iter()
            .any(|kind| self.view.index.objects_in(*kind, namespace).iter().any(|o| o.spec().get("workloadSelector").is_some()))
    }

    /// Whether istiod looks into a namespace.
    fn discovers(&self, namespace: &str) -> bool {
        self.view.index.namespace(namespace).is_none_or(|n| self.view.istio.config.discovers(n))
    }

    /// Ports that the deciding PeerAuthentication of these labels names.
    pub(super) fn named_ports(&self, namespace: &str, labels: &Map) -> Vec<u16> {
        self.peers.accepts(namespace, labels).ports.keys().copied().collect()
    }

    /// What a port of a workload accepts.
    pub(super) fn mode(&self, workload: &'a Workload, side: Side, port: u16) -> Result<Decided, Gap> {
        let at = &workload.reference;
        let of_pod =
            |mode, text: &str| Ok(Decided { mode, level: Level::Pod, because: vec![Evidence::object(at.clone(), text)], losing: Vec::new() });
        match side {
            Side::Gateway => {
                return of_pod(ServerMode::None, "it is a gateway: the tls settings of its own servers decide, PeerAuthentication does not");
            }
            Side::Waypoint => return of_pod(ServerMode::Strict, "it is a waypoint, which takes Istio's mutual TLS tunnel only"),
            _ => {}
        }
        if side == Side::Sidecar
            && let Some(bypass) = bypassed(Some(workload), None, Some(&workload.annotations), port)
        {
            return Ok(Decided { mode: ServerMode::None, level: Level::Annotation, because: vec![bypass], losing: Vec::new() });
        }
        self.decide(Some(workload), &at.namespace, &workload.labels, side, port)
    }

    /// The mode that is assumed for a workload, where something is and its own policies leave room for it.
    fn assumed(&self, workload: Option<&Workload>, level: Level) -> Option<ServerMode> {
        let assumed = self.assumed.as_ref()?;
        let own = matches!(level, Level::Workload | Level::Port);
        assumed.mode_of(workload?).filter(|_| !own || (level == Level::Workload && assumed.namespaces.is_empty()))
    }

    /// What PeerAuthentications decide for pods with these labels.
    fn decide(&self, workload: Option<&Workload>, namespace: &str, labels: &Map, side: Side, port: u16) -> Result<Decided, Gap> {
        if let Some(gap) = self.peers.unread(namespace, Some(labels)) {
            return Err(gap);
        }
        let decision = self.peers.accepts(namespace, labels).on(port);
        if let Some(mode) = self.assumed(workload, decision.level) {
            let because = vec![Evidence::default(format!("the plan makes it {}", mode.name().to_ascii_uppercase()))];
            return Ok(Decided { mode, level: decision.level, because, losing: Vec::new() });
        }
        let mut because = self.peers.reasons(namespace, labels, Some(port));
        if decision.policy.is_some() {
            // The default has been replaced.
            because.remove(0);
        }
        let mode = if side == Side::Ambient {
            let strict = self.peers.refused_by_ztunnel(namespace, labels, port).is_some();
            if strict != (decision.mode == Mode::Strict) {
                let text = "istiod does not generate what this says for ztunnel: port-level settings of this form do not count as written";
                because.extend(decision.policy.map(|p| Evidence::field(p.reference(), "spec.portLevelMtls", text)));
            } else if decision.mode == Mode::Disable {
                because.push(Evidence::default("in ambient, DISABLE means that plaintext is accepted too; mutual TLS stays on"));
            }
            if strict { ServerMode::Strict } else { ServerMode::Permissive }
        } else {
            match decision.mode {
                Mode::Strict => ServerMode::Strict,
                Mode::Permissive => ServerMode::Permissive,
                Mode::Disable => ServerMode::Disable,
            }
        };
        Ok(Decided { mode, level: decision.level, because, losing: self.losing(namespace, labels) })
    }

    /// Policies of the same level that an older one keeps from having a say.
    fn losing(&self, namespace: &str, labels: &Map) -> Vec<Evidence> {
        let of_level = self.peers.ignored().filter_map(|(policy, why)| match why {
            Ignored::OlderWins(older) if policy.meta.namespace == namespace || policy.meta.namespace == self.root() => Some((policy, older)),
            _ => None,
        });
        let selecting = self.peers.selecting(namespace, labels);
        let winner = selecting.first().copied();
        let of_workload = selecting.iter().skip(1).filter_map(|policy| Some((*policy, winner?)));
        let told = |(policy, older): (&crate::model::Object, &crate::model::Object)| {
            let text = format!("has no effect: {} is older and of the same level", older.reference());
            Evidence::object(policy.reference(), text)
        };
        of_level.chain(of_workload).map(told).collect()
    }

    /// What becomes of what arrives at a sidecar, at ztunnel, or at a gateway.
    pub(super) fn receive(&self, side: Side, call: &Call<'_, 'a>, endpoint: &Endpoint<'a>, sends: Sends) -> Received {
        let port = endpoint.port.unwrap_or(call.port.number);
        let at = |text: String| match endpoint.reference() {
            Some(object) => Evidence::object(object, text),
            None => Evidence::default(text),
        };
        match side {
            Side::Gateway => {
                let text = "the server is a gateway: the tls settings of its own servers decide, which mode it takes here is not said".to_owned();
                return Received::new(Outcome::Unknown, at(text));
            }
            Side::Waypoint => {
                let taken = sends == Sends::Hbone;
                let text = "the server is a waypoint, which takes Istio's mutual TLS tunnel only".to_owned();
                return Received::new(if taken { Outcome::MutualTls } else { Outcome::Broken }, at(text));
            }
            _ => {}
        }
        if sends == Sends::Hbone {
            return Received::new(Outcome::MutualTls, at("the server takes Istio's mutual TLS tunnel (HBONE)".to_owned()));
        }
        let annotations = endpoint.pod.map(|p| &p.metadata.annotations).or(endpoint.workload.map(|w| &w.annotations));
        if side == Side::Sidecar
            && let Some(bypass) = bypassed(endpoint.workload, endpoint.pod, annotations, port)
        {
            let mut received = super::outside(call, endpoint, sends);
            received.because = vec![bypass];
            return received;
        }
        let decided = match self.decide(endpoint.workload, endpoint.namespace, &endpoint.labels, side, port) {
            Ok(decided) => decided,
            Err(gap) => return Received::unknown(gap),
        };
        let protocol = self.inbound_protocol(call, endpoint, port);
        let (outcome, text) = taken(decided.mode, sends, protocol, call);
        let mut because = decided.because;
        because.push(at(text.to_owned()));
        Received { outcome, because, gap: None, handshake: None }
    }

    /// What the server's sidecar takes a port for: what its Sidecar declares, where it declares inbound ports at all, else what the Service does.
    fn inbound_protocol(&self, call: &Call<'_, 'a>, endpoint: &Endpoint<'a>, port: u16) -> Protocol {
        let sidecar = self.view.istio.registry.imports.sidecar_of(self.view.index, endpoint.namespace, &endpoint.labels);
        let Some(sidecar) = sidecar.filter(|s| s.spec().list("ingress").next().is_some()) else { return call.port.protocol };
        let own = sidecar.spec().list("ingress").find(|i| i.at(["port", "number"]).and_then(|n| n.int()) == Some(i64::from(port)));
        own.map_or(Protocol::Detect, |listener| Protocol::parse(listener.get("port").map_or("", |p| p.text("protocol"))))
    }
}

/// Whether a sidecar in this mode takes what is sent over a port, and why.
fn taken(mode: ServerMode, sends: Sends, protocol: Protocol, call: &Call<'_, '_>) -> (Outcome, &'static str) {
    match (sends, mode) {
        (Sends::IstioMutual, ServerMode::Disable) => (Outcome::Broken, "the server's DISABLE does not answer mutual TLS"),
        (Sends::IstioMutual, _) => (Outcome::MutualTls, "the server takes mutual TLS"),
        (Sends::Plaintext, ServerMode::Strict) => (Outcome::Broken, "the server's STRICT refuses plaintext"),
        (Sends::Plaintext, _) => (plain(call), "the server takes plaintext"),
        (Sends::RuleTls, ServerMode::Strict) => (Outcome::Broken, "the server's STRICT refuses TLS without a certificate of the mesh"),
        (Sends::RuleTls, _) if protocol.is_http() => {
            (Outcome::Broken, "the server's port is declared HTTP, where its sidecar takes no other TLS than Istio's")
        }
        (Sends::RuleTls, _) => (Outcome::AppTls, "the server's sidecar passes the TLS on to the application"),
        (Sends::Linkerd | Sends::Hbone, _) => (Outcome::Broken, "the server's sidecar does not answer it"),
    }
}

/// Why calls to a port do not pass the sidecar of a pod, where they do not.
fn bypassed(workload: Option<&Workload>, pod: Option<&Pod>, annotations: Option<&Map>, port: u16) -> Option<Evidence> {
    let annotations = annotations?;
    let because = |name: &str, text: &str| Some(annotation(workload, pod, name, text));
    if annotations.is(INTERCEPTION, "NONE") {
        return because(INTERCEPTION, "NONE: nothing is redirected to the sidecar");
    }
    if annotations.get(EXCLUDE_INBOUND).is_some_and(|list| listed(list, port)) {
        return because(EXCLUDE_INBOUND, "the port is excluded from the sidecar by its pods");
    }
    let included = annotations.get(INCLUDE_INBOUND).filter(|list| list.trim() != "*");
    if included.is_some_and(|list| !listed(list, port)) {
        return because(INCLUDE_INBOUND, "the port is not among those that its pods send through the sidecar");
    }
    None
}

/// Whether a comma-separated list holds a port.
fn listed(list: &str, port: u16) -> bool {
    list.split(',').any(|item| item.trim().parse() == Ok(port))
}

/// Whether an endpoint takes Istio's mutual TLS tunnel: a waypoint, what ztunnel has taken, or a sidecar that says so.
fn takes_tunnel(side: Result<Side, Gap>, labels: &Map) -> bool {
    const TUNNEL: &str = "networking.istio.io/tunnel";
    matches!(side, Ok(Side::Waypoint | Side::Ambient)) || labels.get(TUNNEL).is_some_and(|kinds| kinds.split(',').any(|k| k.trim() == "http"))
}

/// What the label says of an endpoint's mutual TLS; pods that are to get a sidecar will carry it.
fn tls_mode<'e>(side: &Result<Side, Gap>, endpoint: &'e Endpoint<'_>) -> &'e str {
    let to_come = endpoint.pod.is_none_or(|p| p.status.phase.is_empty()) && *side == Ok(Side::Sidecar);
    endpoint.labels.get(TLS_MODE).unwrap_or(if to_come { "istio" } else { "disabled" })
}
