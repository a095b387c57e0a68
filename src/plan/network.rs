//! NetworkPolicies beside a mesh: what has to stay open for the calls that are known. The network sees the tunnels of a mesh and not the ports within.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::index::Workload;
use crate::mesh::istio::ambient;
use crate::mesh::istio::labels::GATEWAY_NAME;
use crate::mesh::mtls::Mtls;
use crate::model::{Kind, Map, Membership, MeshId, Mode, Str};
use crate::world::World;

/// Label of every namespace: its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// The port of ztunnel and of waypoints, through which ambient pods are called.
const AMBIENT: u16 = 15008;
/// The port of Linkerd's proxies, through which they call each other.
const LINKERD: u16 = 4143;
/// Where the probes of ambient pods come from.
const PROBES: [&str; 2] = ["169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128"];

/// A workload, how it is in a mesh, and who is known to call it or to be called.
#[derive(Debug)]
pub struct Flows<'w> {
    /// Everything that was read.
    pub world: &'w World,
    /// The workload.
    pub workload: &'w Workload,
    /// Its mesh.
    pub mesh: MeshId,
    /// How it is in it.
    pub mode: Mode,
    /// Its clients.
    pub callers: Vec<&'w Workload>,
    /// Whom it calls.
    pub callees: Vec<&'w Workload>,
    /// Namespaces with a Prometheus.
    pub scrapers: BTreeSet<Str>,
}

