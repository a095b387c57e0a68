//! Control planes: are they there, ready and wired up, and may one be installed?

use crate::checks::Check;

mod control_plane_leader_missing;
mod control_plane_pods_refused;
mod install_forbidden;
mod istio_clusters_share_name;
mod istio_control_plane_not_ready;
mod istio_control_plane_single_replica;
mod istio_mesh_config_invalid;
mod istio_mesh_config_unreadable;
mod istio_mesh_networks_registry_unknown;
mod istio_namespace_not_discovered;
mod istio_revision_config_missing;
mod istio_webhook_url_address;
mod istio_webhook_url_invalid;
mod linkerd_aggregation_not_configured;
mod linkerd_cluster_role_missing;
mod linkerd_cni_not_ready;
mod linkerd_config_missing;
mod linkerd_control_plane_not_ready;
mod linkerd_control_plane_replicas;
mod linkerd_control_plane_unschedulable;
mod linkerd_extension_check;
mod linkerd_extension_incomplete;
mod linkerd_extension_not_meshed;
mod linkerd_link_gateway_not_mirrored;
mod linkerd_service_account_missing;
mod linkerd_service_mirror_not_running;
mod linkerd_tap_api_unavailable;
mod linkerd_viz_api_not_ready;
mod linkerd_webhook_missing;
mod linkerd_webhook_service_not_found;
mod mesh_already_installed;
mod mesh_conflict;
mod mesh_left_over;
mod network_policy_closes_control_plane;
mod webhook_service_selects_nothing;

pub(super) static CHECKS: &[&Check] = &[
    &control_plane_leader_missing::CHECK,
    &control_plane_pods_refused::CHECK,
    &install_forbidden::CHECK,
    &istio_clusters_share_name::CHECK,
    &istio_control_plane_not_ready::CHECK,
    &istio_control_plane_single_replica::CHECK,
    &istio_mesh_config_invalid::CHECK,
    &istio_mesh_config_unreadable::CHECK,
    &istio_mesh_networks_registry_unknown::CHECK,
    &istio_namespace_not_discovered::CHECK,
    &istio_revision_config_missing::CHECK,
    &istio_webhook_url_address::CHECK,
    &istio_webhook_url_invalid::CHECK,
    &linkerd_aggregation_not_configured::CHECK,
    &linkerd_cluster_role_missing::CHECK,
    &linkerd_cni_not_ready::CHECK,
    &linkerd_config_missing::CHECK,
    &linkerd_control_plane_not_ready::CHECK,
    &linkerd_control_plane_replicas::CHECK,
    &linkerd_control_plane_unschedulable::CHECK,
    &linkerd_extension_check::CHECK,
    &linkerd_extension_incomplete::CHECK,
    &linkerd_extension_not_meshed::CHECK,
    &linkerd_link_gateway_not_mirrored::CHECK,
    &linkerd_service_account_missing::CHECK,
    &linkerd_service_mirror_not_running::CHECK,
    &linkerd_tap_api_unavailable::CHECK,
    &linkerd_viz_api_not_ready::CHECK,
    &linkerd_webhook_missing::CHECK,
    &linkerd_webhook_service_not_found::CHECK,
    &mesh_already_installed::CHECK,
    &mesh_conflict::CHECK,
    &mesh_left_over::CHECK,
    &network_policy_closes_control_plane::CHECK,
    &webhook_service_selects_nothing::CHECK,
];
