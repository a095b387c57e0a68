use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::platform::workload_services;
use crate::model::{Kind, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Services that select the same workload of the mesh lead different port numbers of theirs to one target port.
    ///
    /// # Why it matters
    ///
    /// Inbound traffic reaches the sidecar on the target port only, so it cannot tell the Service ports apart: protocol, policies and metrics follow
    /// one of them, whichever was first.
    ///
    /// # How to fix it
    ///
    /// Use one port number for one target port in all Services of the workload, or give the workload a second port.
    ///
    /// Sources: IST0137; istio `pkg/config/analysis/analyzers/deployment/services.go`.
    "istio-service-target-port-conflict",
    summary: "Services of one workload lead different ports to the same target port",
    aliases: &["IST0137"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service, Kind::Deployment, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for controller in workload_services::meshed_controllers(world) {
        let mut targets: BTreeMap<String, BTreeMap<i32, BTreeSet<&str>>> = BTreeMap::new();
        for service in workload_services::of(world, controller) {
            for port in &service.spec.ports {
                targets.entry(port.target().to_string()).or_default().entry(port.port).or_default().insert(&service.metadata.name);
            }
        }
        for (target, ports) in targets.iter().filter(|(_, ports)| ports.len() > 1) {
            let uses: Vec<String> = ports.iter().map(|(p, names)| format!("{p} in {}", few(names, names.len()))).collect();
            findings
                .add(
                    controller,
                    "",
                    format!("Services that select it lead several ports to target port {target}: {}", uses.join("; ")),
                    "Use one Service port for a target port, or add a second container port.",
                )
                .detail(target.as_str())
                .codes(workload_services::codes(controller, &["IST0137"]));
        }
    }
}
