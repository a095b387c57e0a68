use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_hosts::{self, ByName};
use crate::checks::support::istio::platform::gateway_workloads::text;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Gateway server redirects to HTTPS (`tls.httpsRedirect`), but no server with the same selector offers the host with TLS.
    ///
    /// # Why it matters
    ///
    /// Clients are sent to an address that nobody answers: the host is unreachable, by HTTP as well as by HTTPS.
    ///
    /// # How to fix it
    ///
    /// Add a server with protocol HTTPS for the host, or remove the redirect.
    ///
    /// Sources: istio/api `networking/v1/gateway.proto`; no other tool reports it.
    "istio-gateway-redirect-without-tls",
    summary: "Gateway redirects a host to HTTPS that is not offered there",
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let hosts = gateway_hosts::all(world);
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, host) in hosts.iter().enumerate() {
        groups.entry(text(&host.selector)).or_default().push(i);
    }
    for members in groups.values() {
        let secure = ByName::new(&hosts, members.iter().copied().filter(|i| hosts[*i].is_tls()));
        for host in members.iter().map(|i| &hosts[*i]) {
            let redirects = host.server.at(["tls", "httpsRedirect"]).and_then(|r| r.bool()).unwrap_or(false);
            if redirects && secure.meeting(&host.name).next().is_none() {
                findings.add(
                    host.gateway,
                    host.path.as_str(),
                    format!("host {:?} is redirected to HTTPS, but no server of this gateway workload offers it with TLS", host.written),
                    "Add a server with protocol HTTPS for it, or remove tls.httpsRedirect.",
                );
            }
        }
    }
}
