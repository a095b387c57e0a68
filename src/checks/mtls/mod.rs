//! Who encrypts what, and where the two ends disagree.

use crate::checks::Check;

mod gateway_backend_tls_target_not_found;
mod gateway_backend_tls_unverifiable;
mod istio_client_mtls_to_disabled_server;
mod istio_client_mtls_to_server_without_proxy;
mod istio_client_mtls_without_peer_authentication;
mod istio_client_tls_originated_twice;
mod istio_client_tls_refused_by_strict_server;
mod istio_client_tls_to_http_port;
mod istio_destination_rule_drops_mtls;
mod istio_headless_service_partly_meshed;
mod istio_mtls_disabled_above_strict;
mod istio_peer_authentication_conflict;
mod istio_peer_authentication_disable_in_ambient;
mod istio_peer_authentication_open_in_ambient;
mod istio_peer_authentication_port_unknown;
mod istio_peer_authentication_root_selector;
mod istio_strict_without_destination_rule;
mod linkerd_ingress_mode;
mod linkerd_udp_port_bypasses_proxy;

pub(super) static CHECKS: &[&Check] = &[
    &gateway_backend_tls_target_not_found::CHECK,
    &gateway_backend_tls_unverifiable::CHECK,
    &istio_client_mtls_to_disabled_server::CHECK,
    &istio_client_mtls_to_server_without_proxy::CHECK,
    &istio_client_mtls_without_peer_authentication::CHECK,
    &istio_client_tls_originated_twice::CHECK,
    &istio_client_tls_refused_by_strict_server::CHECK,
    &istio_client_tls_to_http_port::CHECK,
    &istio_destination_rule_drops_mtls::CHECK,
    &istio_headless_service_partly_meshed::CHECK,
    &istio_mtls_disabled_above_strict::CHECK,
    &istio_peer_authentication_conflict::CHECK,
    &istio_peer_authentication_disable_in_ambient::CHECK,
    &istio_peer_authentication_open_in_ambient::CHECK,
    &istio_peer_authentication_port_unknown::CHECK,
    &istio_peer_authentication_root_selector::CHECK,
    &istio_strict_without_destination_rule::CHECK,
    &linkerd_ingress_mode::CHECK,
    &linkerd_udp_port_bypasses_proxy::CHECK,
];
