//! What Istio's own validation says of its custom resources: one rule for each kind, with errors (IST0106) and warnings (IST0133), and three for
//! what cannot be read at all: unknown fields, unknown words, wrong types.

pub(in crate::checks) mod authorization_values;
pub(in crate::checks) mod endpoints;
pub(in crate::checks) mod envoy_messages;
pub(in crate::checks) mod envoy_value;
pub(in crate::checks) mod gateway_names;
pub(in crate::checks) mod judged;
pub(in crate::checks) mod shapes;
pub(in crate::checks) mod virtual_service_http;
pub(in crate::checks) mod virtual_service_l4;

use crate::mesh::istio::validation::{is_dns_label, wildcard_domain};

/// Whether Istio takes a text for a host; of what it refuses the rules here say so, and none looks it up.
pub(in crate::checks) fn is_host(text: &str) -> bool {
    text != "*" && wildcard_domain(text).is_ok()
}

/// Whether Istio takes a text for the name of a namespace, a Gateway or a subset.
pub(in crate::checks) fn is_name(text: &str) -> bool {
    is_dns_label(text)
}
