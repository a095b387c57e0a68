//! Which EgressNetwork is for an address outside of the cluster.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::mesh::MeshView;
use crate::mesh::linkerd::network::Network;
use crate::model::{Kind, Object};

/// The networks that an EgressNetwork names; all but the cluster's when it names none.
pub(super) fn networks(view: MeshView<'_>, object: &Object) -> Vec<Network> {
    match object.spec().get("networks") {
        Some(list) => list.items().filter_map(|n| Network::of(&n)).collect(),
        None => {
            let own = &view.linkerd.cluster.networks;
            let except = |network: Network| {
                let except = own.iter().filter(|n| n.addr().is_ipv4() == network.cidr.addr().is_ipv4()).copied().collect();
                Network { except, ..network }
            };
            Network::everywhere().into_iter().map(except).collect()
        }
    }
}

/// Whether routes may be attached to it: none of its networks reaches into the cluster's.
pub(super) fn is_accepted(view: MeshView<'_>, object: &Object) -> bool {
    let own = &view.linkerd.cluster.networks;
    object.spec().get("networks").is_none() || !networks(view, object).iter().any(|n| own.iter().any(|c| n.overlaps(c)))
}

/// The one for an address: of the client's own namespace if it has any, else of the global one; the smallest network by its hosts, then the oldest.
/// Of a name whose address is not known, only those that are for every address.
pub(super) fn network<'a>(view: MeshView<'a>, namespace: &str, address: Option<IpAddr>) -> Option<&'a Object> {
    if address.is_some_and(|a| view.linkerd.cluster.networks.iter().any(|n| n.contains(&a))) {
        return None;
    }
    let own = view.index.objects_in(Kind::EgressNetwork, namespace);
    let candidates = if own.is_empty() { view.index.objects_in(Kind::EgressNetwork, &view.linkerd.cluster.egress_namespace) } else { own };
    let size = |object: &Object| {
        let fitting = networks(view, object).into_iter().filter(|n| match &address {
            Some(address) => n.contains(address),
            None => n.cidr.prefix_len() == 0,
        });
        fitting.map(|n| size(&n)).min()
    };
    let matched = candidates.iter().filter_map(|o| Some((size(o)?, o)));
    // Of one age are those without any, too, and they come first.
    matched.min_by_key(|(size, o)| (*size, o.meta.creation_timestamp.as_deref(), o.meta.name.as_str())).map(|(_, object)| object)
}

/// How many hosts a network holds, without those that it leaves out.
fn size(network: &Network) -> u128 {
    let hosts = |net: &IpNet| {
        let bits = net.max_prefix_len() - net.prefix_len();
        let all = 1_u128.checked_shl(u32::from(bits)).unwrap_or(u128::MAX);
        // The first and the last address of a network of IPv4 are no hosts.
        if net.addr().is_ipv4() && bits > 1 { all - 2 } else { all }
    };
    hosts(&network.cidr).saturating_sub(network.except.iter().map(hosts).fold(0, u128::saturating_add))
}
