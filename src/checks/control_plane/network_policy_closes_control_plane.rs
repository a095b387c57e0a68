use crate::checks::Findings;
use crate::checks::support::kubernetes::network::Direction;
use crate::index::Workload;
use crate::mesh::istio::labels::{is_gateway, is_waypoint};
use crate::mesh::linkerd::COMPONENT;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// NetworkPolicies for the pods of a control plane or a gateway close a port that the mesh itself needs: of istiod 15012 (proxies) and 15017
    /// (webhooks), of Linkerd's identity 8080, destination 8086, 8090 and 8443, 9443 (webhooks), injector 8443, of Istio's gateways 15021 (health checks of load
    /// balancers).
    ///
    /// # Why it matters
    ///
    /// Proxies get no configuration or certificates; the API server cannot ask webhooks, so that pods start without a proxy or not at all; a load
    /// balancer takes a sound gateway for dead.
    ///
    /// # How to fix it
    ///
    /// Let the port through. Webhooks are called by the API server, whose address is outside of the pods' ranges with most providers.
    ///
    /// Sources: Istio's list of ports; linkerd `charts/linkerd-control-plane/templates`; no other tool looks.
    "network-policy-closes-control-plane",
    summary: "NetworkPolicy that closes a port of a control plane or gateway",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Any,
    needs: &[Kind::NetworkPolicy, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for group in world.view().isolated(Direction::Ingress) {
        for workload in &group.workloads {
            let spec = world.index.pod_spec(workload);
            let closed: Vec<String> = ports(workload)
                .iter()
                .filter(|(port, _)| !group.opens(Direction::Ingress, "TCP", *port, spec))
                .map(|(port, what)| format!("{port} ({what})"))
                .collect();
            let Some(policy) = group.policies.first().filter(|_| !closed.is_empty()) else { continue };
            let finding = findings.add(
                *policy,
                "spec.ingress",
                format!("{} cannot be reached on {}", workload.reference, closed.join(", ")),
                "Let these ports through.",
            );
            for other in group.policies.iter().skip(1) {
                finding.related(other.reference(), "selects the same pods and does not let them through either");
            }
        }
    }
}

/// The ports by which others depend on a workload.
fn ports(workload: &Workload) -> &'static [(i64, &'static str)] {
    if workload.labels.is("app", "istiod") {
        return &[(15012, "configuration and certificates"), (15017, "webhooks")];
    }
    match workload.labels.get(COMPONENT) {
        Some("identity") => &[(8080, "certificates")],
        Some("destination") => &[(8086, "discovery"), (8090, "policy"), (8443, "webhook"), (9443, "webhook")],
        Some("proxy-injector") => &[(8443, "webhook")],
        _ if is_gateway(workload) && !is_waypoint(&workload.labels) => &[(15021, "health checks of load balancers")],
        _ => &[],
    }
}
