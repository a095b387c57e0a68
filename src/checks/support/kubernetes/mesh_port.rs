//! NetworkPolicies that let an application's port through and not the one its mesh uses instead.

use crate::checks::Findings;
use crate::checks::support::kubernetes::network::{self, Direction, Isolated};
use crate::checks::support::kubernetes::peers::{self, Peers};
use crate::index::Workload;
use crate::model::{MeshId, Object, Subject};
use crate::report::Severity;
use crate::world::World;

/// The port on which a mesh's proxies talk to each other.
pub(in crate::checks) struct Tunnel {
    pub(in crate::checks) mesh: MeshId,
    pub(in crate::checks) port: i64,
    /// What comes in on it.
    pub(in crate::checks) what: &'static str,
}

/// Reports policies that let some other TCP port through and not the tunnel's, for the workloads that `meshed` picks.
pub(in crate::checks) fn report(
    world: &World,
    findings: &mut Findings<'_>,
    tunnel: &Tunnel,
    meshed: impl for<'i> Fn(&Isolated<'i>) -> Vec<&'i Workload>,
) {
    for direction in [Direction::Ingress, Direction::Egress] {
        for group in world.view().isolated(direction) {
            let workloads: Vec<&Workload> =
                meshed(&group).into_iter().filter(|w| !group.opens(direction, "TCP", tunnel.port, world.index.pod_spec(w))).collect();
            if workloads.is_empty() {
                continue;
            }
            let Some((policy, opened, peers)) = application_port(world, tunnel.mesh, &group, direction) else { continue };
            let way = if direction == Direction::Ingress { "to" } else { "from" };
            let finding = findings.add(
                policy,
                format!("spec.{}", direction.field()),
                format!("port {opened} is let through {way} {}, and not {}, on which {}", network::words(&workloads), tunnel.port, tunnel.what),
                format!("Let TCP port {} through for the same peers.", tunnel.port),
            );
            if peers == Peers::Internet {
                finding.severity(Severity::Info);
            }
            for other in group.policies.iter().filter(|o| o.reference() != policy.reference()) {
                finding.related(other.reference(), "selects the same pods and does not let it through either");
            }
        }
    }
}

/// A policy that lets some TCP port of an application through to peers that may be in the mesh, with the port and the peers: those most likely in
/// it first. One that only lets DNS through means to close the rest.
fn application_port<'w>(world: &World, mesh: MeshId, group: &Isolated<'w>, direction: Direction) -> Option<(&'w Object, String, Peers)> {
    let mut found = group.rules(direction).filter_map(|(policy, rule)| {
        let ports = rule.list("ports").filter(|p| matches!(p.text("protocol"), "" | "TCP"));
        let opened = ports.filter_map(|p| p.get("port")).find(|p| p.int() != Some(53) && p.str() != Some("dns-tcp"))?;
        let port = opened.int().map_or_else(|| format!("{:?}", opened.str().unwrap_or_default()), |n| n.to_string());
        Some((policy, port, peers::of(world, mesh, policy, &rule, direction)))
    });
    let mut internet = None;
    let meshed = found.find(|(policy, port, peers)| {
        if *peers == Peers::Internet && internet.is_none() {
            internet = Some((*policy, port.clone(), *peers));
        }
        *peers == Peers::Mesh
    });
    meshed.or(internet)
}
