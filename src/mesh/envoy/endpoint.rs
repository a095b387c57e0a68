//! Endpoints: those that istiod assigned, and the hosts that Envoy really has.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::address::Additional;
use super::{Address, Answers};
use crate::model::Str;

/// The endpoints that istiod assigned to a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) cluster: Str,
    pub(crate) endpoints: Vec<Assigned>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Assigned {
    /// The one that is used first, and further ones.
    pub(crate) addresses: Vec<Address>,
    pub(crate) status: Str,
    pub(crate) locality: Locality,
}

/// A host of a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) cluster: Str,
    pub(crate) address: Address,
    pub(crate) locality: Locality,
    pub(crate) health: Health,
    pub(crate) counts: Counts,
}

/// Whether Envoy uses a host, and if it does not, or not gladly, why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Health {
    /// What istiod says of it.
    pub(crate) eds_health_status: Str,
    /// Ejected by outlier detection.
    pub(crate) failed_outlier_check: bool,
    pub(crate) failed_active_health_check: bool,
    pub(crate) failed_active_degraded_check: bool,
    pub(crate) pending_dynamic_removal: bool,
    pub(crate) pending_active_hc: bool,
    pub(crate) excluded_via_immediate_hc_fail: bool,
    pub(crate) active_hc_timeout: bool,
}

impl Health {
    /// What speaks against it, in words.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.failed_outlier_check, "ejected"),
            (self.failed_active_health_check, "health check failed"),
            (self.active_hc_timeout, "health check timed out"),
            (self.excluded_via_immediate_hc_fail, "excluded by its health check"),
            (self.failed_active_degraded_check, "degraded"),
            (self.pending_active_hc, "waiting for its first health check"),
            (self.pending_dynamic_removal, "to be removed"),
        ]
        .into_iter()
        .filter_map(|(is, word)| is.then_some(word))
    }

    /// Whether Envoy sends to it.
    pub(crate) fn is_usable(&self) -> bool {
        let unusable = self.failed_outlier_check
            || self.failed_active_health_check
            || self.pending_active_hc
            || self.excluded_via_immediate_hc_fail
            || self.active_hc_timeout;
        matches!(self.eds_health_status.as_str(), "HEALTHY" | "DEGRADED" | "UNKNOWN") && !unusable
    }
}

/// What went to a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) connect_failures: u64,
}

/// Region, zone and subzone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Locality {
    region: Str,
    zone: Str,
    sub_zone: Str,
}

impl fmt::Display for Locality {
    /// As far as it is told without a hole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, part) in [&self.region, &self.zone, &self.sub_zone].into_iter().enumerate() {
            if part.is_empty() {
                break;
            }
            write!(f, "{}{part}", if nth == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    endpoint_config: Config,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    cluster_name: Str,
    endpoints: Vec<OfLocality>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OfLocality {
    locality: Locality,
    lb_endpoints: Vec<LbEndpoint>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LbEndpoint {
    endpoint: Endpoint,
    health_status: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    address: Address,
    additional_addresses: Vec<Additional>,
}

pub(super) fn add(raw: &RawValue, into: &mut Answers) -> serde_json::Result<()> {
    let Entry { endpoint_config: Config { cluster_name, endpoints } } = serde_json::from_str(raw.get())?;
    let assigned = |locality: &Locality, LbEndpoint { endpoint, health_status }: LbEndpoint| Assigned {
        addresses: std::iter::once(endpoint.address).chain(endpoint.additional_addresses.into_iter().map(|more| more.address)).collect(),
        status: known(health_status),
        locality: locality.clone(),
    };
    let endpoints = endpoints
        .into_iter()
        .flat_map(|OfLocality { locality, lb_endpoints }| lb_endpoints.into_iter().map(|endpoint| assigned(&locality, endpoint)).collect::<Vec<_>>());
    into.assignments.push(Assignment { cluster: cluster_name, endpoints: endpoints.collect() });
    Ok(())
}

/// A value of an enumeration that is left out is its first.
fn known(status: Str) -> Str {
    if status.is_empty() { "UNKNOWN".into() } else { status }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ClusterStatus {
    name: Str,
    host_statuses: Vec<HostStatus>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HostStatus {
    address: Address,
    locality: Locality,
    health_status: Health,
    #[serde(deserialize_with = "counts")]
    stats: Counts,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stat<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
    /// 64-bit numbers are strings in the JSON of Protobuf.
    #[serde(borrow)]
    value: std::borrow::Cow<'a, str>,
}

fn counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Counts, D::Error> {
    let mut counts = Counts::default();
    for Stat { name, value } in Vec::<Stat<'_>>::deserialize(deserializer)? {
        let place = match name.as_ref() {
            "rq_total" => &mut counts.requests,
            "rq_error" => &mut counts.errors,
            "cx_connect_fail" => &mut counts.connect_failures,
            _ => continue,
        };
        *place = value.parse().unwrap_or_default();
    }
    Ok(counts)
}

pub(super) fn add_hosts(raw: &RawValue, into: &mut Answers) -> serde_json::Result<()> {
    let ClusterStatus { name, host_statuses } = serde_json::from_str(raw.get())?;
    into.hosts.extend(host_statuses.into_iter().map(|host| Host {
        cluster: name.clone(),
        address: host.address,
        locality: host.locality,
        health: Health { eds_health_status: known(host.health_status.eds_health_status), ..host.health_status },
        counts: host.stats,
    }));
    Ok(())
}
