//! Control plane, certificates, injection and data plane.

use crate::checks::Check;

mod anchors;
mod cluster_networks_addresses;
mod cluster_networks_nodes;
mod cluster_role_missing;
mod cni_not_ready;
mod config_missing;
mod control_plane_not_ready;
mod control_plane_replicas;
mod control_plane_unschedulable;
mod crd_missing;
mod extension_incomplete;
mod extension_namespaces;
mod extension_not_meshed;
mod gateway_api_missing;
mod injection_blocked;
mod issuer_certificate_expiring;
mod issuer_certificate_invalid;
mod link_gateway_mirror;
mod networks;
mod planes;
mod pod_not_injected;
mod proxy_control_plane_gone;
mod proxy_init_not_root;
mod proxy_no_longer_injected;
mod proxy_not_ready;
mod proxy_settings_outdated;
mod proxy_trust_outdated;
mod proxy_version_differs;
mod proxy_version_unsupported;
mod redirection_outdated;
mod service_account_missing;
mod service_mirror_not_running;
mod serving;
mod tap_api_unavailable;
mod tap_certificate;
mod trust_anchor_expiring;
mod trust_anchor_invalid;
mod trust_anchors_differ_between_clusters;
mod trust_anchors_disagree;
mod trust_roots_missing;
mod viz_scrape_denied;
mod webhook_certificate;
mod webhook_missing;
mod webhook_service_not_found;
mod webhooks;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &cluster_networks_addresses::CHECK,
    &cluster_networks_nodes::CHECK,
    &cluster_role_missing::CHECK,
    &cni_not_ready::CHECK,
    &config_missing::CHECK,
    &control_plane_not_ready::CHECK,
    &control_plane_replicas::CHECK,
    &control_plane_unschedulable::CHECK,
    &crd_missing::CHECK,
    &extension_incomplete::CHECK,
    &extension_namespaces::CHECK,
    &extension_not_meshed::CHECK,
    &gateway_api_missing::CHECK,
    &injection_blocked::CHECK,
    &issuer_certificate_expiring::CHECK,
    &issuer_certificate_invalid::CHECK,
    &link_gateway_mirror::CHECK,
    &pod_not_injected::CHECK,
    &proxy_control_plane_gone::CHECK,
    &proxy_init_not_root::CHECK,
    &proxy_no_longer_injected::CHECK,
    &proxy_not_ready::CHECK,
    &proxy_settings_outdated::CHECK,
    &proxy_trust_outdated::CHECK,
    &proxy_version_differs::CHECK,
    &proxy_version_unsupported::CHECK,
    &redirection_outdated::CHECK,
    &service_account_missing::CHECK,
    &service_mirror_not_running::CHECK,
    &tap_api_unavailable::CHECK,
    &tap_certificate::CHECK,
    &trust_anchor_expiring::CHECK,
    &trust_anchor_invalid::CHECK,
    &trust_anchors_differ_between_clusters::CHECK,
    &trust_anchors_disagree::CHECK,
    &trust_roots_missing::CHECK,
    &viz_scrape_denied::CHECK,
    &webhook_certificate::CHECK,
    &webhook_missing::CHECK,
    &webhook_service_not_found::CHECK,
];
