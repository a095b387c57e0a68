//! VirtualServices, DestinationRules, ServiceEntries and Sidecars: where Istio sends traffic.

use crate::checks::Check;

mod destination_rule_ca_missing;
mod destination_rule_conflict;
mod destination_rule_host_not_found;
mod destination_rule_never_used;
mod destination_rule_subset_empty;
mod destination_rule_subset_unused;
mod destination_rule_subset_without_labels;
mod export_to_unknown_namespace;
mod jwt_route_without_authentication;
mod matches;
mod routes;
mod service_entry_address_missing;
mod service_entry_broad_wildcard;
mod service_entry_conflict;
mod service_entry_duplicate;
mod service_entry_selects_nothing;
mod service_entry_shadows_service;
mod sidecar_egress_host_not_found;
mod sidecar_global_selector;
mod sidecar_multiple_defaults;
mod sidecar_outbound_mode_missing;
mod sidecar_resource_in_ambient;
mod sidecar_selector_overlap;
mod sidecars;
mod subsets;
pub(super) mod views;
mod virtual_service_delegate_broken;
mod virtual_service_delegate_unused;
mod virtual_service_deprecated_field;
mod virtual_service_destination_not_found;
mod virtual_service_destination_port_missing;
mod virtual_service_destination_port_not_found;
mod virtual_service_destination_repeated;
mod virtual_service_fault_for_everyone;
mod virtual_service_gateway_legacy_name;
mod virtual_service_gateway_not_found;
mod virtual_service_hidden_by_sidecar;
mod virtual_service_host_conflict;
mod virtual_service_host_not_in_gateway;
mod virtual_service_host_not_visible;
mod virtual_service_ineffective_match;
mod virtual_service_internal_gateway;
mod virtual_service_regex_literal;
mod virtual_service_retries_exceed_timeout;
mod virtual_service_shadowed_on_gateway;
mod virtual_service_single_weight;
mod virtual_service_subset_bypassed;
mod virtual_service_subset_not_found;
mod virtual_service_timeout_extreme;
mod virtual_service_unreachable_route;
mod virtual_service_weights_not_100;
mod workload_entry_unused;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &destination_rule_ca_missing::CHECK,
    &destination_rule_conflict::CHECK,
    &destination_rule_host_not_found::CHECK,
    &destination_rule_never_used::CHECK,
    &destination_rule_subset_empty::CHECK,
    &destination_rule_subset_unused::CHECK,
    &destination_rule_subset_without_labels::CHECK,
    &export_to_unknown_namespace::CHECK,
    &jwt_route_without_authentication::CHECK,
    &service_entry_address_missing::CHECK,
    &service_entry_broad_wildcard::CHECK,
    &service_entry_conflict::CHECK,
    &service_entry_duplicate::CHECK,
    &service_entry_selects_nothing::CHECK,
    &service_entry_shadows_service::CHECK,
    &sidecar_egress_host_not_found::CHECK,
    &sidecar_global_selector::CHECK,
    &sidecar_multiple_defaults::CHECK,
    &sidecar_outbound_mode_missing::CHECK,
    &sidecar_resource_in_ambient::CHECK,
    &sidecar_selector_overlap::CHECK,
    &virtual_service_delegate_broken::CHECK,
    &virtual_service_delegate_unused::CHECK,
    &virtual_service_deprecated_field::CHECK,
    &virtual_service_destination_not_found::CHECK,
    &virtual_service_destination_port_missing::CHECK,
    &virtual_service_destination_port_not_found::CHECK,
    &virtual_service_destination_repeated::CHECK,
    &virtual_service_fault_for_everyone::CHECK,
    &virtual_service_gateway_legacy_name::CHECK,
    &virtual_service_gateway_not_found::CHECK,
    &virtual_service_hidden_by_sidecar::CHECK,
    &virtual_service_host_conflict::CHECK,
    &virtual_service_host_not_in_gateway::CHECK,
    &virtual_service_host_not_visible::CHECK,
    &virtual_service_ineffective_match::CHECK,
    &virtual_service_internal_gateway::CHECK,
    &virtual_service_regex_literal::CHECK,
    &virtual_service_retries_exceed_timeout::CHECK,
    &virtual_service_shadowed_on_gateway::CHECK,
    &virtual_service_single_weight::CHECK,
    &virtual_service_subset_bypassed::CHECK,
    &virtual_service_subset_not_found::CHECK,
    &virtual_service_timeout_extreme::CHECK,
    &virtual_service_unreachable_route::CHECK,
    &virtual_service_weights_not_100::CHECK,
    &workload_entry_unused::CHECK,
];
