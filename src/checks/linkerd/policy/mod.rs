//! Servers, authorizations, routes, traffic settings and annotations of Linkerd.

use crate::checks::Check;

mod access_policy_opens_server;
mod annotation_ignored_on_service;
mod annotation_instead_of_label;
mod annotation_not_inherited;
mod annotation_on_controller;
mod annotation_unknown;
mod annotation_value_invalid;
mod app_protocol_unknown;
mod authentication_not_found;
mod authentication_unsupported;
mod authentications_contradict;
mod authorization_open_to_everyone;
mod authorization_target_foreign_namespace;
mod authorization_target_not_found;
mod authorization_target_unsupported;
mod carrier;
mod circuit_breaker_idle;
mod circuit_breaker_invalid;
mod default_policy_not_in_effect;
mod deprecated_api_version;
mod egress_network_overlaps_cluster;
mod egress_network_policy_invalid;
mod egress_network_shadows_global;
mod egress_route_without_port;
mod exported_service_refuses_gateway;
mod external_workload_incomplete;
mod external_workload_not_admitted;
mod identity_foreign_trust_domain;
mod identity_malformed;
mod identity_ref_not_found;
mod inbound_policy_unknown;
mod ingress_mode;
mod inject_value_invalid;
mod label_instead_of_annotation;
mod link_credentials_not_found;
mod link_service_not_mirrored;
mod mesh_tls_identities_invalid;
mod meshed_label_without_proxy;
mod mirror_service_without_link;
mod namespace_policy_skips_ports;
mod networks_invalid;
mod opaque_ports_differ;
mod policy_on_skipped_port;
mod port_list_invalid;
mod port_skipped_and_opaque;
mod probe_refused;
mod rate_limit_duplicate;
mod rate_limit_idle;
mod rate_limit_target_not_found;
mod rate_limit_values_invalid;
mod route_backend_invalid;
mod route_backend_unsupported;
mod route_conflicted;
mod route_ignored;
mod route_leaves_requests_unmatched;
mod route_never_consulted;
mod route_parent_group_wrong;
mod route_parent_headless;
mod route_parent_not_found;
mod route_parent_port_not_found;
mod route_policy_on_idle_route;
mod route_policy_pointless;
mod route_probe_paths_refused;
mod route_refused;
mod route_response_headers;
mod route_timeout_without_effect;
mod server_authorization_clients_invalid;
mod server_authorization_cluster_only;
mod server_authorization_selects_nothing;
mod server_outside_mesh;
mod server_overrides_opaque_annotation;
mod server_port_not_declared;
mod server_protocol_unknown;
mod server_selects_nothing;
mod server_spec_invalid;
mod server_without_grants;
mod servers_overlap;
mod service_profile_invalid;
mod service_profile_name_not_service;
mod service_profile_override_invalid;
mod service_profile_shadows_routes;
mod service_settings_dropped_by_route;
mod traffic_annotation_invalid;
mod traffic_annotation_misplaced;
mod traffic_split_deprecated;
mod udp_port_bypasses_proxy;
mod version_not_served;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &access_policy_opens_server::CHECK,
    &annotation_ignored_on_service::CHECK,
    &annotation_instead_of_label::CHECK,
    &annotation_not_inherited::CHECK,
    &annotation_on_controller::CHECK,
    &annotation_unknown::CHECK,
    &annotation_value_invalid::CHECK,
    &app_protocol_unknown::CHECK,
    &authentication_not_found::CHECK,
    &authentication_unsupported::CHECK,
    &authentications_contradict::CHECK,
    &authorization_open_to_everyone::CHECK,
    &authorization_target_foreign_namespace::CHECK,
    &authorization_target_not_found::CHECK,
    &authorization_target_unsupported::CHECK,
    &circuit_breaker_idle::CHECK,
    &circuit_breaker_invalid::CHECK,
    &default_policy_not_in_effect::CHECK,
    &deprecated_api_version::CHECK,
    &egress_network_overlaps_cluster::CHECK,
    &egress_network_policy_invalid::CHECK,
    &egress_network_shadows_global::CHECK,
    &egress_route_without_port::CHECK,
    &exported_service_refuses_gateway::CHECK,
    &external_workload_incomplete::CHECK,
    &external_workload_not_admitted::CHECK,
    &identity_foreign_trust_domain::CHECK,
    &identity_malformed::CHECK,
    &identity_ref_not_found::CHECK,
    &inbound_policy_unknown::CHECK,
    &ingress_mode::CHECK,
    &inject_value_invalid::CHECK,
    &label_instead_of_annotation::CHECK,
    &link_credentials_not_found::CHECK,
    &link_service_not_mirrored::CHECK,
    &mesh_tls_identities_invalid::CHECK,
    &meshed_label_without_proxy::CHECK,
    &mirror_service_without_link::CHECK,
    &namespace_policy_skips_ports::CHECK,
    &networks_invalid::CHECK,
    &opaque_ports_differ::CHECK,
    &policy_on_skipped_port::CHECK,
    &port_list_invalid::CHECK,
    &port_skipped_and_opaque::CHECK,
    &probe_refused::CHECK,
    &rate_limit_duplicate::CHECK,
    &rate_limit_idle::CHECK,
    &rate_limit_target_not_found::CHECK,
    &rate_limit_values_invalid::CHECK,
    &route_backend_invalid::CHECK,
    &route_backend_unsupported::CHECK,
    &route_conflicted::CHECK,
    &route_ignored::CHECK,
    &route_leaves_requests_unmatched::CHECK,
    &route_never_consulted::CHECK,
    &route_parent_group_wrong::CHECK,
    &route_parent_headless::CHECK,
    &route_parent_not_found::CHECK,
    &route_parent_port_not_found::CHECK,
    &route_policy_on_idle_route::CHECK,
    &route_policy_pointless::CHECK,
    &route_probe_paths_refused::CHECK,
    &route_refused::CHECK,
    &route_response_headers::CHECK,
    &route_timeout_without_effect::CHECK,
    &server_authorization_clients_invalid::CHECK,
    &server_authorization_cluster_only::CHECK,
    &server_authorization_selects_nothing::CHECK,
    &server_outside_mesh::CHECK,
    &server_overrides_opaque_annotation::CHECK,
    &server_port_not_declared::CHECK,
    &server_protocol_unknown::CHECK,
    &server_selects_nothing::CHECK,
    &server_spec_invalid::CHECK,
    &server_without_grants::CHECK,
    &servers_overlap::CHECK,
    &service_profile_invalid::CHECK,
    &service_profile_name_not_service::CHECK,
    &service_profile_override_invalid::CHECK,
    &service_profile_shadows_routes::CHECK,
    &service_settings_dropped_by_route::CHECK,
    &traffic_annotation_invalid::CHECK,
    &traffic_annotation_misplaced::CHECK,
    &traffic_split_deprecated::CHECK,
    &udp_port_bypasses_proxy::CHECK,
    &version_not_served::CHECK,
];
