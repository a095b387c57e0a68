//! What Istio's own validation says of its custom resources: one rule for each kind, with errors (IST0106) and warnings (IST0133), and three for
//! what cannot be read at all: unknown fields, unknown words, wrong types.

use crate::checks::Check;

mod authorization_policy;
mod authorization_values;
mod common;
mod destination_rule;
mod envoy_filter;
mod envoy_messages;
mod envoy_value;
mod gateway;
mod mesh_config;
mod mesh_proxy;
mod peer_authentication;
mod proxy_config;
mod request_authentication;
mod service_entry;
mod shapes;
mod sidecar;
mod telemetry;
mod traffic_extension;
mod unknown_enum_value;
mod unknown_field;
mod virtual_service;
mod virtual_service_http;
mod virtual_service_l4;
mod wasm_plugin;
mod workload_entry;
mod workload_group;
mod wrong_field_type;

/// Whether Istio takes a text for a host; of what it refuses the rules here say so, and none looks it up.
pub(super) fn is_host(text: &str) -> bool {
    text != "*" && common::wildcard_domain(text).is_ok()
}

/// Whether Istio takes a text for the name of a namespace, a Gateway or a subset.
pub(super) fn is_name(text: &str) -> bool {
    common::is_dns_label(text)
}

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &authorization_policy::CHECK,
    &destination_rule::CHECK,
    &envoy_filter::CHECK,
    &gateway::CHECK,
    &mesh_config::CHECK,
    &peer_authentication::CHECK,
    &proxy_config::CHECK,
    &request_authentication::CHECK,
    &service_entry::CHECK,
    &sidecar::CHECK,
    &telemetry::CHECK,
    &traffic_extension::CHECK,
    &unknown_enum_value::CHECK,
    &unknown_field::CHECK,
    &virtual_service::CHECK,
    &wasm_plugin::CHECK,
    &workload_entry::CHECK,
    &workload_group::CHECK,
    &wrong_field_type::CHECK,
];
