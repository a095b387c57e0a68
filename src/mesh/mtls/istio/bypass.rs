//! Calls that go past a client's sidecar.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{INTERCEPTION, listed};
use crate::mesh::mtls::{Call, Caller};
use crate::mesh::resolve::StandsFor;
use crate::model::{Evidence, Map};

const EXCLUDE_PORTS: &str = "traffic.sidecar.istio.io/excludeOutboundPorts";
const EXCLUDE_RANGES: &str = "traffic.sidecar.istio.io/excludeOutboundIPRanges";
const INCLUDE_PORTS: &str = "traffic.sidecar.istio.io/includeOutboundPorts";
const INCLUDE_RANGES: &str = "traffic.sidecar.istio.io/includeOutboundIPRanges";

/// Why calls do not pass the client's sidecar, where they do not.
pub(super) fn bypassed(caller: &Caller<'_>, call: &Call<'_, '_>) -> Option<Evidence> {
    let annotations: &Map = caller.annotations()?;
    let port = call.port.number;
    let because = |name: &str, text: &str| Some(caller.annotation(name, text));
    if annotations.is(INTERCEPTION, "NONE") {
        return because(INTERCEPTION, "NONE: nothing is redirected to the client's sidecar");
    }
    if annotations.get(EXCLUDE_PORTS).is_some_and(|list| listed(list, port)) {
        return because(EXCLUDE_PORTS, "the client keeps the port from its sidecar, so plaintext is sent");
    }
    let address = address(call);
    let within = |list: &str| address.is_some_and(|a| list.split(',').filter_map(|r| r.trim().parse::<IpNet>().ok()).any(|range| range.contains(&a)));
    if annotations.get(EXCLUDE_RANGES).is_some_and(within) {
        return because(EXCLUDE_RANGES, "the client keeps the address from its sidecar, so plaintext is sent");
    }
    if annotations.get(INCLUDE_PORTS).is_some_and(|list| listed(list, port)) {
        return None;
    }
    let ranges = annotations.get(INCLUDE_RANGES).filter(|list| list.trim() != "*");
    if ranges.is_some_and(|list| address.is_some() && !within(list) || list.trim().is_empty()) {
        return because(INCLUDE_RANGES, "the address is not among those that the client sends through its sidecar, so plaintext is sent");
    }
    None
}

/// The address that the application dials, where it is written down.
fn address(call: &Call<'_, '_>) -> Option<IpAddr> {
    match call.to.stands_for {
        StandsFor::Service(service) => service.spec.cluster_ip.parse().ok(),
        StandsFor::Entry(entry) => entry.spec().texts("addresses").find_map(|(text, _)| text.parse().ok()),
        StandsFor::Pod(pod) => pod.status.pod_ip.parse().ok(),
        StandsFor::Address(address) => Some(address),
        StandsFor::Outside => None,
    }
}
