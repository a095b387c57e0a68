//! The waypoint that calls to an ambient workload or a Service go through, and who goes past it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::envoy::Envoy;
use super::{Istio, rules};
use crate::index::Workload;
use crate::mesh::authorization::pod_group::{self, PodGroup};
use crate::mesh::authorization::{AMBIENT_TUNNEL, Via};
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::labels::{self, GATEWAY_NAME};
use crate::mesh::istio::policy::{Action, Enforcer, Policies};
use crate::mesh::resolve::Protocol;
use crate::model::{Kind, Membership, MeshId, Object, Service, Str};

#[derive(Debug)]
pub(super) struct WaypointGuard<'a> {
    pub(super) envoy: Envoy<'a>,
    /// What stands before it, where istiod puts policies at the tunnel as well.
    pub(super) at_tunnel: Option<Envoy<'a>>,
    pub(super) workload: Option<&'a Workload>,
    pub(super) identity: String,
    pub(super) addresses: Vec<IpAddr>,
    /// Whether gateways send their traffic through it as well.
    pub(super) from_gateways: bool,
}

impl<'a> Istio<'a> {
    /// The waypoints that calls to a Service go through, or, without a Service, those to the pods themselves: one, or two of which each takes a share.
    pub(super) fn waypoints(&self, workload: &Workload, group: &PodGroup<'a>, port: u16, via: Option<Via<'a>>) -> Vec<WaypointGuard<'a>> {
        let index = self.view.index;
        if labels::is_waypoint(&workload.labels) {
            return Vec::new();
        }
        // A Service without an address of its own is called by the addresses of its pods.
        let via = via.filter(|via| !via.service.is_headless());
        let Some(via) = via else {
            let found = ambient::reference(index, group.labels, group.namespace);
            let serving = found.filter(|(ns, name)| self.serves(ns, name, group.namespace, &[Traffic::Workload, Traffic::All]));
            return serving.map(|(ns, name)| self.guard_at(ns, name, group, port, None)).into_iter().collect();
        };
        let meta = &via.service.metadata;
        let wanted = [Traffic::Service, Traffic::All];
        let serves = |(ns, name): &(Str, Str)| self.serves(ns, name, &meta.namespace, &wanted);
        let Some(own) = ambient::reference(index, &meta.labels, &meta.namespace).filter(serves) else { return Vec::new() };
        let canary = ambient::canary(index, via.service).map(|(ns, name, weight)| ((ns, name), weight));
        let canary = canary.filter(|(other, _)| *other != own && serves(other));
        let share = canary.as_ref().map_or(0, |(_, weight)| *weight);
        let all = std::iter::once((own, 100 - share)).chain(canary);
        all.filter(|(_, share)| *share > 0).map(|((ns, name), _)| self.guard_at(ns, name, group, port, Some(via))).collect()
    }

    /// Whether a waypoint is there and takes such traffic of a namespace.
    fn serves(&self, namespace: &str, name: &str, of: &str, wanted: &[Traffic]) -> bool {
        let found = ambient::named(self.view.index, namespace, name);
        matches!(found, Waypoint::Serves(traffic, _) if wanted.contains(&traffic)) && ambient::takes(self.view.index, found, of)
    }

    fn guard_at(&self, namespace: Str, name: Str, group: &PodGroup<'a>, port: u16, via: Option<Via<'a>>) -> WaypointGuard<'a> {
        let index = self.view.index;
        let root = self.view.istio.root_namespace();
        let of = |policies: &Policies<'a>| {
            let gateway = policies.targeting(Kind::Gateway, &namespace, &name);
            let class = policies.targeting(Kind::GatewayClass, root, ambient::WAYPOINT_CLASS);
            let service = via.into_iter().flat_map(|via| {
                let meta = &via.service.metadata;
                policies.targeting(Kind::Service, &meta.namespace, &meta.name)
            });
            once_each(gateway.chain(class).chain(service))
        };
        // Of pods that are dialled themselves a waypoint looks at the first bytes, whatever Services declare.
        let protocol = via.map_or(Protocol::Detect, |via| Protocol::of(via.port));
        let mut envoy = self.envoy(&of(&self.policies), &of(&self.tokens), protocol);
        envoy.port = via.and_then(|via| u16::try_from(via.port.port).ok()).unwrap_or(port);
        envoy.internal_peer = true;
        envoy.destination = via.map_or_else(|| group.addresses.clone(), |via| service_addresses(via.service));
        let own = index.workload(&namespace, &name, None);
        let from_gateways = via.is_some_and(|via| {
            let meta = &via.service.metadata;
            meta.labels.is(USE_WAYPOINT_AT_INGRESS, "true") || index.namespace_label(&meta.namespace, USE_WAYPOINT_AT_INGRESS) == Some("true")
        });
        WaypointGuard {
            envoy,
            at_tunnel: self.layered.then(|| self.at_tunnel(&namespace, &name, own)),
            workload: own,
            identity: self.waypoint_identity(&namespace, &name),
            addresses: own.map(|w| pod_group::addresses(index, w)).unwrap_or_default(),
            from_gateways,
        }
    }

    /// What policies without a target say at the tunnel into a waypoint, where istiod is told to put them there.
    fn at_tunnel(&self, namespace: &str, name: &str, own: Option<&Workload>) -> Envoy<'a> {
        let labels = own.map_or_else(|| [(GATEWAY_NAME, name)].into_iter().collect(), |w| w.labels.clone());
        let mut policies = self.policies.applying_to(namespace, &labels, name, Enforcer::Gateway);
        policies.retain(|policy| Action::of(policy) != Action::Custom);
        let mut envoy = self.envoy(&policies, &[], Protocol::Tcp);
        envoy.port = AMBIENT_TUNNEL;
        envoy
    }

    fn waypoint_identity(&self, namespace: &str, name: &str) -> String {
        let own = self.view.index.workload(namespace, name, None);
        let account = own.and_then(|w| self.view.index.pod_spec(w)).map(|spec| spec.service_account_name.as_str()).filter(|a| !a.is_empty());
        self.identity(namespace, account.unwrap_or(name))
    }

    /// The identities that istiod admits at ztunnel by itself, where it is told to: of all waypoints in front of these pods.
    pub(super) fn admitted_waypoints(&self, group: &PodGroup<'a>) -> Vec<String> {
        if !self.admits_waypoints {
            return Vec::new();
        }
        let index = self.view.index;
        let own = ambient::reference(index, group.labels, group.namespace);
        let own = own.filter(|(ns, name)| self.serves(ns, name, group.namespace, &[Traffic::Workload, Traffic::All]));
        let services = index.services_selecting(group.namespace, group.labels).filter_map(|service| {
            let found = ambient::reference(index, &service.metadata.labels, group.namespace)?;
            self.serves(&found.0, &found.1, group.namespace, &[Traffic::Service, Traffic::All]).then_some(found)
        });
        own.into_iter().chain(services).map(|(ns, name)| self.waypoint_identity(&ns, &name)).collect()
    }

    /// Whether every workload that goes by an identity sends its calls past waypoints: it has a sidecar, or is a gateway.
    pub(super) fn passes_waypoints(&self, identity: &str, from_gateways: bool) -> bool {
        let Some((_, namespace, account)) = rules::parts(identity) else { return false };
        let by_account = self.past_waypoints.get_or_init(|| self.find_past_waypoints());
        let (sidecars, gateways) = by_account.get(namespace).and_then(|accounts| accounts.get(account)).copied().unwrap_or_default();
        sidecars || (gateways && !from_gateways)
    }

    /// For each service account, whether all its workloads have sidecars, and whether all have sidecars or are gateways.
    fn find_past_waypoints(&self) -> HashMap<Str, HashMap<Str, (bool, bool)>> {
        let mut found: HashMap<Str, HashMap<Str, (bool, bool)>> = HashMap::new();
        for workload in self.view.index.workloads() {
            let Some(spec) = self.view.index.pod_spec(workload) else { continue };
            let account = if spec.service_account_name.is_empty() { Str::from("default") } else { spec.service_account_name.clone() };
            let membership = self.view.membership(MeshId::Istio, workload);
            let sidecar = membership == Ok(Membership::Sidecar);
            let known = found.entry(workload.reference.namespace.clone()).or_default().entry(account).or_insert((true, true));
            known.0 &= sidecar;
            known.1 &= sidecar || membership == Ok(Membership::Gateway);
        }
        found
    }
}

const USE_WAYPOINT_AT_INGRESS: &str = "istio.io/ingress-use-waypoint";

/// Policies without repetitions: one may target a Service and its waypoint.
fn once_each<'a>(policies: impl Iterator<Item = &'a Object>) -> Vec<&'a Object> {
    let mut seen: HashSet<*const Object> = HashSet::new();
    policies.filter(|p| seen.insert(std::ptr::from_ref(*p))).collect()
}

fn service_addresses(service: &Service) -> Vec<IpAddr> {
    let spec = &service.spec;
    let all = if spec.cluster_ips.is_empty() { std::slice::from_ref(&spec.cluster_ip) } else { &spec.cluster_ips };
    all.iter().filter_map(|ip| ip.parse().ok()).collect()
}
