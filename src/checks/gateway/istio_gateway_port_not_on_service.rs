use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_workloads::{GatewayWorkloads, Picked, selector, text};
use crate::model::{Kind, Port, Service};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Gateway opens a port on its workload that no Service of that workload leads to, neither as target port nor as a port with a numeric target.
    ///
    /// # Why it matters
    ///
    /// The proxy listens, but nothing outside of the pod can reach the port: calls are refused or time out.
    ///
    /// # How to fix it
    ///
    /// Add the port to the gateway's Service, or write the number of a port that is there.
    ///
    /// Sources: IST0162; istio `pkg/config/analysis/analyzers/gateway/gateway.go`.
    "istio-gateway-port-not-on-service",
    summary: "Gateway opens a port that no Service of its workload leads to",
    aliases: &["IST0162"],
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let workloads = GatewayWorkloads::read(world);
    let mut offered: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for gateway in world.index.objects(Kind::IstioGateway) {
        let selector = selector(gateway);
        let picked = workloads.everywhere(&selector);
        if picked.is_empty() {
            continue;
        }
        let ports = offered.entry(text(&selector)).or_insert_with(|| ports(world, picked));
        for server in gateway.spec().list("servers") {
            let Some(port) = server.get("port") else { continue };
            let number = port.get("number").and_then(|n| n.int()).unwrap_or_default();
            if !ports.contains(&number) && !server.text("bind").starts_with("unix:") {
                let known: Vec<String> = ports.iter().map(ToString::to_string).collect();
                let known = if known.is_empty() { "no port at all".to_owned() } else { known.join(", ") };
                findings.missing(
                    gateway,
                    port.path_of("number"),
                    &[(Kind::Service, picked[0].0)],
                    format!("no Service leads to port {number} of the workload with the labels {:?}; Services offer {known}", text(&selector)),
                    "Add the port to the gateway's Service, or write the number of a port that is there.",
                );
            }
        }
    }
}

/// Ports of the picked workloads that some Service leads to, and those Services' own numbers for them.
fn ports(world: &World, picked: &[Picked<'_>]) -> BTreeSet<i64> {
    let mut ports = BTreeSet::new();
    let mut add = |service: &Service| {
        for port in service.spec.ports.iter().filter(|p| p.protocol() == "TCP") {
            if let Port::Number(target) = port.target() {
                ports.insert(i64::from(target));
            }
            ports.insert(i64::from(port.port));
        }
    };
    let namespaces: BTreeSet<&str> = picked.iter().map(|(namespace, _)| *namespace).collect();
    for (namespace, labels) in picked {
        world.index.services_selecting(namespace, labels).for_each(&mut add);
    }
    for namespace in namespaces {
        // The endpoints of a Service without a selector are made by hand: they may well be these pods.
        world.index.services_in(namespace).iter().filter(|s| s.spec.selector.is_empty() && s.spec.kind != "ExternalName").for_each(&mut add);
    }
    ports
}
