//! The endpoints of ServiceEntries and WorkloadEntries.

use std::collections::BTreeSet;

use crate::mesh::istio::validation::{Judge, fqdn, has, is_ip, labels, port, port_name, unix_address};
use crate::model::Field;

/// What an endpoint's address may be, besides a Unix socket.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::checks) enum Addresses {
    /// An IP address.
    Ip,
    /// An IP address or a domain name.
    IpOrName,
}

/// Judges the address and labels of an endpoint.
pub(in crate::checks) fn address(judge: &mut Judge<'_>, entry: &Field<'_>, allowed: Addresses) {
    labels(judge, entry, "labels");
    let address = entry.text("address");
    let path = entry.path_of("address");
    if address.is_empty() && !has(entry, "network") {
        judge.error(path, "there is no address", "Write address, or network when it is reached through that network's gateway.");
    } else if address.is_empty() {
        let message = format!("there is no address: it is reached through the gateway of network {:?} alone", entry.text("network"));
        judge.warn(path, message, "Write address, unless this is what you mean.");
    } else if let Some(socket) = address.strip_prefix("unix://") {
        if let Err(fault) = unix_address(socket) {
            judge.error(path, fault.message, fault.hint);
        }
        if has(entry, "ports") {
            judge.error(entry.path_of("ports"), "a Unix socket has no ports", "Remove ports.");
        }
    } else if !is_ip(address) && (allowed == Addresses::Ip || fqdn(address).is_err()) {
        let (message, hint) = match allowed {
            Addresses::Ip => (format!("address {address:?} is not an IP address"), "Write an IP address, or resolution: DNS for a name."),
            Addresses::IpOrName => (format!("address {address:?} is neither an IP address nor a domain name"), "Write one of the two."),
        };
        judge.error(path, message, hint);
    }
}

/// Judges the ports of an endpoint; `service` holds the names of the service's ports where they are known.
pub(in crate::checks) fn ports(judge: &mut Judge<'_>, entry: &Field<'_>, service: Option<&BTreeSet<&str>>) {
    for (name, field) in entry.get("ports").iter().flat_map(Field::entries) {
        if service.is_some_and(|known| !known.contains(name)) {
            judge.about("service").error(field.path(), format!("the service has no port called {name:?}"), "Use the name of a port in spec.ports.");
        }
        judge.about("name").judge(&field, port_name(name));
        judge.judge(&field, port(field.int().unwrap_or_default()));
    }
    let socket = entry.text("address").starts_with("unix://");
    if socket && service.is_some_and(|known| known.len() != 1) {
        judge.about("ports").error(
            entry.path_of("address"),
            "a Unix socket can only stand for a service with one port",
            "Keep one port in spec.ports.",
        );
    }
}
