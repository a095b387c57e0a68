//! Proxies, ztunnel and CNI: what runs beside the workloads.

use crate::checks::Check;

mod istio_ambient_component_not_ready;
mod istio_ambient_node_not_covered;
mod istio_ambient_not_redirected;
mod istio_dataplane_mode_ignored;
mod istio_network_policy_blocks_control_plane;
mod istio_proxy_user_id;
mod istio_sidecar_in_ambient;
mod istio_waypoint_does_not_serve;
mod istio_waypoint_label_outside_ambient;
mod istio_waypoint_not_found;
mod istio_workload_group_duplicate_labels;
mod istio_workload_group_service_account_not_found;
mod linkerd_meshed_label_without_proxy;
mod linkerd_network_policy_blocks_control_plane;
mod linkerd_proxy_control_plane_gone;
mod linkerd_proxy_not_ready;
mod linkerd_proxy_settings_outdated;
mod linkerd_redirection_outdated;
mod network_policy_closes_proxy_metrics;

pub(super) static CHECKS: &[&Check] = &[
    &istio_ambient_component_not_ready::CHECK,
    &istio_ambient_node_not_covered::CHECK,
    &istio_ambient_not_redirected::CHECK,
    &istio_dataplane_mode_ignored::CHECK,
    &istio_network_policy_blocks_control_plane::CHECK,
    &istio_proxy_user_id::CHECK,
    &istio_sidecar_in_ambient::CHECK,
    &istio_waypoint_does_not_serve::CHECK,
    &istio_waypoint_label_outside_ambient::CHECK,
    &istio_waypoint_not_found::CHECK,
    &istio_workload_group_duplicate_labels::CHECK,
    &istio_workload_group_service_account_not_found::CHECK,
    &linkerd_meshed_label_without_proxy::CHECK,
    &linkerd_network_policy_blocks_control_plane::CHECK,
    &linkerd_proxy_control_plane_gone::CHECK,
    &linkerd_proxy_not_ready::CHECK,
    &linkerd_proxy_settings_outdated::CHECK,
    &linkerd_redirection_outdated::CHECK,
    &network_policy_closes_proxy_metrics::CHECK,
];
