use crate::checks::Findings;
use crate::mesh::linkerd::network::Network;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A network of an EgressNetwork overlaps one of the installation's `clusterNetworks` without excepting it. Without `networks`, an
    /// EgressNetwork covers everything but those.
    ///
    /// # Why it matters
    ///
    /// Linkerd does not accept it (EgressReasonNetworkOverlap), and all routes on it do nothing.
    ///
    /// # How to fix it
    ///
    /// Except the cluster's networks, or leave `networks` out.
    ///
    /// Sources: linkerd `policy-controller/k8s/status/src/index.rs`, `policy-controller/k8s/api/src/policy/network.rs`.
    "linkerd-egress-network-overlaps-cluster",
    summary: "EgressNetwork that covers addresses of the cluster itself",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::EgressNetwork, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let cluster = &world.linkerd.cluster;
    for object in world.index.objects(Kind::EgressNetwork) {
        for field in object.spec().list("networks") {
            let Some(network) = Network::of(&field) else { continue };
            let overlaps: Vec<String> = cluster.networks.iter().filter(|n| network.overlaps(n)).map(ToString::to_string).collect();
            if overlaps.is_empty() {
                continue;
            }
            let whose = if cluster.known { "the cluster's" } else { "the usual cluster" };
            let finding = findings.add(
                object,
                field.path_of("cidr"),
                format!("{} overlaps {whose} networks {}: Linkerd does not accept the EgressNetwork", network.cidr, overlaps.join(", ")),
                "List the cluster's networks under except, or leave networks out.",
            );
            if !cluster.known {
                finding.severity(Severity::Info);
            }
        }
    }
}
