//! Where a route leads.

use crate::mesh::istio::validation::{Judge, dns_label, fault, has, port, wildcard_domain};
use crate::model::Field;

/// Judges a destination.
pub(crate) fn destination(judge: &mut Judge<'_>, destination: &Field<'_>) {
    let host = destination.text("host");
    let verdict = match host {
        "*" => fault("a destination cannot be \"*\"", "Name the one host that the traffic goes to."),
        host => wildcard_domain(host),
    };
    match destination.get("host") {
        Some(field) => judge.judge(&field, verdict),
        None => judge.error(destination.path_of("host"), "the destination has no host", "Write host: the name of a service."),
    }
    if has(destination, "subset")
        && let Some(subset) = destination.get("subset")
    {
        judge.judge(&subset, dns_label("subset", subset.str().unwrap_or_default()));
    }
    if let Some(selector) = destination.get("port") {
        match selector.get("number") {
            Some(number) => judge.judge(&number, port(number.int().unwrap_or_default())),
            None => judge.error(selector.path(), "the destination's port has no number", "Write port: {number: …}; ports cannot be named here."),
        }
    }
}
