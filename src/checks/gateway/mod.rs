//! Gateway API: gateways, routes, grants; the same for every implementation.

use crate::checks::Check;

mod address_in_two_gateways;
mod addresses;
mod attachment;
mod backend_tls_target_not_found;
mod backend_tls_unverifiable;
mod certificate_not_found;
mod class_not_found;
mod grant_namespace_not_found;
mod grant_unused;
mod grants;
mod kind_not_installed;
mod linkerd_route_on_gateway;
mod listener_conflict;
mod listener_in_two_gateways;
mod listener_kinds_unsupported;
mod listener_tls_mismatch;
mod matches;
mod reference_not_granted;
mod route_backend_not_found;
mod route_consumer;
mod route_hostname_not_served;
mod route_kind_not_admitted;
mod route_listener_not_found;
mod route_match_repeated;
mod route_namespace_not_admitted;
mod route_no_backend;
mod route_parent_not_found;
mod route_port_not_found;
mod route_regex_invalid;
mod route_timeouts_contradict;
mod routes;
mod routes_match_same;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &address_in_two_gateways::CHECK,
    &backend_tls_target_not_found::CHECK,
    &backend_tls_unverifiable::CHECK,
    &certificate_not_found::CHECK,
    &class_not_found::CHECK,
    &grant_namespace_not_found::CHECK,
    &grant_unused::CHECK,
    &kind_not_installed::CHECK,
    &linkerd_route_on_gateway::CHECK,
    &listener_conflict::CHECK,
    &listener_in_two_gateways::CHECK,
    &listener_kinds_unsupported::CHECK,
    &listener_tls_mismatch::CHECK,
    &reference_not_granted::CHECK,
    &route_backend_not_found::CHECK,
    &route_consumer::CHECK,
    &route_hostname_not_served::CHECK,
    &route_kind_not_admitted::CHECK,
    &route_listener_not_found::CHECK,
    &route_match_repeated::CHECK,
    &route_namespace_not_admitted::CHECK,
    &route_no_backend::CHECK,
    &route_parent_not_found::CHECK,
    &route_port_not_found::CHECK,
    &route_regex_invalid::CHECK,
    &route_timeouts_contradict::CHECK,
    &routes_match_same::CHECK,
];
