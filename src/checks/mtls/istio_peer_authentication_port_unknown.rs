use crate::checks::Findings;
use crate::checks::support::istio::security::ports;
use crate::mesh::istio::labels::is_gateway;
use crate::mesh::istio::policy;
use crate::mesh::mtls::PeerAuthentication;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `portLevelMtls` of a PeerAuthentication names a port that no container of the selected workloads declares, or the port of a Service
    /// where the Service leads to another container port.
    ///
    /// # Why it matters
    ///
    /// The setting is for the port on which the pod receives, after the Service's `targetPort`. On any other number it has no effect, and the
    /// real port keeps the mode of the workload.
    ///
    /// # How to fix it
    ///
    /// Write the container port.
    ///
    /// Sources: istio `pilot/pkg/security/authn/policy_applier.go`.
    "istio-peer-authentication-port-unknown",
    summary: "portLevelMtls names a port on which no selected pod receives",
    severity: Severity::Warning,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for peer in index.objects(Kind::PeerAuthentication) {
        let settings: Vec<_> = PeerAuthentication::of(peer).ports().collect();
        let labels = policy::selector(peer).unwrap_or_default();
        let workloads: Vec<_> = index.select(Some(&peer.meta.namespace), &labels).collect();
        // What a gateway listens on, its Gateways say.
        if settings.is_empty() || labels.is_empty() || workloads.is_empty() || workloads.iter().any(|w| is_gateway(w)) {
            continue;
        }
        let declared: Vec<Vec<u16>> = workloads.iter().map(|w| ports::declared(index, w)).collect();
        for (text, setting) in settings {
            let Ok(port) = text.parse::<u16>() else { continue };
            let mut served = None;
            let mut received = declared.iter().any(|ports| ports.contains(&port));
            for workload in &workloads {
                for service in ports::services(index, workload) {
                    for service_port in &service.spec.ports {
                        let target = ports::container_port(index, workload, service_port);
                        received |= target == Some(port);
                        if service_port.port == i32::from(port) {
                            served = served.or(target.map(|t| (service, t)));
                        }
                    }
                }
            }
            if received {
                continue;
            }
            let path = setting.field.path();
            match served {
                Some((service, target)) => {
                    let message = format!("{port} is the port of Service {:?}; its pods receive on {target}", service.metadata.name);
                    let finding = findings.add(peer, path, message, format!("Write {target} instead of {port}."));
                    finding.severity(Severity::Error).related(service.reference(), "leads to the container port");
                }
                None if declared.iter().all(|ports| !ports.is_empty()) => {
                    let message = format!("no container of {} receives on port {port}", workloads[0].reference);
                    findings.add(peer, path, message, "Write the port on which the container listens.");
                }
                None => {}
            }
        }
    }
}
