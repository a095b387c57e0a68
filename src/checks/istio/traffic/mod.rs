//! VirtualServices, DestinationRules, ServiceEntries and Sidecars: where Istio sends traffic.

use crate::checks::Check;

mod virtual_service_gateway_not_found;

pub(in crate::checks) static CHECKS: &[&Check] = &[&virtual_service_gateway_not_found::CHECK];
