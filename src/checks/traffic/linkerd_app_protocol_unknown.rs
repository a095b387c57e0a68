use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `appProtocol` of a Service port in a meshed namespace names a variety of HTTP, such as `grpc`, `http2` or `kubernetes.io/ws`, that is
    /// neither `http` nor `kubernetes.io/h2c`.
    ///
    /// # Why it matters
    ///
    /// Linkerd takes every appProtocol it does not know for opaque bytes: no routes, no retries, no per-request balancing and no HTTP metrics,
    /// while without the field it would find out by itself. gRPC then sticks to one endpoint.
    ///
    /// # How to fix it
    ///
    /// Write `kubernetes.io/h2c` for gRPC and HTTP/2, `http` for HTTP/1, or leave the field out.
    ///
    /// Sources: linkerd `policy-controller/core/src/outbound.rs`.
    "linkerd-app-protocol-unknown",
    summary: "Service port with an HTTP protocol that Linkerd does not know and treats as plain TCP",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

const HTTP: &[&str] = &["grpc", "grpc-web", "http2", "h2", "h2c", "http/2", "http/1.1", "http1", "ws", "kubernetes.io/ws"];

fn run(world: &World, findings: &mut Findings<'_>) {
    let meshed = annotated::meshed_namespaces(world);
    for service in world.index.services().iter().filter(|s| meshed.contains(s.metadata.namespace.as_str())) {
        for (i, port) in service.spec.ports.iter().enumerate() {
            let Some(protocol) = &port.app_protocol else { continue };
            if HTTP.iter().any(|http| protocol.eq_ignore_ascii_case(http)) {
                findings.add(
                    service,
                    format!("spec.ports[{i}].appProtocol"),
                    format!("Linkerd does not know {:?} and treats port {} as opaque bytes", protocol.as_str(), port.port),
                    "Write kubernetes.io/h2c for gRPC and HTTP/2, http for HTTP/1, or leave the field out.",
                );
            }
        }
    }
}
