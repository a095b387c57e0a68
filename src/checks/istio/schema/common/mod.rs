//! What the rules of this family share: how they report, and Istio's notions of a valid name, host, duration, selector and so on.
//!
//! Each part says in a [`Fault`] what is wrong with one value and how to mend it; [`Judge`] puts that into a finding at the value's place.

mod annotations;
mod cel;
mod destination;
mod durations;
mod headers;
mod judge;
mod locality;
mod names;
mod networks;
mod re2;
mod regexes;
mod retries;
mod selectors;
mod strings;
mod tls;
mod traffic_policy;
mod unicode;
mod urls;
mod wasm;

use annotations::annotations;
pub(super) use cel::check as cel;
pub(super) use destination::destination;
pub(super) use durations::{duration, nanos, required_duration};
pub(super) use headers::{cors_name, header_match_name, header_value, is_authority, is_jwt_claim, operation_name, set_name};
pub(super) use judge::{Fault, Judge, Verdict, each, fault};
pub(super) use locality::{locality_lb, zone_aware_lb};
pub(super) use names::{Protocol, dns_label, fqdn, is_dns_label, partial_wildcard, port, port_name, protocol, unix_address, wildcard_domain};
pub(super) use networks::{ip, ip_or_cidr, is_ip, proxy_address};
pub(super) use regexes::regex;
pub(super) use retries::retry;
pub(super) use selectors::{export_to, labels, one_target, selector, target_refs, workload_selector};
pub(super) use strings::{either, has, required, string_match};
pub(super) use tls::{client_tls, server_tls};
pub(super) use traffic_policy::{connection_pool, outlier_detection, traffic_policy};
pub(super) use urls::{go_url, scheme};
pub(super) use wasm::{match_ports, wasm};
