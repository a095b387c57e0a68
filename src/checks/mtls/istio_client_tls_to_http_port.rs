use crate::checks::Findings;
use crate::checks::support::istio::security::{client_tls, ports};
use crate::mesh::istio::destination_rule::TlsMode;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::mesh::mtls::{Mtls, ServerMode};
use crate::model::{Kind, ServicePort, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule makes callers use TLS of their own (`SIMPLE`, `MUTUAL`) towards a port that its Service declares as HTTP or gRPC, on workloads
    /// with a sidecar that also take plaintext.
    ///
    /// # Why it matters
    ///
    /// On such a port the sidecar knows Istio's mutual TLS and plain HTTP. Other TLS it reads as HTTP and refuses: callers get 503.
    ///
    /// # How to fix it
    ///
    /// Remove `tls` from the DestinationRule, since the sidecars encrypt by themselves. Where the application itself ends the TLS, declare the port as
    /// `https` or `tls`.
    ///
    /// Sources: istio `pilot/pkg/networking/core/listener_inbound.go`, `pilot/pkg/networking/core/cluster_tls.go`; istioctl and Kiali do not look.
    "istio-client-tls-to-http-port",
    summary: "DestinationRule makes callers send TLS to a port that sidecars read as HTTP",
    severity: Severity::Warning,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::PeerAuthentication, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let mtls = Mtls::new(world.view());
    for rule in index.objects(Kind::DestinationRule) {
        let mut settings = client_tls::settings(rule);
        settings.retain(|s| matches!(s.mode, TlsMode::Simple | TlsMode::Mutual));
        if settings.is_empty() {
            continue;
        }
        let Some(service) = client_tls::entry(world, rule).and_then(|entry| client_tls::service(world, entry)) else { continue };
        if service.spec.selector.is_empty() {
            continue;
        }
        for setting in settings {
            let reached = service.spec.ports.iter().filter(|port| setting.reaches(port.port) && is_http(port));
            let workloads =
                || index.select(Some(&service.metadata.namespace), &service.spec.selector).filter(|w| setting.labels.is_subset_of(&w.labels));
            let hit = reached.flat_map(|port| workloads().map(move |w| (port, w))).find(|(port, workload)| {
                let open = |container| matches!(mtls.mode(workload, container).mode, ServerMode::Permissive | ServerMode::Disable);
                policy::enforcer(world.view(), workload) == Enforcer::Sidecar && ports::container_port(index, workload, port).is_some_and(open)
            });
            if let Some((port, workload)) = hit {
                let message = format!(
                    "callers use {}, and the sidecar of {} reads port {} as HTTP: it refuses that",
                    setting.mode, workload.reference, port.port
                );
                let hint = "Remove tls from the DestinationRule; if the application itself ends TLS, name the port https or tls.";
                findings.add(rule, setting.path, message, hint).related(service.reference(), "declares the port as HTTP");
            }
        }
    }
}

/// Whether a port is declared to carry HTTP.
fn is_http(port: &ServicePort) -> bool {
    let word = port.app_protocol.as_deref().unwrap_or_else(|| port.name.split('-').next().unwrap_or_default());
    matches!(word.to_ascii_lowercase().as_str(), "http" | "http2" | "grpc" | "kubernetes.io/h2c" | "kubernetes.io/ws") && port.protocol() == "TCP"
}
