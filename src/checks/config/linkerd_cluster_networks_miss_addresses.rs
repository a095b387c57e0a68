use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::networks::Networks;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::model::{Kind, Str, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `clusterNetworks` in the control plane's values does not hold the address of a pod (outside of the node's network) or of a Service, in either
    /// family. Addresses are told by the /24 (or /64) they lie in.
    ///
    /// # Why it matters
    ///
    /// Proxies look up only addresses inside of `clusterNetworks`. Calls to others leave the mesh: no mutual TLS, no routes, no balancing of requests.
    ///
    /// # How to fix it
    ///
    /// Add the cluster's pod and Service ranges to `clusterNetworks`, upgrade the control plane, and restart the meshed workloads.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (cluster networks contains all pods, all services), which names only the first.
    "linkerd-cluster-networks-miss-addresses",
    summary: "clusterNetworks lack addresses of pods or Services",
    aliases: &["l5d-cluster-networks-pods"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Pod, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world) {
        let networks = Networks::of(config);
        let pods = world.index.pods().iter().filter(|p| !p.spec.host_network && !p.is_over());
        let of_pods = pods.flat_map(|p| Some(&p.status.pod_ip).into_iter().chain(p.status.pod_ips.iter().map(|ip| &ip.ip)));
        let of_services = world.index.services().iter().flat_map(|s| Some(&s.spec.cluster_ip).into_iter().chain(&s.spec.cluster_ips));
        let hint = "Add the ranges to clusterNetworks, upgrade the control plane, restart the meshed workloads.";
        for (whose, outside) in [("pods", outside(&networks, of_pods)), ("Services", outside(&networks, of_services))] {
            if !outside.is_empty() {
                let what = format!("clusterNetworks do not hold the addresses of {whose} in {}", first_of(&outside, 20));
                findings.add(object, "data.values", what, hint).detail(whose);
            }
        }
    }
}

/// Ranges with addresses that the networks lack; what is no address (`None` of a headless Service) is passed over.
fn outside<'a>(networks: &Networks, addresses: impl Iterator<Item = &'a Str>) -> Vec<String> {
    let found: BTreeSet<_> = addresses.filter_map(|a| networks.range_of_missing(a)).collect();
    found.into_iter().map(|range| range.to_string()).collect()
}
