//! What Istio's own validation takes and refuses: of names, hosts, durations, selectors and policies, of annotations, and of a ProxyConfig wherever
//! it stands. istiod answers with it at its webhook, its injector, and when it reads MeshConfig.
//!
//! Each part says in a [`Fault`] what is wrong with one value and how to fix it; a [`Judge`] lists that as a [`Judgement`] at the value's place.

pub(crate) mod annotation_values;
pub(crate) mod annotations;
pub(crate) mod cel;
pub(crate) mod destination;
pub(crate) mod durations;
pub(crate) mod headers;
pub(crate) mod judge;
pub(crate) mod locality;
pub(crate) mod names;
pub(crate) mod networks;
pub(crate) mod proxy_config;
pub(crate) mod re2;
pub(crate) mod regexes;
pub(crate) mod retries;
pub(crate) mod selectors;
pub(crate) mod strings;
pub(crate) mod tls;
pub(crate) mod traffic_policy;
pub(crate) mod unicode;
pub(crate) mod urls;
pub(crate) mod wasm;

pub(crate) use annotations::annotations;
pub(crate) use cel::check as cel;
pub(crate) use destination::destination;
pub(crate) use durations::{duration, required_duration};
pub(crate) use headers::{cors_name, header_match_name, header_value, is_authority, is_jwt_claim, operation_name, set_name};
pub(crate) use judge::{Fault, Judge, Judgement, Sort, Verdict, fault};
pub(crate) use locality::{locality_lb, zone_aware_lb};
pub(crate) use names::{Protocol, dns_label, fqdn, is_dns_label, partial_wildcard, port, port_name, protocol, unix_address, wildcard_domain};
pub(crate) use networks::{ip, ip_or_cidr, is_ip, proxy_address};
pub(crate) use regexes::regex;
pub(crate) use retries::retry;
pub(crate) use selectors::{export_to, labels, one_target, selector, target_refs, workload_selector};
pub(crate) use strings::{either, has, required, string_match};
pub(crate) use tls::{client_tls, server_tls};
pub(crate) use traffic_policy::{connection_pool, outlier_detection, traffic_policy};
pub(crate) use urls::{go_url, scheme};
pub(crate) use wasm::{match_ports, wasm};
