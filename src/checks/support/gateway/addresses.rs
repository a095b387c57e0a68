//! Addresses of Gateways.

use crate::model::Object;

/// Type and value of every address that a Gateway asks for or got; an address without a type is an IP address.
pub(in crate::checks) fn all(gateway: &Object) -> impl Iterator<Item = (&str, &str)> {
    let got = gateway.root().get("status").into_iter().flat_map(|s| s.list("addresses"));
    let addresses = gateway.spec().list("addresses").chain(got);
    addresses.map(|a| (Some(a.text("type")).filter(|t| !t.is_empty()).unwrap_or("IPAddress"), a.text("value"))).filter(|(_, value)| !value.is_empty())
}
