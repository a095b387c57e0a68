use crate::checks::Findings;
use crate::checks::support::linkerd::platform::networks::Networks;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::model::{Kind, Str, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `clusterNetworks` in the control plane's values does not hold every range of addresses that nodes give to pods (`podCIDRs`, of both families).
    ///
    /// # Why it matters
    ///
    /// Proxies look up only addresses inside of `clusterNetworks`. Calls to a pod's address outside of them leave the mesh: no mutual TLS, no policy
    /// of the caller, no balancing of requests.
    ///
    /// # How to fix it
    ///
    /// Add the ranges to `clusterNetworks`, upgrade the control plane, and restart the meshed workloads.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (cluster networks contains all node podCIDRs), which sees one family only.
    "linkerd-cluster-networks-miss-nodes",
    summary: "clusterNetworks lack pod ranges of nodes",
    aliases: &["l5d-cluster-networks-cidr"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Node],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world) {
        let networks = Networks::of(config);
        let mut outside: Vec<&Str> = Vec::new();
        for node in &world.index.inventory().nodes {
            let single = Some(&node.spec.pod_cidr).filter(|c| !c.is_empty());
            outside.extend(single.into_iter().chain(&node.spec.pod_cidrs).filter(|cidr| networks.lacks_range(cidr)));
        }
        outside.sort_unstable();
        outside.dedup();
        if !outside.is_empty() {
            let what = format!("clusterNetworks do not hold the nodes' pod ranges {}", first_of(&outside, 20));
            findings.add(object, "data.values", what, "Add them to clusterNetworks, upgrade the control plane, restart the meshed workloads.");
        }
    }
}
