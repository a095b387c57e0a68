//! Control plane, certificates, injection and data plane.

use crate::checks::Check;

mod anchors;
mod config_missing;
mod control_plane_not_ready;
mod control_plane_replicas;
mod control_plane_unschedulable;
mod issuer_certificate_expiring;
mod issuer_certificate_invalid;
mod planes;
mod proxy_trust_outdated;
mod trust_anchor_expiring;
mod trust_anchor_invalid;
mod trust_anchors_disagree;
mod webhook_certificate;
mod webhook_missing;
mod webhook_service_not_found;
mod webhooks;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &config_missing::CHECK,
    &control_plane_not_ready::CHECK,
    &control_plane_replicas::CHECK,
    &control_plane_unschedulable::CHECK,
    &issuer_certificate_expiring::CHECK,
    &issuer_certificate_invalid::CHECK,
    &proxy_trust_outdated::CHECK,
    &trust_anchor_expiring::CHECK,
    &trust_anchor_invalid::CHECK,
    &trust_anchors_disagree::CHECK,
    &webhook_certificate::CHECK,
    &webhook_missing::CHECK,
    &webhook_service_not_found::CHECK,
];
