//! Gateways, listeners and what attaches to them.

use crate::checks::Check;

mod gateway_address_in_two_gateways;
mod gateway_class_not_found;
mod gateway_grant_namespace_not_found;
mod gateway_grant_unused;
mod gateway_listener_conflict;
mod gateway_listener_in_two_gateways;
mod gateway_listener_kinds_unsupported;
mod gateway_listener_tls_mismatch;
mod gateway_reference_not_granted;
mod gateway_route_hostname_not_served;
mod gateway_route_kind_not_admitted;
mod gateway_route_listener_not_found;
mod gateway_route_namespace_not_admitted;
mod gateway_route_parent_not_found;
mod istio_gateway_credential_not_found;
mod istio_gateway_duplicate_certificate;
mod istio_gateway_host_conflict;
mod istio_gateway_not_programmed;
mod istio_gateway_not_ready;
mod istio_gateway_port_not_on_service;
mod istio_gateway_port_protocol_conflict;
mod istio_gateway_redirect_without_tls;
mod istio_gateway_selector_matches_nothing;
mod istio_listener_certificate_shared;
mod linkerd_http_route_on_gateway;

pub(super) static CHECKS: &[&Check] = &[
    &gateway_address_in_two_gateways::CHECK,
    &gateway_class_not_found::CHECK,
    &gateway_grant_namespace_not_found::CHECK,
    &gateway_grant_unused::CHECK,
    &gateway_listener_conflict::CHECK,
    &gateway_listener_in_two_gateways::CHECK,
    &gateway_listener_kinds_unsupported::CHECK,
    &gateway_listener_tls_mismatch::CHECK,
    &gateway_reference_not_granted::CHECK,
    &gateway_route_hostname_not_served::CHECK,
    &gateway_route_kind_not_admitted::CHECK,
    &gateway_route_listener_not_found::CHECK,
    &gateway_route_namespace_not_admitted::CHECK,
    &gateway_route_parent_not_found::CHECK,
    &istio_gateway_credential_not_found::CHECK,
    &istio_gateway_duplicate_certificate::CHECK,
    &istio_gateway_host_conflict::CHECK,
    &istio_gateway_not_programmed::CHECK,
    &istio_gateway_not_ready::CHECK,
    &istio_gateway_port_not_on_service::CHECK,
    &istio_gateway_port_protocol_conflict::CHECK,
    &istio_gateway_redirect_without_tls::CHECK,
    &istio_gateway_selector_matches_nothing::CHECK,
    &istio_listener_certificate_shared::CHECK,
    &linkerd_http_route_on_gateway::CHECK,
];
