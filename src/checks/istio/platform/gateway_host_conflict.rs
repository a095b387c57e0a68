use std::collections::BTreeMap;

use super::gateway_hosts::{self, ByName, GatewayHost};
use super::gateway_workloads::{GatewayWorkloads, text};
use crate::checks::Findings;
use crate::model::{Kind, Subject};
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
    /// merged, so there the routes mix, and which VirtualService answers depends on its age.
    ///
    /// # How to mend it
    ///
    /// Let one Gateway own the host and bind all VirtualServices to it, or use different ports, hosts or workloads.
    ///
    /// Sources: IST0145; istio `pkg/config/analysis/analyzers/gateway/conflictinggateway.go`, `pilot/pkg/model/gateway.go`. KIA0301; kiali
    /// `business/checkers/gateways/multi_match_checker.go`.
    "istio-gateway-host-conflict",
    summary: "Gateway servers of one workload claim the same host and port",
    aliases: &["IST0145", "KIA0301"],
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let workloads = GatewayWorkloads::read(world);
    let hosts = gateway_hosts::all(world);
    let mut groups: BTreeMap<(i64, String), Vec<usize>> = BTreeMap::new();
    let mut by_written: BTreeMap<(i64, &str), Vec<usize>> = BTreeMap::new();
    for (i, host) in hosts.iter().enumerate() {
        groups.entry((host.port, text(&host.selector))).or_default().push(i);
        by_written.entry((host.port, host.written)).or_default().push(i);
    }
    // Which selectors pick a common workload is asked once per pair of selectors, of which there are few.
    let mut meet: BTreeMap<(String, String), bool> = BTreeMap::new();
    for ((port, selector), members) in &groups {
        let by_name = ByName::new(&hosts, members.iter().copied());
        for &i in members {
            let host = &hosts[i];
            let overlaps = |j: &usize| *j != i && namespaces_meet(host, &hosts[*j]);
            let same_selector = by_name.meeting(&host.name).find(overlaps);
            let twin = |j: &usize| is_twin(host, &hosts[*j]);
            let equals = by_written.get(&(*port, host.written)).map(Vec::as_slice).unwrap_or_default();
            let same_text = equals.iter().copied().find(|j| twin(j) && hosts[*j].selector == host.selector);
            let other_selector = equals.iter().copied().filter(twin).find(|j| {
                let other = text(&hosts[*j].selector);
                other != *selector && *meet.entry((selector.clone(), other)).or_insert_with(|| workloads.meet(&host.selector, &hosts[*j].selector))
            });
            let contained = other_selector.is_some_and(|j| {
                let other = text(&hosts[j].selector);
                other.contains(selector.as_str()) || selector.contains(&other)
            });
            let Some(partner) = same_text.or(same_selector).or(other_selector) else { continue };
            let codes: &[&'static str] = match (same_text.is_some() || contained, same_selector.is_some()) {
                (true, true) => &["IST0145", "KIA0301"],
                (true, false) => &["IST0145"],
                (false, true) => &["KIA0301"],
                (false, false) => &[],
            };
            report(findings, host, &hosts[partner], codes);
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
    } else if host.name != partner.name {
        finding.severity(Severity::Info);
    }
}
