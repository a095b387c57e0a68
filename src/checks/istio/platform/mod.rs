//! Control plane, injection, proxies, gateways, telemetry and extensions.

use crate::checks::Check;

pub(in crate::checks) static CHECKS: &[&Check] = &[];
