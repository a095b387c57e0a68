//! The waypoint that calls to an ambient workload or a Service go through, and who goes past it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::envoy::Envoy;
use super::{Istio, rules};
use crate::index::Workload;
use crate::mesh::authorization::Via;
use crate::mesh::authorization::pod_group::{self, PodGroup};
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::labels;
use crate::mesh::istio::policy::Policies;
use crate::mesh::resolve::Protocol;
use crate::model::{Kind, Map, Membership, MeshId, Object, Service, Str};

#[derive(Debug)]
pub(super) struct WaypointGuard<'a> {
    pub(super) envoy: Envoy<'a>,
    pub(super) workload: Option<&'a Workload>,
    pub(super) identity: String,
    pub(super) addresses: Vec<IpAddr>,
    /// Whether gateways send their traffic through it as well.
    pub(super) from_gateways: bool,
}

impl<'a> Istio<'a> {
    /// The waypoint that calls to a Service go through, or, without a Service, those to the pods themselves.
    pub(super) fn waypoint(&self, workload: &Workload, group: &PodGroup<'a>, port: u16, via: Option<Via<'a>>) -> Option<WaypointGuard<'a>> {
        let index = self.view.index;
        let (labels, wanted): (&Map, &[Traffic]) = match via {
            Some(via) => (&via.service.metadata.labels, &[Traffic::Service, Traffic::All]),
            None => (group.labels, &[Traffic::Workload, Traffic::All]),
        };
        if labels::is_waypoint(&workload.labels) {
            return None;
        }
        let (namespace, name) = ambient::reference(index, labels, group.namespace)?;
        let found = ambient::waypoint(index, labels, group.namespace);
        let Waypoint::Serves(traffic, _) = found else { return None };
        if !wanted.contains(&traffic) || !ambient::takes(index, found, group.namespace) {
            return None;
        }
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
        let protocol = via.map_or_else(|| self.protocol(group, port), |via| Protocol::of(via.port));
        let mut envoy = self.envoy(&of(&self.policies), &of(&self.tokens), protocol);
        envoy.port = via.and_then(|via| u16::try_from(via.port.port).ok()).unwrap_or(port);
        envoy.internal_peer = true;
        envoy.destination = via.map_or_else(|| group.addresses.clone(), |via| service_addresses(via.service));
        let own = index.workload(&namespace, &name, None);
        let account = own.and_then(|w| index.pod_spec(w)).map(|spec| spec.service_account_name.as_str()).filter(|a| !a.is_empty());
        let from_gateways = via.is_some_and(|via| via.service.metadata.labels.is(USE_WAYPOINT_AT_INGRESS, "true"))
            || index.namespace_label(group.namespace, USE_WAYPOINT_AT_INGRESS) == Some("true");
        Some(WaypointGuard {
            envoy,
            workload: own,
            identity: self.identity(&namespace, account.unwrap_or(&name)),
            addresses: own.map(|w| pod_group::addresses(index, w)).unwrap_or_default(),
            from_gateways,
        })
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
