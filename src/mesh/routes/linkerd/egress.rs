//! Which EgressNetwork is for an address outside of the cluster.

use std::cmp::Reverse;
use std::net::IpAddr;

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

/// The one for an address: of the client's own namespace if it has any, else of the global one; the smallest network, then the oldest.
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
        fitting.map(|n| n.cidr.prefix_len()).max()
    };
    let matched = candidates.iter().filter_map(|o| Some((Reverse(size(o)?), o.meta.age_key(), o)));
    matched.min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))).map(|(_, _, object)| object)
}
