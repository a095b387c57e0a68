//! GatewayClasses, Gateways, ListenerSets, ReferenceGrants and BackendTLSPolicies.

use std::net::IpAddr;

use super::Faults;
use super::values::{self, CONTROLLER, GROUP, HOSTNAME, KIND, LABEL, NAME, PRECISE, PROTOCOL, SUBDOMAIN};
use crate::model::Field;

pub(super) fn class(spec: &Field<'_>, faults: &mut Faults) {
    if faults.required(spec, "controllerName").is_some() {
        faults.text(spec, "controllerName", &CONTROLLER);
    }
}

pub(super) fn gateway(spec: &Field<'_>, faults: &mut Faults) {
    if faults.required(spec, "gatewayClassName").is_some() {
        faults.text(spec, "gatewayClassName", &NAME);
    }
    listeners(spec, faults);
    let addresses: Vec<Field<'_>> = spec.list("addresses").collect();
    for address in &addresses {
        self::address(address, faults);
    }
    let same = |address: &Field<'_>| Some(format!("{}/{}", kind_of(address), address.text("value"))).filter(|_| !address.text("value").is_empty());
    faults.unique(addresses.into_iter().filter(|a| matches!(kind_of(a), "IPAddress" | "Hostname")), "the address", same);
}

fn kind_of<'a>(address: &Field<'a>) -> &'a str {
    Some(address.text("type")).filter(|kind| !kind.is_empty()).unwrap_or("IPAddress")
}

fn address(address: &Field<'_>, faults: &mut Faults) {
    let value = address.text("value");
    if value.is_empty() || values::is_template(value) {
        return;
    }
    match kind_of(address) {
        "IPAddress" if value.parse::<IpAddr>().is_err() => {
            faults.add(address.path_of("value"), format!("{value:?} is no IP address"), "Write an address, or type: Hostname.");
        }
        "Hostname" => faults.text(address, "value", &HOSTNAME),
        _ => {}
    }
}

/// Names given twice, listeners that exclude each other and TLS beside protocols without it are told of by rules of their own.
pub(super) fn listeners(spec: &Field<'_>, faults: &mut Faults) {
    let listeners: Vec<Field<'_>> = spec.list("listeners").collect();
    if listeners.is_empty() {
        faults.add(spec.path_of("listeners"), "there is no listener", "Add a listener with name, port and protocol.");
    }
    if listeners.len() > 64 {
        faults.add(spec.path_of("listeners"), format!("{} listeners are too many: 64 are allowed", listeners.len()), "Use a second Gateway.");
    }
    for listener in &listeners {
        for name in ["name", "protocol", "port"] {
            // A ListenerSet may leave the port out.
            if !(name == "port" && spec.get("parentRef").is_some()) {
                faults.required(listener, name);
            }
        }
        faults.text(listener, "name", &SUBDOMAIN);
        faults.text(listener, "protocol", &PROTOCOL);
        faults.text(listener, "hostname", &HOSTNAME);
        if spec.get("parentRef").is_none() {
            faults.port(listener);
        }
        if let Some(tls) = listener.get("tls") {
            faults.choice(&tls, "mode", &["Terminate", "Passthrough"]);
            tls.list("certificateRefs").for_each(|reference| self::reference(&reference, faults));
        }
        if let Some(allowed) = listener.get("allowedRoutes") {
            if let Some(namespaces) = allowed.get("namespaces") {
                // None is a word of allowedListeners alone.
                faults.choice(&namespaces, "from", &["All", "Selector", "Same"]);
            }
            for kind in allowed.list("kinds") {
                faults.required(&kind, "kind");
                faults.text(&kind, "kind", &KIND);
                faults.text(&kind, "group", &GROUP);
            }
        }
    }
}

/// A reference to an object by group, kind, name and namespace.
pub(super) fn reference(reference: &Field<'_>, faults: &mut Faults) {
    faults.required(reference, "name");
    faults.text(reference, "name", &NAME);
    faults.text(reference, "group", &GROUP);
    faults.text(reference, "kind", &KIND);
    faults.text(reference, "namespace", &LABEL);
}

pub(super) fn grant(spec: &Field<'_>, faults: &mut Faults) {
    for (list, fields) in [("from", &["group", "kind", "namespace"][..]), ("to", &["group", "kind"][..])] {
        if spec.list(list).next().is_none() {
            faults.add(
                spec.path_of(list),
                format!("{list} is missing or empty"),
                format!("Say {} whom the grant is for.", if list == "from" { "from" } else { "to" }),
            );
        }
        for item in spec.list(list) {
            for name in fields {
                faults.required(&item, name);
            }
            faults.text(&item, "group", &GROUP);
            faults.text(&item, "kind", &KIND);
            faults.text(&item, "namespace", &LABEL);
        }
    }
}

/// What is to be verified by is told of by gateway-backend-tls-unverifiable.
pub(super) fn backend_tls(spec: &Field<'_>, faults: &mut Faults) {
    let targets: Vec<Field<'_>> = spec.list("targetRefs").collect();
    if targets.is_empty() && spec.get("targetRef").is_none() {
        faults.add(spec.path_of("targetRefs"), "targetRefs is missing or empty", "Name the Service that the policy is for.");
    }
    for target in &targets {
        for name in ["group", "kind", "name"] {
            faults.required(target, name);
        }
        faults.text(target, "group", &GROUP);
        faults.text(target, "kind", &KIND);
        faults.text(target, "sectionName", &SUBDOMAIN);
    }
    if let Some(validation) = spec.get("validation") {
        faults.text(&validation, "hostname", &PRECISE);
    }
}
