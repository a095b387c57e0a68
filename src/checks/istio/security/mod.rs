//! Authorization, authentication and mutual TLS, with sidecars and in ambient.

use crate::checks::Check;

mod ambient_host_in_other_namespace;
mod ambient_host_without_waypoint;
mod ambient_needs;
mod ambient_policy_without_target;
mod ambient_policy_without_waypoint;
mod ambient_workload_http_policy;
mod client_mtls_to_disabled_server;
mod client_mtls_without_peer_authentication;
mod client_tls_refused;
mod destination_rule_drops_mtls;
mod jwks_fetch_unrestricted;
mod kiali_mtls;
mod peer_authentication_conflict;
mod policy_host_not_found;
mod policy_identity_without_mtls;
mod policy_method_case;
mod policy_method_unknown;
mod policy_principal_not_found;
mod policy_principal_spiffe_prefix;
mod policy_selector_on_gateway;
mod policy_selects_nothing;
mod policy_source_namespace_not_found;
mod ports;
mod seen;
mod sidecar_in_ambient;
mod strict_without_destination_rule;
mod tls;
mod waypoint_label_outside_ambient;
mod waypoint_not_found;
mod workload_sidecar_and_ambient_labels;
mod workload_without_policy;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &ambient_host_in_other_namespace::CHECK,
    &ambient_host_without_waypoint::CHECK,
    &ambient_policy_without_target::CHECK,
    &ambient_policy_without_waypoint::CHECK,
    &ambient_workload_http_policy::CHECK,
    &client_mtls_to_disabled_server::CHECK,
    &client_mtls_without_peer_authentication::CHECK,
    &client_tls_refused::CHECK,
    &destination_rule_drops_mtls::CHECK,
    &jwks_fetch_unrestricted::CHECK,
    &peer_authentication_conflict::CHECK,
    &policy_host_not_found::CHECK,
    &policy_identity_without_mtls::CHECK,
    &policy_method_case::CHECK,
    &policy_method_unknown::CHECK,
    &policy_principal_not_found::CHECK,
    &policy_principal_spiffe_prefix::CHECK,
    &policy_selector_on_gateway::CHECK,
    &policy_selects_nothing::CHECK,
    &policy_source_namespace_not_found::CHECK,
    &sidecar_in_ambient::CHECK,
    &strict_without_destination_rule::CHECK,
    &waypoint_label_outside_ambient::CHECK,
    &waypoint_not_found::CHECK,
    &workload_sidecar_and_ambient_labels::CHECK,
    &workload_without_policy::CHECK,
];
