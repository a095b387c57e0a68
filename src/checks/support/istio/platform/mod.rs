//! Control plane, injection, proxies, gateways, telemetry and extensions.

pub(in crate::checks) mod annotation_catalogue;
pub(in crate::checks) mod annotation_sites;
pub(in crate::checks) mod clusters;
pub(in crate::checks) mod envoy_patches;
pub(in crate::checks) mod gateway_certificates;
pub(in crate::checks) mod gateway_hosts;
pub(in crate::checks) mod gateway_workloads;
pub(in crate::checks) mod planes;
pub(in crate::checks) mod pods_and_templates;
pub(in crate::checks) mod ports;
pub(in crate::checks) mod telemetry;
pub(in crate::checks) mod webhook_urls;
pub(in crate::checks) mod webhooks;
pub(in crate::checks) mod workload_services;
