use std::collections::HashSet;

use crate::checks::Findings;
use crate::checks::support::istio::security::client_tls;
use crate::checks::support::istio::traffic::routes::destinations;
use crate::mesh::istio::destination_rule::TlsMode;
use crate::mesh::istio::{Entry, Source};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule originates TLS (`SIMPLE`, `MUTUAL`) towards a port of a ServiceEntry that carries TLS already (protocol HTTPS or TLS), and no
    /// route for HTTP leads there.
    ///
    /// # Why it matters
    ///
    /// The application's own TLS is encrypted once more by its proxy. The server ends the outer TLS and finds TLS where it expects HTTP: the handshake
    /// fails or the answer is 400.
    ///
    /// # How to fix it
    ///
    /// Let the application call with plain HTTP, and declare its port as HTTP (`port: 80`, `targetPort: 443`); or remove `tls` from the DestinationRule
    /// and leave TLS to the application.
    ///
    /// Sources: istio.io, egress TLS origination, common problems (TLS configuration); istioctl and Kiali do not look.
    "istio-client-tls-originated-twice",
    summary: "DestinationRule originates TLS on a port that carries TLS already",
    severity: Severity::Warning,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::ServiceEntry, Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    // Hosts that some route for HTTP leads to: what arrives there was plain HTTP in the proxy.
    let mut routed: HashSet<String> = HashSet::new();
    for vs in index.objects(Kind::VirtualService) {
        let http = destinations(vs).into_iter().filter(|d| d.field.path().starts_with("spec.http"));
        routed.extend(http.map(|d| world.istio.registry.fqdn(d.host, &vs.meta.namespace).into_owned()));
    }
    for rule in [Kind::HttpRoute, Kind::GrpcRoute].iter().flat_map(|kind| index.objects(*kind)).flat_map(|route| route.spec().list("rules")) {
        let hosts = rule.list("backendRefs").filter(|b| b.text("kind") == "Hostname");
        routed.extend(hosts.map(|b| b.text("name").to_owned()));
    }
    for rule in index.objects(Kind::DestinationRule) {
        let mut settings = client_tls::settings(rule);
        settings.retain(|s| matches!(s.mode, TlsMode::Simple | TlsMode::Mutual));
        let Some(entry) = client_tls::entry(world, rule).filter(|e| !settings.is_empty() && !routed.contains(e.host.as_str())) else { continue };
        for setting in settings {
            let Some((port, protocol)) = tls_port(world, entry, |port| setting.reaches(port)) else { continue };
            let message = format!("port {port} carries {protocol} already: the proxy encrypts it a second time ({})", setting.mode);
            let hint = "Declare the port that the application calls as HTTP (with targetPort 443), or remove tls and leave it to the application.";
            let finding = findings.add(rule, setting.path, message, hint);
            if let Some(object) = entry.reference(index) {
                finding.related(object, "declares the port");
            }
        }
    }
}

/// The first port of a ServiceEntry that the setting is for, when all it is for carry TLS. A port of a Service may well get plain HTTP from routes
/// that stand elsewhere.
fn tls_port(world: &World, entry: &Entry, reaches: impl Fn(i32) -> bool) -> Option<(i64, String)> {
    let Source::ServiceEntry(i) = entry.source else { return None };
    let object = world.index.objects(Kind::ServiceEntry).get(i)?;
    let ports = object.spec().list("ports").filter_map(|p| Some((p.get("number")?.int()?, p.text("protocol").to_ascii_uppercase())));
    let reached: Vec<(i64, String)> = ports.filter(|(number, _)| i32::try_from(*number).is_ok_and(&reaches)).collect();
    let all = reached.iter().all(|(_, protocol)| matches!(protocol.as_str(), "HTTPS" | "TLS"));
    reached.into_iter().next().filter(|_| all)
}
