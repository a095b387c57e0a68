//! What the rules of this family share: how they report, and Istio's notions of a valid name, host, duration, selector and so on.
//!
//! Each part says in a [`Fault`] what is wrong with one value and how to fix it; [`Judge`] puts that into a finding at the value's place.

pub(in crate::checks) mod annotations;
pub(in crate::checks) mod cel;
pub(in crate::checks) mod destination;
pub(in crate::checks) mod durations;
pub(in crate::checks) mod headers;
pub(in crate::checks) mod judge;
pub(in crate::checks) mod locality;
pub(in crate::checks) mod names;
pub(in crate::checks) mod networks;
pub(in crate::checks) mod re2;
pub(in crate::checks) mod regexes;
pub(in crate::checks) mod retries;
pub(in crate::checks) mod selectors;
pub(in crate::checks) mod strings;
pub(in crate::checks) mod tls;
pub(in crate::checks) mod traffic_policy;
pub(in crate::checks) mod unicode;
pub(in crate::checks) mod urls;
pub(in crate::checks) mod wasm;

use annotations::annotations;
pub(in crate::checks) use cel::check as cel;
pub(in crate::checks) use destination::destination;
pub(in crate::checks) use durations::{duration, required_duration};
pub(in crate::checks) use headers::{cors_name, header_match_name, header_value, is_authority, is_jwt_claim, operation_name, set_name};
pub(in crate::checks) use judge::{Fault, Judge, Verdict, each, fault};
pub(in crate::checks) use locality::{locality_lb, zone_aware_lb};
pub(in crate::checks) use names::{
    Protocol, dns_label, fqdn, is_dns_label, partial_wildcard, port, port_name, protocol, unix_address, wildcard_domain,
};
pub(in crate::checks) use networks::{ip, ip_or_cidr, is_ip, proxy_address};
pub(in crate::checks) use regexes::regex;
pub(in crate::checks) use retries::retry;
pub(in crate::checks) use selectors::{export_to, labels, one_target, selector, target_refs, workload_selector};
pub(in crate::checks) use strings::{either, has, required, string_match};
pub(in crate::checks) use tls::{client_tls, server_tls};
pub(in crate::checks) use traffic_policy::{connection_pool, outlier_detection, traffic_policy};
pub(in crate::checks) use urls::{go_url, scheme};
pub(in crate::checks) use wasm::{match_ports, wasm};