impl Flows<'_> {
    /// Lets in whoever is known to call, the probes and the scrapes; and nobody else.
    pub fn ingress(&self) -> Value {
        let own = ports(self.world, self.workload);
        let mut rules = self.rules("from", &self.callers, |caller| self.on_the_wire(self.workload, self.mesh, self.mode, caller, &own));
        let admin: &[u16] = match (self.mesh, self.mode) {
            (MeshId::Linkerd, _) => &[4191],
            (MeshId::Istio, Mode::Ambient) => &[],
            (MeshId::Istio, _) => &[15020, 15090],
        };
        if !self.scrapers.is_empty() && !admin.is_empty() {
            let from: Vec<Value> =
                self.scrapers.iter().map(|name| json!({"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: name.as_str()}}})).collect();
            rules.push(json!({"from": from, "ports": entries(admin.iter().copied(), "TCP")}));
        }
        if self.mode == Mode::Ambient {
            let from: Vec<Value> = PROBES.iter().map(|cidr| json!({"ipBlock": {"cidr": cidr}})).collect();
            rules.push(json!({"from": from, "ports": entries(own.iter().copied(), "TCP")}));
            rules.extend(self.waypoints().into_iter().map(|peer| json!({"from": [peer], "ports": entries([AMBIENT], "TCP")})));
        }
        let mut spec = json!({"podSelector": {"matchLabels": pairs(&self.selector())}, "policyTypes": ["Ingress"]});
        if !rules.is_empty() {
            spec["ingress"] = rules.into();
        }
        spec
    }

    /// Lets out what the proxy needs, and the calls that are known.
    pub fn egress(&self) -> Value {
        let dns = json!({"to": [namespace("kube-system")], "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]});
        let mut rules = vec![dns];
        let control: &[u16] = match (self.mesh, self.mode) {
            (MeshId::Linkerd, _) => &[8080, 8086, 8090],
            (MeshId::Istio, Mode::Ambient) => &[],
            (MeshId::Istio, _) => &[15012],
        };
        let planes: BTreeSet<&str> = self.world.control_planes().filter(|p| p.mesh == self.mesh).map(|p| p.namespace.as_str()).collect();
        if !control.is_empty() {
            let planes = if planes.is_empty() { [if self.mesh == MeshId::Linkerd { "linkerd" } else { "istio-system" }].into() } else { planes };
            let to: Vec<Value> = planes.into_iter().map(namespace).collect();
            rules.push(json!({"to": to, "ports": entries(control.iter().copied(), "TCP")}));
        }
        rules.extend(self.rules("to", &self.callees, |callee| {
            let mode = self.mode_of(callee);
            let own = ports(self.world, callee);
            mode.map_or_else(|| own.clone(), |mode| self.on_the_wire(callee, self.mesh, mode, self.workload, &own))
        }));
        json!({"podSelector": {"matchLabels": pairs(&self.selector())}, "policyTypes": ["Egress"], "egress": rules})
    }

    /// The ports that the network sees when a client calls a server that is in a mesh.
    fn on_the_wire(&self, server: &Workload, mesh: MeshId, mode: Mode, client: &Workload, own: &BTreeSet<u16>) -> BTreeSet<u16> {
        let of_client = self.mode_of(client);
        // The server itself, where its pods call each other, is as it is to be.
        let of_client = if client.reference == server.reference { Some(mode) } else { of_client };
        match (mesh, mode, of_client) {
            (MeshId::Linkerd, _, Some(_)) => [LINKERD].into(),
            (MeshId::Linkerd, _, None) => own.iter().copied().chain([LINKERD]).collect(),
            (MeshId::Istio, Mode::Ambient, _) | (MeshId::Istio, _, Some(Mode::Ambient)) => own.iter().copied().chain([AMBIENT]).collect(),
            (MeshId::Istio, ..) => own.clone(),
        }
    }

    /// How a workload is in the mesh; nothing where it is not, or that is not known.
    fn mode_of(&self, workload: &Workload) -> Option<Mode> {
        match self.world.view().membership_by_files(self.mesh, workload) {
            Ok(Membership::Sidecar | Membership::Gateway) => Some(Mode::Sidecar),
            Ok(Membership::Ambient | Membership::Waypoint) => Some(Mode::Ambient),
            Ok(Membership::None) | Err(_) => None,
        }
    }

    /// A rule for all peers that need the same ports.
    fn rules(&self, side: &str, peers: &[&Workload], of: impl Fn(&Workload) -> BTreeSet<u16>) -> Vec<Value> {
        let mut by_ports: BTreeMap<BTreeSet<u16>, BTreeMap<String, Value>> = BTreeMap::new();
        for peer in peers {
            let selector = pairs(&self.world.index.pod_selector(peer));
            let entry = json!({"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: peer.reference.namespace.as_str()}}, "podSelector": {"matchLabels": selector}});
            by_ports.entry(of(peer)).or_default().insert(entry.to_string(), entry);
        }
        let rule = |(ports, peers): (BTreeSet<u16>, BTreeMap<String, Value>)| {
            let peers: Vec<Value> = peers.into_values().collect();
            json!({side: peers, "ports": entries(ports, "TCP")})
        };
        by_ports.into_iter().filter(|(ports, _)| !ports.is_empty()).map(rule).collect()
    }

    /// The waypoints through which its Services are called.
    fn waypoints(&self) -> Vec<Value> {
        let index = &self.world.index;
        let services = super::onboard::services(self.world, self.workload);
        let used = services.iter().filter_map(|service| ambient::reference(index, &service.metadata.labels, &service.metadata.namespace));
        let used: BTreeSet<(Str, Str)> = used.collect();
        let peer = |(namespace, name): (Str, Str)| json!({"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: namespace.as_str()}}, "podSelector": {"matchLabels": {GATEWAY_NAME: name.as_str()}}});
        used.into_iter().map(peer).collect()
    }

    fn selector(&self) -> Map {
        self.world.index.pod_selector(self.workload)
    }
}

/// A NetworkPolicy of this name for a workload.
pub fn policy(workload: &Workload, name: &str, spec: Value) -> Value {
    let meta = json!({"name": name, "namespace": workload.reference.namespace.as_str()});
    json!({"apiVersion": Kind::NetworkPolicy.api_version(), "kind": "NetworkPolicy", "metadata": meta, "spec": spec})
}

fn ports(world: &World, workload: &Workload) -> BTreeSet<u16> {
    Mtls::new(world.view()).modes(workload).into_iter().map(|port| port.port).collect()
}

fn namespace(name: &str) -> Value {
    json!({"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: name}}})
}

fn entries(ports: impl IntoIterator<Item = u16>, protocol: &str) -> Vec<Value> {
    ports.into_iter().map(|port| json!({"port": port, "protocol": protocol})).collect()
}

/// Labels as JSON.
pub fn pairs(labels: &Map) -> Value {
    labels.iter().map(|(k, v)| (k.to_string(), Value::String(v.to_string()))).collect::<serde_json::Map<_, _>>().into()
}
