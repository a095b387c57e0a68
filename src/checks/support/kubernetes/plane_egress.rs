//! NetworkPolicies that keep a pod's proxy from its control plane or from DNS.

use crate::checks::Findings;
use crate::checks::support::kubernetes::network::{self, Direction};
use crate::model::{Membership, MeshId, Subject};
use crate::world::World;

/// A port of a control plane that proxies depend on.
pub(in crate::checks) struct Need {
    /// The port of its pods.
    pub(in crate::checks) port: i64,
    /// What is behind it.
    pub(in crate::checks) what: &'static str,
}

/// Reports policies that close the way from sidecars to one of `needs` in the control plane's namespace, or to DNS.
pub(in crate::checks) fn report(world: &World, findings: &mut Findings<'_>, mesh: MeshId, plane: &str, needs: &[Need]) {
    for group in world.view().isolated(Direction::Egress) {
        let workloads = group.in_mesh(world, mesh, &[Membership::Sidecar, Membership::Gateway, Membership::Waypoint]);
        let Some(policy) = group.policies.first().filter(|_| !workloads.is_empty()) else { continue };
        let reaches = |protocol: &str, port: i64, namespace: Option<&str>| {
            group.rules(Direction::Egress).any(|(policy, rule)| {
                network::opens(&rule, Direction::Egress, protocol, port, None)
                    && namespace.is_none_or(|ns| network::may_reach(world, policy, &rule, ns))
            })
        };
        let closed: Vec<String> = needs.iter().filter(|n| !reaches("TCP", n.port, Some(plane))).map(|n| format!("{} ({})", n.port, n.what)).collect();
        let mut faults = Vec::new();
        if !closed.is_empty() {
            faults.push(format!("the control plane in namespace {plane:?} on {}", closed.join(", ")));
        }
        if !reaches("UDP", 53, None) && !reaches("TCP", 53, None) {
            faults.push(format!("DNS on 53, by which they find {}", if faults.is_empty() { "their control plane" } else { "it" }));
        }
        if faults.is_empty() {
            continue;
        }
        let finding = findings.add(
            *policy,
            "spec.egress",
            format!("the proxies of {} cannot reach {}", network::words(&workloads), faults.join(", nor ")),
            format!("Let these ports through to namespace {plane:?}, and port 53 to the cluster's DNS."),
        );
        for other in group.policies.iter().skip(1) {
            finding.related(other.reference(), "selects the same pods and does not let them through either");
        }
    }
}
