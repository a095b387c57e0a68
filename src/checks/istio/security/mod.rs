//! Authorization, authentication and mutual TLS, with sidecars and in ambient.

use crate::checks::Check;

mod ambient_host_in_other_namespace;
mod ambient_host_without_waypoint;
mod ambient_needs;
mod ambient_policy_without_target;
mod ambient_policy_without_waypoint;
mod ambient_trust_domain;
mod ambient_workload_http_policy;
mod client_mtls_to_disabled_server;
mod client_mtls_without_peer_authentication;
mod client_tls_refused;
mod destination_rule_drops_mtls;
mod headless_partly_meshed;
mod jwks_fetch_unrestricted;
mod jwks_inline_unusable;
mod jwt;
mod jwt_claim_without_request_authentication;
mod jwt_issuer_duplicate;
mod jwt_not_required;
mod kiali_mtls;
mod mtls_disabled_above_strict;
mod peer_authentication_conflict;
mod peer_authentication_port_unknown;
mod peer_authentication_root_selector;
mod policy_allows_everything;
mod policy_denies_everything;
mod policy_deny_on_tcp;
mod policy_deny_shadows_allow;
mod policy_duplicate;
mod policy_host_not_found;
mod policy_identity_in_plaintext;
mod policy_identity_without_mtls;
mod policy_method_case;
mod policy_method_unknown;
mod policy_path_never_matches;
mod policy_principal_not_found;
mod policy_principal_spiffe_prefix;
mod policy_provider_not_found;
mod policy_selector_on_gateway;
mod policy_selects_nothing;
mod policy_service_port;
mod policy_source_namespace_not_found;
mod policy_target_not_found;
mod ports;
mod reach;
mod seen;
mod sidecar_in_ambient;
mod strict_without_destination_rule;
mod tls;
mod waypoint_ignores_mesh_policy;
mod waypoint_label_outside_ambient;
mod waypoint_not_found;
mod workload_sidecar_and_ambient_labels;
mod workload_without_policy;
mod ztunnel_unsupported_action;
mod ztunnel_unsupported_field;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &ambient_host_in_other_namespace::CHECK,
    &ambient_host_without_waypoint::CHECK,
    &ambient_policy_without_target::CHECK,
    &ambient_policy_without_waypoint::CHECK,
    &ambient_trust_domain::CHECK,
    &ambient_workload_http_policy::CHECK,
    &client_mtls_to_disabled_server::CHECK,
    &client_mtls_without_peer_authentication::CHECK,
    &client_tls_refused::CHECK,
    &destination_rule_drops_mtls::CHECK,
    &headless_partly_meshed::CHECK,
    &jwks_fetch_unrestricted::CHECK,
    &jwks_inline_unusable::CHECK,
    &jwt_claim_without_request_authentication::CHECK,
    &jwt_issuer_duplicate::CHECK,
    &jwt_not_required::CHECK,
    &mtls_disabled_above_strict::CHECK,
    &peer_authentication_conflict::CHECK,
    &peer_authentication_port_unknown::CHECK,
    &peer_authentication_root_selector::CHECK,
    &policy_allows_everything::CHECK,
    &policy_denies_everything::CHECK,
    &policy_deny_on_tcp::CHECK,
    &policy_deny_shadows_allow::CHECK,
    &policy_duplicate::CHECK,
    &policy_host_not_found::CHECK,
    &policy_identity_in_plaintext::CHECK,
    &policy_identity_without_mtls::CHECK,
    &policy_method_case::CHECK,
    &policy_method_unknown::CHECK,
    &policy_path_never_matches::CHECK,
    &policy_principal_not_found::CHECK,
    &policy_principal_spiffe_prefix::CHECK,
    &policy_provider_not_found::CHECK,
    &policy_selector_on_gateway::CHECK,
    &policy_selects_nothing::CHECK,
    &policy_service_port::CHECK,
    &policy_source_namespace_not_found::CHECK,
    &policy_target_not_found::CHECK,
    &sidecar_in_ambient::CHECK,
    &strict_without_destination_rule::CHECK,
    &waypoint_ignores_mesh_policy::CHECK,
    &waypoint_label_outside_ambient::CHECK,
    &waypoint_not_found::CHECK,
    &workload_sidecar_and_ambient_labels::CHECK,
    &workload_without_policy::CHECK,
    &ztunnel_unsupported_action::CHECK,
    &ztunnel_unsupported_field::CHECK,
];
