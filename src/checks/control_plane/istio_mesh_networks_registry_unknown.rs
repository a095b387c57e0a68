use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::model::{Field, Json, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `meshNetworks` assigns the endpoints of a registry to a network, but no cluster of that name is known: neither the local one
    /// (`Kubernetes`) nor one that a Secret labelled `istio/multiCluster: "true"` connects.
    ///
    /// # Why it matters
    ///
    /// The endpoints of that cluster are counted to no network, so traffic to them goes directly instead of through the east-west gateway, and fails.
    ///
    /// # How to fix it
    ///
    /// Write the cluster's name as it stands in the remote Secret, or connect the cluster.
    ///
    /// Sources: IST0126; istio `pkg/config/analysis/analyzers/multicluster/meshnetworks.go`.
    "istio-mesh-networks-registry-unknown",
    summary: "meshNetworks names a cluster that is not connected",
    aliases: &["IST0126"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::ConfigMap, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let remote = world.index.objects(Kind::Secret).iter().filter(|s| s.meta.labels.is("istio/multiCluster", "true"));
    let clusters: BTreeSet<&str> = remote
        .flat_map(|s| s.root().get("data"))
        .flat_map(|data| data.entries())
        .map(|(name, _)| name)
        .chain(["Kubernetes", "External", "Mock"])
        .collect();
    for map in world.index.objects(Kind::ConfigMap).iter().filter(|m| m.meta.name == "istio" || m.meta.name.starts_with("istio-")) {
        let Some(text) = map.root().at(["data", "meshNetworks"]).and_then(|t| t.str()) else { continue };
        let Ok(document) = serde_saphyr::from_str::<Json>(text) else { continue };
        let networks = document.root().get("networks");
        for (network, settings) in networks.iter().flat_map(Field::entries) {
            for endpoint in settings.list("endpoints") {
                let registry = endpoint.text("fromRegistry");
                if !registry.is_empty() && !clusters.contains(registry) {
                    findings.missing(
                        map,
                        "data.meshNetworks",
                        &[(Kind::Secret, map.meta.namespace.as_str())],
                        format!("network {network:?} takes endpoints from cluster {registry:?}, which is not connected"),
                        "Write the cluster's name as in its Secret labelled istio/multiCluster=true.",
                    );
                }
            }
        }
    }
}
