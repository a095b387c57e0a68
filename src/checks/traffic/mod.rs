//! Services, routes, hosts: where requests go.

use crate::checks::Check;

mod gateway_route_backend_not_found;
mod gateway_route_consumer;
mod gateway_route_match_repeated;
mod gateway_route_no_backend;
mod gateway_route_port_not_found;
mod gateway_route_regex_invalid;
mod gateway_route_timeouts_contradict;
mod gateway_route_wildcard_literal;
mod gateway_routes_match_same;
mod istio_ambient_host_in_other_namespace;
mod istio_ambient_host_without_waypoint;
mod istio_destination_rule_conflict;
mod istio_destination_rule_host_not_found;
mod istio_destination_rule_never_used;
mod istio_destination_rule_subset_selects_nothing;
mod istio_destination_rule_subset_unused;
mod istio_destination_rule_subset_without_labels;
mod istio_export_to_unknown_namespace;
mod istio_external_name_port_name;
mod istio_jwt_route_without_authentication;
mod istio_network_policy_blocks_ambient;
mod istio_service_app_protocol_unknown;
mod istio_service_differs_between_clusters;
mod istio_service_entry_address_missing;
mod istio_service_entry_broad_wildcard;
mod istio_service_entry_duplicate;
mod istio_service_entry_protocol_conflict;
mod istio_service_entry_selects_nothing;
mod istio_service_entry_shadows_service;
mod istio_service_port_name;
mod istio_service_port_not_exposed;
mod istio_service_protocol_conflict;
mod istio_service_target_port_conflict;
mod istio_sidecar_egress_host_not_found;
mod istio_sidecar_global_selector;
mod istio_sidecar_multiple_defaults;
mod istio_sidecar_outbound_mode_missing;
mod istio_sidecar_resource_in_ambient;
mod istio_sidecar_selector_overlap;
mod istio_virtual_service_beside_route;
mod istio_virtual_service_delegate_broken;
mod istio_virtual_service_delegate_match_conflict;
mod istio_virtual_service_delegate_unused;
mod istio_virtual_service_destination_not_found;
mod istio_virtual_service_destination_port_missing;
mod istio_virtual_service_destination_port_not_found;
mod istio_virtual_service_destination_repeated;
mod istio_virtual_service_fault_for_everyone;
mod istio_virtual_service_gateway_not_found;
mod istio_virtual_service_hidden_by_sidecar;
mod istio_virtual_service_host_conflict;
mod istio_virtual_service_host_not_in_gateway;
mod istio_virtual_service_host_not_visible;
mod istio_virtual_service_ineffective_match;
mod istio_virtual_service_internal_gateway;
mod istio_virtual_service_kind_not_on_gateway;
mod istio_virtual_service_kind_not_on_service;
mod istio_virtual_service_regex_literal;
mod istio_virtual_service_retries_exceed_timeout;
mod istio_virtual_service_rewrite_slashes;
mod istio_virtual_service_shadowed_on_gateway;
mod istio_virtual_service_single_weight;
mod istio_virtual_service_subset_bypassed;
mod istio_virtual_service_subset_not_found;
mod istio_virtual_service_timeout_extreme;
mod istio_virtual_service_unreachable_route;
mod istio_virtual_service_weights_not_100;
mod istio_virtual_service_wildcard_literal;
mod istio_workload_entry_unused;
mod linkerd_app_protocol_unknown;
mod linkerd_circuit_breaker_idle;
mod linkerd_circuit_breaker_invalid;
mod linkerd_egress_network_overlaps_cluster;
mod linkerd_egress_network_policy_invalid;
mod linkerd_egress_network_shadows_global;
mod linkerd_egress_route_without_port;
mod linkerd_federated_member_headless;
mod linkerd_grpc_route_without_rules;
mod linkerd_network_policy_blocks_proxy;
mod linkerd_route_backend_invalid;
mod linkerd_route_backend_unsupported;
mod linkerd_route_conflicted;
mod linkerd_route_field_not_read;
mod linkerd_route_parent_headless;
mod linkerd_route_parent_port_not_found;
mod linkerd_route_refused;
mod linkerd_route_response_headers_misapplied;
mod linkerd_route_timeout_without_effect;
mod linkerd_route_without_port;
mod linkerd_server_overrides_opaque_annotation;
mod linkerd_service_profile_invalid;
mod linkerd_service_profile_name_not_service;
mod linkerd_service_profile_override_invalid;
mod linkerd_service_profile_shadows_routes;
mod linkerd_service_settings_dropped_by_route;
mod linkerd_traffic_annotation_invalid;
mod linkerd_traffic_annotation_misplaced;
mod service_external_name_in_cluster;
mod service_selects_nothing;

