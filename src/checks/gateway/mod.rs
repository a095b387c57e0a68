//! Gateway API: gateways, routes, grants; the same for every implementation.

use crate::checks::Check;

pub(in crate::checks) static CHECKS: &[&Check] = &[];
