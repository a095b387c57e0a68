//! TLS and TCP routes of VirtualServices.

use crate::checks::support::istio::schema::gateway_names::gateway_names;
use crate::mesh::istio::hosts;
use crate::mesh::istio::validation::{Judge, Verdict, destination, fault, has, ip_or_cidr, is_ip, labels, port, wildcard_domain};
use crate::model::Field;

/// Judges a TLS route of the VirtualService `spec`.
pub(in crate::checks) fn tls_route(judge: &mut Judge<'_>, route: &Field<'_>, spec: &Field<'_>) {
    let for_mesh = spec.texts("gateways").any(|(name, _)| name == "mesh");
    if !has(route, "match") {
        judge.error(route.path_of("match"), "the TLS route has no match", "Write match: [{sniHosts: […]}].");
    }
    for condition in route.list("match") {
        if !has(&condition, "sniHosts") {
            judge.error(condition.path_of("sniHosts"), "the match has no SNI hosts", "Write sniHosts.");
        }
        for (text, sni) in condition.texts("sniHosts") {
            sni_host(judge, text, &sni, spec, for_mesh);
        }
        connection_match(judge, &condition);
    }
    destinations(judge, route);
}

/// Judges a TCP route.
pub(in crate::checks) fn tcp_route(judge: &mut Judge<'_>, route: &Field<'_>) {
    for condition in route.list("match") {
        connection_match(judge, &condition);
    }
    destinations(judge, route);
}

fn sni_host(judge: &mut Judge<'_>, text: &str, sni: &Field<'_>, spec: &Field<'_>, for_mesh: bool) {
    if is_ip(text) {
        judge.warn(sni.path(), format!("{text:?} is an IP address, which clients do not send as SNI"), "Write the host name that clients ask for.");
        return;
    }
    let verdict = if !for_mesh && text.starts_with("outbound_") { passed_on_sni(text) } else { wildcard_domain(text) };
    if let Err(fault) = verdict {
        judge.error(sni.path(), fault.message, fault.hint);
    } else if !spec.texts("hosts").any(|(host, _)| hosts::covers(host, text)) {
        let message = format!("{text:?} lies outside of the hosts of this VirtualService");
        judge.about("hosts").error(sni.path(), message, "Add it to spec.hosts, or write an SNI host within them.");
    }
}

/// Judges a name that east-west gateways pass on: `outbound_.80_._.host`.
pub(in crate::checks) fn passed_on_sni(text: &str) -> Verdict {
    let parts: Vec<&str> = text.split('_').collect();
    let good = match parts.as_slice() {
        ["outbound", port, _, host, ..] => port.contains(|c: char| c.is_ascii_digit()) && host.contains(|c: char| c.is_ascii_alphabetic()),
        _ => false,
    };
    if good && text.len() <= 255 {
        return Ok(());
    }
    fault(format!("{text:?} is not the name that Istio gives to traffic between clusters"), "Write outbound_.PORT_.SUBSET_.HOST.")
}

fn connection_match(judge: &mut Judge<'_>, condition: &Field<'_>) {
    for (text, subnet) in condition.texts("destinationSubnets") {
        judge.judge(&subnet, ip_or_cidr(text));
    }
    match_port(judge, condition);
    labels(judge, condition, "sourceLabels");
    gateway_names(judge, condition);
}

/// Judges the port of a match; none, or 0, matches all.
pub(in crate::checks) fn match_port(judge: &mut Judge<'_>, condition: &Field<'_>) {
    if let Some(number) = condition.get("port").filter(|p| p.int() != Some(0)) {
        judge.judge(&number, port(number.int().unwrap_or_default()));
    }
}

fn destinations(judge: &mut Judge<'_>, route: &Field<'_>) {
    if !has(route, "route") {
        judge.error(route.path_of("route"), "the route leads nowhere", "Write route: [{destination: {host: …}}].");
    }
    weighted(judge, route);
}

/// Judges the destinations of a route of any protocol, and their weights.
pub(in crate::checks) fn weighted(judge: &mut Judge<'_>, route: &Field<'_>) {
    let mut total = 0_i64;
    let mut count = 0;
    for entry in route.list("route") {
        match entry.get("destination") {
            Some(to) => destination(judge, &to),
            None => judge.error(entry.path_of("destination"), "there is no destination", "Write destination: {host: …}."),
        }
        let weight = entry.get("weight").and_then(|w| w.int()).unwrap_or_default();
        if weight < 0 {
            judge.error(entry.path_of("weight"), format!("weight is {weight}"), "Write 0 or more.");
        }
        total = total.saturating_add(weight);
        count += 1;
    }
    if count > 1 && total == 0 {
        judge.error(route.path_of("route"), "the weights add up to 0", "Give at least one destination a weight.");
    }
}
