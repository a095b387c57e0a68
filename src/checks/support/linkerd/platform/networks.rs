//! The `clusterNetworks` of a control plane, and what lies outside of them.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::mesh::linkerd::{LinkerdConfig, network};

/// The networks that can be read; nothing is outside of none.
pub(in crate::checks) struct Networks(Vec<IpNet>);

impl Networks {
    pub(in crate::checks) fn of(config: &LinkerdConfig) -> Self {
        Self(config.cluster_networks.iter().filter_map(|n| network::parse(n)).collect())
    }

    /// Whether a range is not inside one of them.
    pub(in crate::checks) fn lacks_range(&self, text: &str) -> bool {
        network::parse(text).is_some_and(|range| !self.0.is_empty() && !self.0.iter().any(|n| n.contains(&range)))
    }

    /// The /24 or /64 of an address that is in none of them.
    pub(in crate::checks) fn range_of_missing(&self, text: &str) -> Option<IpNet> {
        let address: IpAddr = text.parse().ok()?;
        if self.0.is_empty() || self.0.iter().any(|n| n.contains(&address)) {
            return None;
        }
        IpNet::new(address, if address.is_ipv4() { 24 } else { 64 }).ok().map(|range| range.trunc())
    }
}
