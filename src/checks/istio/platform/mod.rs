//! Control plane, injection, proxies, gateways, telemetry and extensions.

use crate::checks::Check;

mod annotation_alpha;
mod annotation_catalogue;
mod annotation_deprecated;
mod annotation_invalid;
mod annotation_misplaced;
mod annotation_sites;
mod annotation_unknown;
mod annotation_values;
mod external_name_port_name;
mod image_auto_not_injected;
mod injector;
mod namespace_labels_conflict;
mod namespace_not_injected;
mod pod_missing_proxy;
mod ports;
mod proxy_image_mismatch;
mod proxy_user_id;
mod service_app_protocol;
mod service_port_name;
mod service_port_not_exposed;
mod service_protocol_conflict;
mod service_target_port_conflict;
mod shapes;
mod webhooks;
mod workload_services;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &annotation_alpha::CHECK,
    &annotation_deprecated::CHECK,
    &annotation_invalid::CHECK,
    &annotation_misplaced::CHECK,
    &annotation_unknown::CHECK,
    &external_name_port_name::CHECK,
    &image_auto_not_injected::CHECK,
    &namespace_labels_conflict::CHECK,
    &namespace_not_injected::CHECK,
    &pod_missing_proxy::CHECK,
    &proxy_image_mismatch::CHECK,
    &proxy_user_id::CHECK,
    &service_app_protocol::CHECK,
    &service_port_name::CHECK,
    &service_port_not_exposed::CHECK,
    &service_protocol_conflict::CHECK,
    &service_target_port_conflict::CHECK,
];
