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
