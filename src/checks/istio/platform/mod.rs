//! Control plane, injection, proxies, gateways, telemetry and extensions.

use crate::checks::Check;

mod ambient_component_not_ready;
mod ambient_not_redirected;
mod annotation_alpha;
mod annotation_catalogue;
mod annotation_deprecated;
mod annotation_invalid;
mod annotation_misplaced;
mod annotation_sites;
mod annotation_unknown;
mod annotation_values;
mod ca_certificate_expiring;
mod ca_root_mismatch;
mod clusters;
mod clusters_share_name;
mod control_plane_not_ready;
mod control_plane_single_replica;
mod control_plane_versions;
mod default_revision_missing;
mod envoy_filter_mesh_wide;
mod envoy_filter_operation_ignored;
mod envoy_filter_relative_operation;
mod envoy_patches;
mod extension_selects_nothing;
mod external_name_port_name;
mod gateway_api_crds;
mod gateway_api_versions;
mod gateway_certificate_expiring;
mod gateway_certificate_hosts;
mod gateway_certificates;
mod gateway_credential_invalid;
mod gateway_credential_not_found;
mod gateway_duplicate_certificate;
mod gateway_host_conflict;
mod gateway_hosts;
mod gateway_port_not_on_service;
mod gateway_port_protocols;
mod gateway_redirect_without_tls;
mod gateway_selector_matches_nothing;
mod gateway_workloads;
mod host_network_not_injected;
mod image_auto_not_injected;
mod inject_annotation_only;
mod inject_label_misplaced;
mod inject_value_invalid;
mod mesh_config_invalid;
mod mesh_networks_registry;
mod namespace_labels_conflict;
mod namespace_not_discovered;
mod namespace_not_injected;
mod negative_status_condition;
mod pod_missing_proxy;
mod ports;
mod proxy_image_mismatch;
mod proxy_user_id;
mod proxy_version_skew;
mod rbac_crd_removed;
mod revision_not_found;
mod roots_differ_between_clusters;
mod service_app_protocol;
mod service_differs_between_clusters;
mod service_port_name;
mod service_port_not_exposed;
mod service_protocol_conflict;
mod service_target_port_conflict;
mod shapes;
mod telemetry_access_log_provider;
mod telemetry_default_conflict;
mod telemetry_lightstep;
mod telemetry_provider_unknown;
mod telemetry_selector_conflict;
mod telemetry_selector_matches_nothing;
mod versions;
mod webhook_overlap;
mod webhook_service_not_found;
mod webhook_url_address;
mod webhook_url_invalid;
mod webhook_urls;
mod webhooks;
mod workload_group_duplicate_labels;
mod workload_group_service_account;
mod workload_services;
mod zipkin_default_removed;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &ambient_component_not_ready::CHECK,
    &ambient_not_redirected::CHECK,
    &annotation_alpha::CHECK,
    &annotation_deprecated::CHECK,
    &annotation_invalid::CHECK,
    &annotation_misplaced::CHECK,
    &annotation_unknown::CHECK,
    &ca_certificate_expiring::CHECK,
    &ca_root_mismatch::CHECK,
    &clusters_share_name::CHECK,
    &control_plane_not_ready::CHECK,
    &control_plane_single_replica::CHECK,
    &control_plane_versions::CHECK,
    &default_revision_missing::CHECK,
    &envoy_filter_mesh_wide::CHECK,
    &envoy_filter_operation_ignored::CHECK,
    &envoy_filter_relative_operation::CHECK,
    &extension_selects_nothing::CHECK,
    &external_name_port_name::CHECK,
    &gateway_api_crds::CHECK,
    &gateway_api_versions::CHECK,
    &gateway_certificate_expiring::CHECK,
    &gateway_certificate_hosts::CHECK,
    &gateway_credential_invalid::CHECK,
    &gateway_credential_not_found::CHECK,
    &gateway_duplicate_certificate::CHECK,
    &gateway_host_conflict::CHECK,
    &gateway_port_not_on_service::CHECK,
    &gateway_port_protocols::CHECK,
    &gateway_redirect_without_tls::CHECK,
    &gateway_selector_matches_nothing::CHECK,
    &host_network_not_injected::CHECK,
    &image_auto_not_injected::CHECK,
    &inject_annotation_only::CHECK,
    &inject_label_misplaced::CHECK,
    &inject_value_invalid::CHECK,
    &mesh_config_invalid::CHECK,
    &mesh_networks_registry::CHECK,
    &namespace_labels_conflict::CHECK,
    &namespace_not_discovered::CHECK,
    &namespace_not_injected::CHECK,
    &negative_status_condition::CHECK,
    &pod_missing_proxy::CHECK,
    &proxy_image_mismatch::CHECK,
    &proxy_user_id::CHECK,
    &proxy_version_skew::CHECK,
    &rbac_crd_removed::CHECK,
    &revision_not_found::CHECK,
    &roots_differ_between_clusters::CHECK,
    &service_app_protocol::CHECK,
    &service_differs_between_clusters::CHECK,
    &service_port_name::CHECK,
    &service_port_not_exposed::CHECK,
    &service_protocol_conflict::CHECK,
    &service_target_port_conflict::CHECK,
    &telemetry_access_log_provider::CHECK,
    &telemetry_default_conflict::CHECK,
    &telemetry_lightstep::CHECK,
    &telemetry_provider_unknown::CHECK,
    &telemetry_selector_conflict::CHECK,
    &telemetry_selector_matches_nothing::CHECK,
    &webhook_overlap::CHECK,
    &webhook_service_not_found::CHECK,
    &webhook_url_address::CHECK,
    &webhook_url_invalid::CHECK,
    &workload_group_duplicate_labels::CHECK,
    &workload_group_service_account::CHECK,
    &zipkin_default_removed::CHECK,
];
