//! Hosts as Envoy has them, and endpoints as istiod assigned them.

use serde::Serialize;

use super::{ConfigFilter, wants};
use crate::mesh::envoy::{Address, Assigned, Assignment, Host};
use crate::model::Str;

/// A host of a cluster.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyEndpointRow"))]
#[serde(rename_all = "camelCase")]
pub struct EndpointRow {
    /// Address with its port, or the name of a socket or a listener.
    pub address: String,
    /// What istiod says of it.
    pub status: Str,
    /// Whether Envoy sends to it.
    pub usable: bool,
    /// What speaks against it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<&'static str>,
    /// The cluster.
    pub cluster: Str,
    /// Requests that were sent to it.
    pub requests: u64,
    /// Those of them that failed.
    pub errors: u64,
    /// Connections to it that failed.
    pub connect_failures: u64,
    /// Region, zone and subzone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub locality: String,
    /// Whether outlier detection has ejected it.
    pub ejected: bool,
}

/// Endpoints that istiod assigned, as they stand together in a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyAssignmentRow"))]
pub struct AssignmentRow {
    /// Its addresses.
    pub addresses: Vec<String>,
    /// What istiod says of it.
    pub status: Str,
    /// Region, zone and subzone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub locality: String,
    /// The cluster.
    pub cluster: Str,
}

impl ConfigFilter {
    fn address(&self, address: &Address) -> bool {
        wants(self.address.as_ref(), address.host()) && self.port.is_none_or(|port| address.port() == Some(port))
    }
}

pub(super) fn rows(hosts: Vec<Host>, filter: &ConfigFilter) -> Vec<EndpointRow> {
    let wanted = |host: &Host| {
        filter.address(&host.address)
            && wants(filter.cluster.as_ref(), &host.cluster)
            && wants(filter.status.as_ref(), &host.health.eds_health_status)
    };
    let mut hosts: Vec<Host> = hosts.into_iter().filter(wanted).collect();
    // As they are shown: names of sockets and listeners behind addresses.
    let shown = |address: &Address| if address.port().is_some() { address.host().to_owned() } else { address.to_string() };
    hosts.sort_by_cached_key(|host| (shown(&host.address), host.address.port(), host.cluster.clone()));
    let row = |host: Host| EndpointRow {
        address: host.address.to_string(),
        usable: host.health.is_usable(),
        faults: host.health.faults().collect(),
        ejected: host.health.failed_outlier_check,
        status: host.health.eds_health_status,
        cluster: host.cluster,
        requests: host.counts.requests,
        errors: host.counts.errors,
        connect_failures: host.counts.connect_failures,
        locality: host.locality.to_string(),
    };
    hosts.into_iter().map(row).collect()
}

pub(super) fn assigned(mut all: Vec<Assignment>, filter: &ConfigFilter) -> Vec<AssignmentRow> {
    all.sort_by(|a, b| a.cluster.cmp(&b.cluster));
    let row = |cluster: &Str, one: Assigned| AssignmentRow {
        addresses: one.addresses.iter().map(ToString::to_string).collect(),
        status: one.status,
        locality: one.locality.to_string(),
        cluster: cluster.clone(),
    };
    let wanted = |one: &Assigned| wants(filter.status.as_ref(), &one.status) && one.addresses.iter().any(|address| filter.address(address));
    let named = all.into_iter().filter(|one| wants(filter.cluster.as_ref(), &one.cluster));
    named.flat_map(|one| one.endpoints.into_iter().filter(wanted).map(move |e| row(&one.cluster, e)).collect::<Vec<_>>()).collect()
}
