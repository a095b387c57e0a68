use crate::checks::Findings;
use crate::mesh::counts;
use crate::mesh::istio::labels::{is_gateway, is_managed_gateway, is_waypoint};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A gateway or waypoint of Istio has no ready pod, or fewer than it should have. One that is scaled to zero is meant to be.
    ///
    /// # Why it matters
    ///
    /// Through a gateway without pods nothing comes in or goes out. What asks for a waypoint without pods is not reached at all: ztunnel does not go
    /// around it.
    ///
    /// # How to fix it
    ///
    /// Look at its pods' events and logs.
    ///
    /// Sources: istio `manifests/charts/gateway`, `pilot/pkg/config/kube/gateway/deploymentcontroller.go`; no other tool looks.
    "istio-gateway-not-ready",
    summary: "Gateway or waypoint has no ready pod, or too few",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads() {
        let what = match is_waypoint(&workload.labels) {
            true => "waypoint",
            false if is_gateway(workload) || is_managed_gateway(&workload.labels) => "gateway",
            false => continue,
        };
        let Some((ready, wanted)) = counts(&world.index, workload).filter(|(ready, wanted)| ready < wanted) else { continue };
        let message = match (ready, what) {
            (0, "waypoint") => "the waypoint has no ready pod: what asks for it cannot be reached".to_owned(),
            (0, _) => "the gateway has no ready pod: nothing passes through it".to_owned(),
            _ => format!("the {what} has {ready} of {wanted} pods ready"),
        };
        let finding = findings.add_workload(workload, "", message, "Look at its pods' events and logs.");
        if ready > 0 {
            finding.severity(Severity::Warning);
        }
    }
}
