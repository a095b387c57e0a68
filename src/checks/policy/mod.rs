//! Who may call whom, and policies that do not do what they say.

use crate::checks::Check;

mod istio_ambient_policy_empty_selector;
mod istio_ambient_policy_without_target;
mod istio_ambient_policy_without_waypoint;
mod istio_ambient_trust_domain;
mod istio_ambient_workload_http_policy;
mod istio_authorization_policy_invalid;
mod istio_ingress_bypasses_waypoint;
mod istio_jwt_claim_without_request_authentication;
mod istio_jwt_issuer_duplicate;
mod istio_jwt_not_required;
mod istio_policy_allow_on_tcp;
mod istio_policy_allows_everything;
mod istio_policy_denies_everything;
mod istio_policy_deny_on_tcp;
mod istio_policy_deny_shadows_allow;
mod istio_policy_duplicate;
mod istio_policy_host_not_in_registry;
mod istio_policy_identity_in_plaintext;
mod istio_policy_identity_without_mtls;
mod istio_policy_method_not_upper_case;
mod istio_policy_method_unknown;
mod istio_policy_path_never_matches;
mod istio_policy_principal_not_found;
mod istio_policy_principal_spiffe_prefix;
mod istio_policy_provider_not_found;
mod istio_policy_selector_on_gateway;
mod istio_policy_selects_nothing;
mod istio_policy_service_port;
mod istio_policy_source_namespace_not_found;
mod istio_policy_target_not_found;
mod istio_policy_wildcard_literal;
mod istio_rbac_crd_removed;
mod istio_waypoint_ignores_mesh_policy;
mod istio_workload_without_authorization_policy;
mod istio_ztunnel_policy_unsupported_action;
mod istio_ztunnel_policy_unsupported_field;
mod linkerd_access_policy_opens_server;
mod linkerd_authentication_not_found;
mod linkerd_authentication_unsupported;
mod linkerd_authentications_contradict;
mod linkerd_authorization_open_to_everyone;
mod linkerd_authorization_target_foreign_namespace;
mod linkerd_authorization_target_not_found;
mod linkerd_authorization_target_unsupported;
mod linkerd_default_policy_not_in_effect;
mod linkerd_exported_service_refuses_gateway;
mod linkerd_external_workload_not_admitted;
mod linkerd_identity_foreign_trust_domain;
mod linkerd_identity_malformed;
mod linkerd_identity_ref_not_found;
mod linkerd_inbound_policy_unknown;
mod linkerd_mesh_tls_identities_invalid;
mod linkerd_namespace_policy_skips_ports;
mod linkerd_networks_invalid;
mod linkerd_policy_on_skipped_port;
mod linkerd_probe_refused;
mod linkerd_rate_limit_duplicate;
mod linkerd_rate_limit_idle;
mod linkerd_rate_limit_target_not_found;
mod linkerd_rate_limit_values_invalid;
mod linkerd_route_ignored;
mod linkerd_route_leaves_requests_unmatched;
mod linkerd_route_never_consulted;
mod linkerd_route_parent_group_wrong;
mod linkerd_route_parent_not_found;
mod linkerd_route_policy_on_idle_route;
mod linkerd_route_policy_pointless;
mod linkerd_route_probe_paths_refused;
mod linkerd_server_authorization_clients_invalid;
mod linkerd_server_authorization_cluster_only;
mod linkerd_server_authorization_selects_nothing;
mod linkerd_server_outside_mesh;
mod linkerd_server_port_not_declared;
mod linkerd_server_protocol_unknown;
mod linkerd_server_selects_nothing;
mod linkerd_server_spec_invalid;
mod linkerd_server_without_grants;
mod linkerd_servers_overlap;
mod linkerd_viz_scrape_denied;

