use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_workloads::{GatewayWorkloads, selector, text};
use crate::model::{Field, Kind, Map, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two Gateways of one workload present the same certificate: the same `credentialName`, or the same certificate and key files.
    ///
    /// # Why it matters
    ///
    /// A client that speaks HTTP/2 uses a connection again for every host its certificate covers. It then sends requests for the second Gateway's
    /// hosts over the first one's connection, where they have no route, and gets 404.
    ///
    /// # How to fix it
    ///
    /// Put all hosts of a certificate into one Gateway, or give each Gateway a certificate of its own.
    ///
    /// Sources: IST0138; istio `pkg/config/analysis/analyzers/gateway/certificate.go`; istio.io, common problems, "404 errors when multiple gateways
    /// are configured with the same TLS certificate".
    "istio-gateway-duplicate-certificate",
    summary: "Gateways of one workload share a TLS certificate",
    aliases: &["IST0138"],
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway],
    run: run,
}

/// Gateways with one certificate, by selector.
type Users<'a> = BTreeMap<String, (Map, Vec<&'a Object>)>;

fn run(world: &World, findings: &mut Findings<'_>) {
    let own_namespace_only = GatewayWorkloads::read(world).own_namespace_only;
    let mut users: BTreeMap<[&str; 2], Users<'_>> = BTreeMap::new();
    for gateway in world.index.objects(Kind::IstioGateway) {
        let selector = selector(gateway);
        for (certificate, _) in certificates(gateway) {
            let by_selector = users.entry(certificate).or_default();
            by_selector.entry(text(&selector)).or_insert_with(|| (selector.clone(), Vec::new())).1.push(gateway);
        }
    }
    for gateway in world.index.objects(Kind::IstioGateway) {
        let own = selector(gateway);
        let shared = certificates(gateway).find_map(|(certificate, at)| {
            let groups = users.get(&certificate)?.values().filter(|(selector, _)| own.is_subset_of(selector));
            let other = groups
                .flat_map(|(_, gateways)| gateways)
                .find(|other| other.reference() != gateway.reference() && (!own_namespace_only || other.meta.namespace == gateway.meta.namespace))?;
            Some((certificate, at, *other))
        });
        if let Some((certificate, at, other)) = shared {
            findings
                .add(
                    gateway,
                    at,
                    format!("presents the same certificate {:?} as {}", certificate[0], other.reference()),
                    "Put all hosts of the certificate into one Gateway, or use a certificate of its own for each.",
                )
                .related(other.reference(), "presents the same certificate");
        }
    }
}

/// What each server presents (a credential, or certificate and key files) and where it says so.
fn certificates(gateway: &Object) -> impl Iterator<Item = ([&str; 2], String)> {
    gateway.spec().list("servers").filter_map(|server| server.get("tls")).filter_map(|tls: Field<'_>| {
        let (credential, file, key) = (tls.text("credentialName"), tls.text("serverCertificate"), tls.text("privateKey"));
        match (credential.is_empty(), file.is_empty() || key.is_empty()) {
            (false, _) => Some(([credential, ""], tls.path_of("credentialName"))),
            (true, false) => Some(([file, key], tls.path_of("serverCertificate"))),
            (true, true) => None,
        }
    })
}
