use crate::checks::Findings;
use crate::checks::support::istio::platform::ports::{is_known_app_protocol, leads_into_mesh};
use crate::mesh::istio::labels::is_managed_gateway;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The `appProtocol` of a Service port in the mesh is not a protocol that Istio knows.
    ///
    /// # Why it matters
    ///
    /// `appProtocol` beats the port's name: with an unknown value Istio falls back to guessing, even when the name was right.
    ///
    /// # How to fix it
    ///
    /// Use one of http, http2, https, grpc, grpc-web, tcp, tls, mongo, mysql, redis, or kubernetes.io/h2c, kubernetes.io/ws, kubernetes.io/wss.
    ///
    /// Sources: KIA0602; kiali `business/checkers/services/port_mapping_checker.go` (which also names Services that Istio itself made for its gateways,
    /// and those without pods); istio `pkg/config/kube/conversion.go`.
    "istio-service-app-protocol-unknown",
    summary: "appProtocol of a Service port is unknown to Istio",
    aliases: &["KIA0602"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services().iter().filter(|s| !s.metadata.labels.has("kiali_wizard") && !is_managed_gateway(&s.metadata.labels)) {
        for (i, port) in service.spec.ports.iter().enumerate() {
            let Some(protocol) = port.app_protocol.as_deref().filter(|p| !is_known_app_protocol(p)) else { continue };
            if !port.protocol().eq_ignore_ascii_case("udp") && leads_into_mesh(world, service) {
                let finding = findings.add(
                    service,
                    format!("spec.ports[{i}].appProtocol"),
                    format!("appProtocol {protocol:?} of port {} is unknown to Istio", port.port),
                    "Use http, http2, https, grpc, grpc-web, tcp, tls, mongo, mysql, redis or one of kubernetes.io/h2c, /ws, /wss.",
                );
                // A waypoint's Service is Istio's own work: nobody has to fix it, nor could.
                if service.metadata.labels.has("gateway.istio.io/managed") {
                    finding.severity(Severity::Info);
                }
            }
        }
    }
}
