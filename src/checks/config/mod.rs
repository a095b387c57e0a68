//! The shape of objects: schemas, annotations, settings.

use crate::checks::Check;

mod gateway_object_refused;
mod istio_annotation_alpha;
mod istio_annotation_deprecated;
mod istio_annotation_misplaced;
mod istio_annotation_unknown;
mod istio_destination_rule_invalid;
mod istio_envoy_filter_behind_router;
mod istio_envoy_filter_invalid;
mod istio_envoy_filter_mesh_wide;
mod istio_envoy_filter_operation_ignored;
mod istio_envoy_filter_relative_operation;
mod istio_extension_selects_nothing;
mod istio_gateway_invalid;
mod istio_jwks_fetch_unrestricted;
mod istio_peer_authentication_invalid;
mod istio_proxy_config_invalid;
mod istio_request_authentication_invalid;
mod istio_service_entry_invalid;
mod istio_sidecar_invalid;
mod istio_telemetry_access_log_without_provider;
mod istio_telemetry_default_conflict;
mod istio_telemetry_invalid;
mod istio_telemetry_lightstep;
mod istio_telemetry_provider_unknown;
mod istio_telemetry_selector_conflict;
mod istio_telemetry_selector_matches_nothing;
mod istio_traffic_extension_invalid;
mod istio_unknown_enum_value;
mod istio_unknown_field;
mod istio_virtual_service_gateway_legacy_name;
mod istio_virtual_service_invalid;
mod istio_wasm_plugin_invalid;
mod istio_workload_entry_invalid;
mod istio_workload_group_invalid;
mod istio_wrong_field_type;
mod linkerd_annotation_ignored_on_service;
mod linkerd_annotation_instead_of_label;
mod linkerd_annotation_not_inherited;
mod linkerd_annotation_unknown;
mod linkerd_annotation_value_invalid;
mod linkerd_cluster_networks_miss_addresses;
mod linkerd_cluster_networks_miss_nodes;
mod linkerd_extension_namespaces;
mod linkerd_external_workload_incomplete;
mod linkerd_label_instead_of_annotation;
mod linkerd_link_credentials_not_found;
mod linkerd_link_invalid;
mod linkerd_link_service_not_mirrored;
mod linkerd_mirror_service_without_endpoints;
mod linkerd_mirror_service_without_link;
mod linkerd_opaque_ports_differ;
mod linkerd_port_list_invalid;
mod linkerd_port_skipped_and_opaque;
mod linkerd_proxy_init_not_root;
mod negative_status_condition;
mod object_not_decodable;
mod service_ports_unnamed;

pub(super) static CHECKS: &[&Check] = &[
    &gateway_object_refused::CHECK,
    &istio_annotation_alpha::CHECK,
    &istio_annotation_deprecated::CHECK,
    &istio_annotation_misplaced::CHECK,
    &istio_annotation_unknown::CHECK,
    &istio_destination_rule_invalid::CHECK,
    &istio_envoy_filter_behind_router::CHECK,
    &istio_envoy_filter_invalid::CHECK,
    &istio_envoy_filter_mesh_wide::CHECK,
    &istio_envoy_filter_operation_ignored::CHECK,
    &istio_envoy_filter_relative_operation::CHECK,
    &istio_extension_selects_nothing::CHECK,
    &istio_gateway_invalid::CHECK,
    &istio_jwks_fetch_unrestricted::CHECK,
    &istio_peer_authentication_invalid::CHECK,
    &istio_proxy_config_invalid::CHECK,
    &istio_request_authentication_invalid::CHECK,
    &istio_service_entry_invalid::CHECK,
    &istio_sidecar_invalid::CHECK,
    &istio_telemetry_access_log_without_provider::CHECK,
    &istio_telemetry_default_conflict::CHECK,
    &istio_telemetry_invalid::CHECK,
    &istio_telemetry_lightstep::CHECK,
    &istio_telemetry_provider_unknown::CHECK,
    &istio_telemetry_selector_conflict::CHECK,
    &istio_telemetry_selector_matches_nothing::CHECK,
    &istio_traffic_extension_invalid::CHECK,
    &istio_unknown_enum_value::CHECK,
    &istio_unknown_field::CHECK,
    &istio_virtual_service_gateway_legacy_name::CHECK,
    &istio_virtual_service_invalid::CHECK,
    &istio_wasm_plugin_invalid::CHECK,
    &istio_workload_entry_invalid::CHECK,
    &istio_workload_group_invalid::CHECK,
    &istio_wrong_field_type::CHECK,
    &linkerd_annotation_ignored_on_service::CHECK,
    &linkerd_annotation_instead_of_label::CHECK,
    &linkerd_annotation_not_inherited::CHECK,
    &linkerd_annotation_unknown::CHECK,
    &linkerd_annotation_value_invalid::CHECK,
    &linkerd_cluster_networks_miss_addresses::CHECK,
    &linkerd_cluster_networks_miss_nodes::CHECK,
    &linkerd_extension_namespaces::CHECK,
    &linkerd_external_workload_incomplete::CHECK,
    &linkerd_label_instead_of_annotation::CHECK,
    &linkerd_link_credentials_not_found::CHECK,
    &linkerd_link_invalid::CHECK,
    &linkerd_link_service_not_mirrored::CHECK,
    &linkerd_mirror_service_without_endpoints::CHECK,
    &linkerd_mirror_service_without_link::CHECK,
    &linkerd_opaque_ports_differ::CHECK,
    &linkerd_port_list_invalid::CHECK,
    &linkerd_port_skipped_and_opaque::CHECK,
    &linkerd_proxy_init_not_root::CHECK,
    &negative_status_condition::CHECK,
    &object_not_decodable::CHECK,
    &service_ports_unnamed::CHECK,
];