pub(super) static CHECKS: &[&Check] = &[
    &gateway_route_backend_not_found::CHECK,
    &gateway_route_consumer::CHECK,
    &gateway_route_match_repeated::CHECK,
    &gateway_route_no_backend::CHECK,
    &gateway_route_port_not_found::CHECK,
    &gateway_route_regex_invalid::CHECK,
    &gateway_route_timeouts_contradict::CHECK,
    &gateway_route_wildcard_literal::CHECK,
    &gateway_routes_match_same::CHECK,
    &istio_ambient_host_in_other_namespace::CHECK,
    &istio_ambient_host_without_waypoint::CHECK,
    &istio_destination_rule_conflict::CHECK,
    &istio_destination_rule_host_not_found::CHECK,
    &istio_destination_rule_never_used::CHECK,
    &istio_destination_rule_subset_selects_nothing::CHECK,
    &istio_destination_rule_subset_unused::CHECK,
    &istio_destination_rule_subset_without_labels::CHECK,
    &istio_export_to_unknown_namespace::CHECK,
    &istio_external_name_port_name::CHECK,
    &istio_jwt_route_without_authentication::CHECK,
    &istio_network_policy_blocks_ambient::CHECK,
    &istio_service_app_protocol_unknown::CHECK,
    &istio_service_differs_between_clusters::CHECK,
    &istio_service_entry_address_missing::CHECK,
    &istio_service_entry_broad_wildcard::CHECK,
    &istio_service_entry_duplicate::CHECK,
    &istio_service_entry_protocol_conflict::CHECK,
    &istio_service_entry_selects_nothing::CHECK,
    &istio_service_entry_shadows_service::CHECK,
    &istio_service_port_name::CHECK,
    &istio_service_port_not_exposed::CHECK,
    &istio_service_protocol_conflict::CHECK,
    &istio_service_target_port_conflict::CHECK,
    &istio_sidecar_egress_host_not_found::CHECK,
    &istio_sidecar_global_selector::CHECK,
    &istio_sidecar_multiple_defaults::CHECK,
    &istio_sidecar_outbound_mode_missing::CHECK,
    &istio_sidecar_resource_in_ambient::CHECK,
    &istio_sidecar_selector_overlap::CHECK,
    &istio_virtual_service_beside_route::CHECK,
    &istio_virtual_service_delegate_broken::CHECK,
    &istio_virtual_service_delegate_match_conflict::CHECK,
    &istio_virtual_service_delegate_unused::CHECK,
    &istio_virtual_service_destination_not_found::CHECK,
    &istio_virtual_service_destination_port_missing::CHECK,
    &istio_virtual_service_destination_port_not_found::CHECK,
    &istio_virtual_service_destination_repeated::CHECK,
    &istio_virtual_service_fault_for_everyone::CHECK,
    &istio_virtual_service_gateway_not_found::CHECK,
    &istio_virtual_service_hidden_by_sidecar::CHECK,
    &istio_virtual_service_host_conflict::CHECK,
    &istio_virtual_service_host_not_in_gateway::CHECK,
    &istio_virtual_service_host_not_visible::CHECK,
    &istio_virtual_service_ineffective_match::CHECK,
    &istio_virtual_service_internal_gateway::CHECK,
    &istio_virtual_service_kind_not_on_gateway::CHECK,
    &istio_virtual_service_kind_not_on_service::CHECK,
    &istio_virtual_service_regex_literal::CHECK,
    &istio_virtual_service_retries_exceed_timeout::CHECK,
    &istio_virtual_service_rewrite_slashes::CHECK,
    &istio_virtual_service_shadowed_on_gateway::CHECK,
    &istio_virtual_service_single_weight::CHECK,
    &istio_virtual_service_subset_bypassed::CHECK,
    &istio_virtual_service_subset_not_found::CHECK,
    &istio_virtual_service_timeout_extreme::CHECK,
    &istio_virtual_service_unreachable_route::CHECK,
    &istio_virtual_service_weights_not_100::CHECK,
    &istio_virtual_service_wildcard_literal::CHECK,
    &istio_workload_entry_unused::CHECK,
    &linkerd_app_protocol_unknown::CHECK,
    &linkerd_circuit_breaker_idle::CHECK,
    &linkerd_circuit_breaker_invalid::CHECK,
    &linkerd_egress_network_overlaps_cluster::CHECK,
    &linkerd_egress_network_policy_invalid::CHECK,
    &linkerd_egress_network_shadows_global::CHECK,
    &linkerd_egress_route_without_port::CHECK,
    &linkerd_federated_member_headless::CHECK,
    &linkerd_grpc_route_without_rules::CHECK,
    &linkerd_network_policy_blocks_proxy::CHECK,
    &linkerd_route_backend_invalid::CHECK,
    &linkerd_route_backend_unsupported::CHECK,
    &linkerd_route_conflicted::CHECK,
    &linkerd_route_field_not_read::CHECK,
    &linkerd_route_parent_headless::CHECK,
    &linkerd_route_parent_port_not_found::CHECK,
    &linkerd_route_refused::CHECK,
    &linkerd_route_response_headers_misapplied::CHECK,
    &linkerd_route_timeout_without_effect::CHECK,
    &linkerd_route_without_port::CHECK,
    &linkerd_server_overrides_opaque_annotation::CHECK,
    &linkerd_service_profile_invalid::CHECK,
    &linkerd_service_profile_name_not_service::CHECK,
    &linkerd_service_profile_override_invalid::CHECK,
    &linkerd_service_profile_shadows_routes::CHECK,
    &linkerd_service_settings_dropped_by_route::CHECK,
    &linkerd_traffic_annotation_invalid::CHECK,
    &linkerd_traffic_annotation_misplaced::CHECK,
    &service_external_name_in_cluster::CHECK,
    &service_selects_nothing::CHECK,
];
