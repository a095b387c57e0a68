//! VirtualServices, DestinationRules, ServiceEntries and Sidecars: where Istio sends traffic.

pub(in crate::checks) mod kiali;
pub(in crate::checks) mod matches;
pub(in crate::checks) mod routes;
pub(in crate::checks) mod service_entry_ports;
pub(in crate::checks) mod sidecars;
pub(in crate::checks) mod subsets;
pub(in crate::checks) mod views;
