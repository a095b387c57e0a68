//! Whether the other end of a NetworkPolicy's rule may be in a mesh.

use std::collections::BTreeSet;

use crate::checks::support::kubernetes::network::{self, Direction};
use crate::index::Workload;
use crate::model::{Field, Kind, LabelSelector, MeshId, Object};
use crate::world::{SourceKind, World};

/// Who is at the other end of a rule, as far as a mesh is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks) enum Peers {
    /// Nobody in the mesh.
    Outside,
    /// All addresses, on the ports of the web alone: most likely the internet.
    Internet,
    /// Perhaps pods in the mesh.
    Mesh,
}

/// The peers of one rule of `policy`.
pub(in crate::checks) fn of(world: &World, mesh: MeshId, policy: &Object, rule: &Field<'_>, direction: Direction) -> Peers {
    let everyone = || {
        let web = |port: Field<'_>| matches!(port.get("port").and_then(|p| p.int()), Some(80 | 443)) && port.get("endPort").is_none();
        if direction == Direction::Egress && rule.list("ports").all(web) { Peers::Internet } else { Peers::Mesh }
    };
    let mut peers = rule.list(direction.peers()).peekable();
    if peers.peek().is_none() {
        return Peers::Mesh;
    }
    let judged = peers.map(|peer| match peer.get("ipBlock") {
        Some(block) if matches!(block.text("cidr"), "0.0.0.0/0" | "::/0") => everyone(),
        Some(_) => Peers::Outside,
        None if may_be_meshed(world, mesh, policy, &peer) => Peers::Mesh,
        None => Peers::Outside,
    });
    judged.max().unwrap_or(Peers::Outside)
}

/// Whether a peer that selects pods or namespaces may pick pods of the mesh.
fn may_be_meshed(world: &World, mesh: MeshId, policy: &Object, peer: &Field<'_>) -> bool {
    let Some(pods) = peer.get("podSelector").map_or_else(|| Some(LabelSelector::default()), LabelSelector::read) else { return false };
    let home = policy.meta.namespace.as_str();
    let Some(selector) = peer.get("namespaceSelector") else { return has_meshed(world, mesh, home, &pods) };
    let Some(selector) = LabelSelector::read(selector) else { return false };
    let mut candidates: BTreeSet<&str> = network::names_in(&selector).collect();
    // Proxies reach their control plane on its own ports, not through the tunnel to its proxies.
    if !candidates.is_empty() && candidates.iter().all(|ns| is_plane(world, mesh, ns)) {
        return false;
    }
    if candidates.is_empty() {
        candidates.extend(world.index.namespaces().iter().map(|n| n.metadata.name.as_str()).chain([home]));
        // Files seldom hold the namespaces of what they hold.
        let inhabited = world.index.workloads().iter().filter(|_| world.source.kind == SourceKind::Files);
        candidates.extend(inhabited.map(|w| w.reference.namespace.as_str()));
    }
    let mut picked = candidates.into_iter().filter(|ns| network::may_select(world, &selector, ns)).peekable();
    // What picks none of the namespaces that are known picks others.
    picked.peek().is_none() || picked.any(|ns| has_meshed(world, mesh, ns, &pods))
}

/// Whether some pod of a namespace that `pods` picks may be in the mesh; where none is known, whether the namespace is or was not read.
fn has_meshed(world: &World, mesh: MeshId, namespace: &str, pods: &LabelSelector) -> bool {
    let may_be = |w: &Workload| world.view().may_be_in(mesh, w) || world.index.namespace(namespace).is_none();
    let mut picked = world.index.workloads_in(namespace).iter().filter(|w| w.is_live() && pods.matches(&w.labels)).peekable();
    let meshed = if picked.peek().is_some() { picked.any(may_be) } else { !matches!(world.view().namespace_asks(mesh, namespace), Ok(None)) };
    // istiod makes the pods of a Gateway, so that manifests do not hold them.
    meshed || (mesh == MeshId::Istio && !world.index.objects_in(Kind::Gateway, namespace).is_empty())
}

/// Whether a namespace is that of the mesh's control plane, as it is usually called where none was read.
fn is_plane(world: &World, mesh: MeshId, namespace: &str) -> bool {
    let mut planes = world.control_planes().filter(|plane| plane.mesh == mesh).peekable();
    let usual = if mesh == MeshId::Istio { world.istio.root_namespace() } else { "linkerd" };
    if planes.peek().is_none() { namespace == usual } else { planes.any(|plane| plane.namespace == namespace) }
}
