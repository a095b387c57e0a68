use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::platform::workload_services;
use crate::model::{Kind, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two Services select the same workload of the mesh and give one port number different layer-4 protocols (TCP and UDP).
    ///
    /// # Why it matters
    ///
    /// The sidecar has one listener per port: which Service decides how it treats the traffic is left to chance.
    ///
    /// # How to fix it
    ///
    /// Give the ports different numbers, or make one Service of the two.
    ///
    /// Sources: IST0116; istio `pkg/config/analysis/analyzers/deployment/services.go`.
    "istio-service-protocol-conflict",
    summary: "Services of one workload use a port number with different protocols",
    aliases: &["IST0116"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service, Kind::Deployment, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for controller in workload_services::meshed_controllers(world) {
        let mut ports: BTreeMap<i32, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
        for service in workload_services::of(world, controller) {
            for port in &service.spec.ports {
                ports.entry(port.port).or_default().entry(port.protocol()).or_default().insert(&service.metadata.name);
            }
        }
        for (port, protocols) in ports.iter().filter(|(_, protocols)| protocols.len() > 1) {
            let uses: Vec<String> = protocols.iter().map(|(p, names)| format!("{p} in {}", few(names, names.len()))).collect();
            findings
                .add(
                    controller,
                    "",
                    format!("Services that select it use port {port} with different protocols: {}", uses.join("; ")),
                    "Use different port numbers, or one Service.",
                )
                .detail(port.to_string())
                .codes(workload_services::codes(controller, &["IST0116"]));
        }
    }
}
