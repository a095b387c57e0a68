//! Roots, issuers, webhook and gateway certificates.

use crate::checks::Check;

mod certificate_not_an_authority;
mod certificate_outlives_issuer;
mod certificate_weak_key;
mod gateway_certificate_not_found;
mod istio_ca_certificate_expiring;
mod istio_ca_chain_broken;
mod istio_ca_root_mismatch;
mod istio_destination_rule_ca_missing;
mod istio_gateway_certificate_expiring;
mod istio_gateway_certificate_host_not_covered;
mod istio_gateway_credential_invalid;
mod istio_jwks_inline_unusable;
mod istio_root_certificate_missing;
mod istio_roots_differ_between_clusters;
mod istio_webhook_ca_mismatch;
mod linkerd_issuer_certificate_expiring;
mod linkerd_issuer_certificate_invalid;
mod linkerd_proxy_trust_outdated;
mod linkerd_tap_certificate;
mod linkerd_trust_anchor_expiring;
mod linkerd_trust_anchor_invalid;
mod linkerd_trust_anchors_differ_between_clusters;
mod linkerd_trust_anchors_disagree;
mod linkerd_trust_roots_missing;
mod linkerd_webhook_certificate;
mod node_clock_skew;
mod old_root_removable;
mod trust_anchors_two_writers;

pub(super) static CHECKS: &[&Check] = &[
    &certificate_not_an_authority::CHECK,
    &certificate_outlives_issuer::CHECK,
    &certificate_weak_key::CHECK,
    &gateway_certificate_not_found::CHECK,
    &istio_ca_certificate_expiring::CHECK,
    &istio_ca_chain_broken::CHECK,
    &istio_ca_root_mismatch::CHECK,
    &istio_destination_rule_ca_missing::CHECK,
    &istio_gateway_certificate_expiring::CHECK,
    &istio_gateway_certificate_host_not_covered::CHECK,
    &istio_gateway_credential_invalid::CHECK,
    &istio_jwks_inline_unusable::CHECK,
    &istio_root_certificate_missing::CHECK,
    &istio_roots_differ_between_clusters::CHECK,
    &istio_webhook_ca_mismatch::CHECK,
    &linkerd_issuer_certificate_expiring::CHECK,
    &linkerd_issuer_certificate_invalid::CHECK,
    &linkerd_proxy_trust_outdated::CHECK,
    &linkerd_tap_certificate::CHECK,
    &linkerd_trust_anchor_expiring::CHECK,
    &linkerd_trust_anchor_invalid::CHECK,
    &linkerd_trust_anchors_differ_between_clusters::CHECK,
    &linkerd_trust_anchors_disagree::CHECK,
    &linkerd_trust_roots_missing::CHECK,
    &linkerd_webhook_certificate::CHECK,
    &node_clock_skew::CHECK,
    &old_root_removable::CHECK,
    &trust_anchors_two_writers::CHECK,
];