pub(super) static CHECKS: &[&Check] = &[
    &istio_ambient_policy_empty_selector::CHECK,
    &istio_ambient_policy_without_target::CHECK,
    &istio_ambient_policy_without_waypoint::CHECK,
    &istio_ambient_trust_domain::CHECK,
    &istio_ambient_workload_http_policy::CHECK,
    &istio_authorization_policy_invalid::CHECK,
    &istio_ingress_bypasses_waypoint::CHECK,
    &istio_jwt_claim_without_request_authentication::CHECK,
    &istio_jwt_issuer_duplicate::CHECK,
    &istio_jwt_not_required::CHECK,
    &istio_policy_allow_on_tcp::CHECK,
    &istio_policy_allows_everything::CHECK,
    &istio_policy_denies_everything::CHECK,
    &istio_policy_deny_on_tcp::CHECK,
    &istio_policy_deny_shadows_allow::CHECK,
    &istio_policy_duplicate::CHECK,
    &istio_policy_host_not_in_registry::CHECK,
    &istio_policy_identity_in_plaintext::CHECK,
    &istio_policy_identity_without_mtls::CHECK,
    &istio_policy_method_not_upper_case::CHECK,
    &istio_policy_method_unknown::CHECK,
    &istio_policy_path_never_matches::CHECK,
    &istio_policy_principal_not_found::CHECK,
    &istio_policy_principal_spiffe_prefix::CHECK,
    &istio_policy_provider_not_found::CHECK,
    &istio_policy_selector_on_gateway::CHECK,
    &istio_policy_selects_nothing::CHECK,
    &istio_policy_service_port::CHECK,
    &istio_policy_source_namespace_not_found::CHECK,
    &istio_policy_target_not_found::CHECK,
    &istio_policy_wildcard_literal::CHECK,
    &istio_rbac_crd_removed::CHECK,
    &istio_waypoint_ignores_mesh_policy::CHECK,
    &istio_workload_without_authorization_policy::CHECK,
    &istio_ztunnel_policy_unsupported_action::CHECK,
    &istio_ztunnel_policy_unsupported_field::CHECK,
    &linkerd_access_policy_opens_server::CHECK,
    &linkerd_authentication_not_found::CHECK,
    &linkerd_authentication_unsupported::CHECK,
    &linkerd_authentications_contradict::CHECK,
    &linkerd_authorization_open_to_everyone::CHECK,
    &linkerd_authorization_target_foreign_namespace::CHECK,
    &linkerd_authorization_target_not_found::CHECK,
    &linkerd_authorization_target_unsupported::CHECK,
    &linkerd_default_policy_not_in_effect::CHECK,
    &linkerd_exported_service_refuses_gateway::CHECK,
    &linkerd_external_workload_not_admitted::CHECK,
    &linkerd_identity_foreign_trust_domain::CHECK,
    &linkerd_identity_malformed::CHECK,
    &linkerd_identity_ref_not_found::CHECK,
    &linkerd_inbound_policy_unknown::CHECK,
    &linkerd_mesh_tls_identities_invalid::CHECK,
    &linkerd_namespace_policy_skips_ports::CHECK,
    &linkerd_networks_invalid::CHECK,
    &linkerd_policy_on_skipped_port::CHECK,
    &linkerd_probe_refused::CHECK,
    &linkerd_rate_limit_duplicate::CHECK,
    &linkerd_rate_limit_idle::CHECK,
    &linkerd_rate_limit_target_not_found::CHECK,
    &linkerd_rate_limit_values_invalid::CHECK,
    &linkerd_route_ignored::CHECK,
    &linkerd_route_leaves_requests_unmatched::CHECK,
    &linkerd_route_never_consulted::CHECK,
    &linkerd_route_parent_group_wrong::CHECK,
    &linkerd_route_parent_not_found::CHECK,
    &linkerd_route_policy_on_idle_route::CHECK,
    &linkerd_route_policy_pointless::CHECK,
    &linkerd_route_probe_paths_refused::CHECK,
    &linkerd_server_authorization_clients_invalid::CHECK,
    &linkerd_server_authorization_cluster_only::CHECK,
    &linkerd_server_authorization_selects_nothing::CHECK,
    &linkerd_server_outside_mesh::CHECK,
    &linkerd_server_port_not_declared::CHECK,
    &linkerd_server_protocol_unknown::CHECK,
    &linkerd_server_selects_nothing::CHECK,
    &linkerd_server_spec_invalid::CHECK,
    &linkerd_server_without_grants::CHECK,
    &linkerd_servers_overlap::CHECK,
    &linkerd_viz_scrape_denied::CHECK,
];
