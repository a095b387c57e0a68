//! Releases, API versions and what is deprecated.

use crate::checks::Check;

mod gateway_api_crds_mixed;
mod gateway_api_kind_not_installed;
mod install_kubernetes_unsupported;
mod istio_control_plane_versions_differ;
mod istio_deprecated_traffic_field;
mod istio_gateway_api_crd_too_old;
mod istio_gateway_api_version_not_served;
mod istio_proxy_image_mismatch;
mod istio_proxy_version_skew;
mod istio_zipkin_default_removed;
mod linkerd_crd_missing;
mod linkerd_deprecated_api_version;
mod linkerd_gateway_api_missing;
mod linkerd_proxy_version_differs;
mod linkerd_proxy_version_unsupported;
mod linkerd_release_lacks_feature;
mod linkerd_traffic_split_deprecated;
mod linkerd_version_not_served;

pub(super) static CHECKS: &[&Check] = &[
    &gateway_api_crds_mixed::CHECK,
    &gateway_api_kind_not_installed::CHECK,
    &install_kubernetes_unsupported::CHECK,
    &istio_control_plane_versions_differ::CHECK,
    &istio_deprecated_traffic_field::CHECK,
    &istio_gateway_api_crd_too_old::CHECK,
    &istio_gateway_api_version_not_served::CHECK,
    &istio_proxy_image_mismatch::CHECK,
    &istio_proxy_version_skew::CHECK,
    &istio_zipkin_default_removed::CHECK,
    &linkerd_crd_missing::CHECK,
    &linkerd_deprecated_api_version::CHECK,
    &linkerd_gateway_api_missing::CHECK,
    &linkerd_proxy_version_differs::CHECK,
    &linkerd_proxy_version_unsupported::CHECK,
    &linkerd_release_lacks_feature::CHECK,
    &linkerd_traffic_split_deprecated::CHECK,
    &linkerd_version_not_served::CHECK,
];
