use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_hosts::{self, GatewayHost};
use crate::checks::support::istio::platform::gateway_workloads::text;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Gateway servers with the same selector use one port with protocols that do not go together: plain HTTP, TLS and plain TCP need a port each.
    ///
    /// # Why it matters
    ///
    /// A port has one listener. istiod keeps the older server and drops the others; it says so only in its log.
    ///
    /// # How to fix it
    ///
    /// Use a port of its own for each, or one protocol.
    ///
    /// Sources: istio `pilot/pkg/model/gateway.go` (merging of servers); no other tool reports it.
    "istio-gateway-port-protocol-conflict",
    summary: "Gateway servers use one port with protocols that exclude each other",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let hosts = gateway_hosts::all(world);
    let mut first: BTreeMap<(i64, String, &str), &GatewayHost<'_>> = BTreeMap::new();
    let mut told = None;
    for host in &hosts {
        let (port, bind) = (host.port, host.server.text("bind"));
        let winner = *first.entry((port, text(&host.selector), bind)).or_insert(host);
        let here = (host.order, host.server.path());
        if family(winner) == family(host) || told.as_ref() == Some(&here) {
            continue;
        }
        findings
            .add(
                host.gateway,
                host.server.path_of("port"),
                format!(
                    "port {port} is used here for {} and by {} for {}: istiod keeps the older server and drops this one",
                    protocol(host),
                    winner.gateway.reference(),
                    protocol(winner)
                ),
                "Use another port for one of them.",
            )
            .related(winner.gateway.reference(), format!("keeps the port with {}", protocol(winner)));
        told = Some(here);
    }
}

fn protocol(host: &GatewayHost<'_>) -> String {
    host.server.get("port").map(|p| p.text("protocol").to_ascii_uppercase()).unwrap_or_default()
}

/// Servers of one family share a listener.
fn family(host: &GatewayHost<'_>) -> &'static str {
    match protocol(host).as_str() {
        "HTTPS" | "TLS" => "TLS",
        "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" | "HTTP_PROXY" => "HTTP",
        _ => "TCP",
    }
}
