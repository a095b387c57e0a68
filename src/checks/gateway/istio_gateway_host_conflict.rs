use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_hosts::{self, ByName, GatewayHost};
use crate::checks::support::istio::platform::gateway_workloads::{GatewayWorkloads, text};
use crate::model::{Kind, Map, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two Gateway servers of one workload claim the same host on the same port: equal names, one a wildcard over the other, or `*`, for namespaces
    /// that overlap. Two servers of one Gateway count too.
    ///
    /// # Why it matters
    ///
    /// Of two TLS servers with the same host istiod keeps the older Gateway's and drops the other with all of its hosts. Plain HTTP servers are
    /// merged, so there the routes mix, and which VirtualService answers depends on its age. A wildcard beside a name in it is often meant, since the
    /// more specific host answers: that is information only.
    ///
    /// # How to fix it
    ///
    /// Let one Gateway own the host and bind all VirtualServices to it, or use different ports, hosts or workloads.
    ///
    /// Sources: IST0145; istio `pkg/config/analysis/analyzers/gateway/conflictinggateway.go`, `pilot/pkg/model/gateway.go`. KIA0301; kiali
    /// `business/checkers/gateways/multi_match_checker.go` (which compares the selectors' texts, not what they pick).
    "istio-gateway-host-conflict",
    summary: "Gateway servers of one workload claim the same host and port",
    aliases: &["IST0145", "KIA0301"],
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod],
    run: run,
}

/// Hosts on one port whose Gateways have one selector.
struct Group<'h> {
    selector: &'h Map,
    text: &'h str,
    members: &'h [usize],
    by_name: ByName<'h>,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let workloads = GatewayWorkloads::read(world);
    let hosts = gateway_hosts::all(world);
    let texts: Vec<String> = hosts.iter().map(|host| text(&host.selector)).collect();
    let mut ports: BTreeMap<i64, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    let mut by_written: BTreeMap<(i64, &str), Vec<usize>> = BTreeMap::new();
    for (i, host) in hosts.iter().enumerate() {
        ports.entry(host.port).or_default().entry(&texts[i]).or_default().push(i);
        by_written.entry((host.port, host.written)).or_default().push(i);
    }
    for (port, by_selector) in &ports {
        let groups: Vec<Group<'_>> = by_selector
            .iter()
            .map(|(text, members)| {
                let by_name = ByName::new(&hosts, members.iter().copied());
                Group { selector: &hosts[members[0]].selector, text, members, by_name }
            })
            .collect();
        for group in &groups {
            // Selectors that pick a common workload, of which there are few on a port.
            let near: Vec<&Group<'_>> =
                groups.iter().filter(|other| other.text == group.text || workloads.meet(group.selector, other.selector)).collect();
            for &i in group.members {
                let host = &hosts[i];
                let overlaps = |j: &usize| *j != i && namespaces_meet(host, &hosts[*j]);
                let by_kiali = near.iter().flat_map(|other| other.by_name.meeting(&host.name)).find(overlaps);
                let contained = |j: &usize| {
                    let other = texts[*j].as_str();
                    near.iter().any(|g| g.text == other) && (other.contains(group.text) || group.text.contains(other))
                };
                let mut twins = by_written.get(&(*port, host.written)).into_iter().flatten().copied().filter(|j| is_twin(host, &hosts[*j]));
                let by_istioctl = twins.find(contained);
                let Some(partner) = by_istioctl.or(by_kiali) else { continue };
                let codes = [(by_istioctl, "IST0145"), (by_kiali, "KIA0301")];
                let codes: Vec<_> = codes.into_iter().filter(|(found, _)| found.is_some()).map(|(_, code)| code).collect();
                report(findings, host, &hosts[partner], &codes);
            }
        }
    }
}

fn namespaces_meet(a: &GatewayHost<'_>, b: &GatewayHost<'_>) -> bool {
    a.namespace == b.namespace || a.namespace == "*" || b.namespace == "*"
}

/// The same host, written the same way, bound to the same address by another Gateway.
fn is_twin(a: &GatewayHost<'_>, b: &GatewayHost<'_>) -> bool {
    a.order != b.order && a.server.text("bind") == b.server.text("bind")
}

fn report(findings: &mut Findings<'_>, host: &GatewayHost<'_>, partner: &GatewayHost<'_>, codes: &[&'static str]) {
    let tls = host.is_tls() && partner.is_tls() && host.name == partner.name;
    let effect = match (tls, host.name == partner.name) {
        (true, _) if host.order < partner.order => "istiod keeps this server, the older Gateway's, and drops the other",
        (true, _) if host.order > partner.order => "istiod drops this server and keeps the other, which is older",
        (true, _) => "istiod keeps the first of the two servers",
        (false, true) => "their routes are merged",
        (false, false) => "the more specific host answers",
    };
    let finding = findings.add(
        host.gateway,
        host.path.as_str(),
        format!(
            "host {:?} on port {} is also claimed as {:?} by {}: {effect}",
            host.written,
            host.port,
            partner.written,
            partner.gateway.reference()
        ),
        "Let one Gateway own the host, or use different ports or workloads.",
    );
    finding.codes(codes);
    if host.order != partner.order {
        finding.related(partner.gateway.reference(), format!("claims {:?} at {}", partner.written, partner.path));
    }
    if tls {
        finding.severity(Severity::Error);
    } else if host.name != partner.name || host.order == partner.order {
        finding.severity(Severity::Info);
    }
}
