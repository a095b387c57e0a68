//! Control plane, certificates, injection and data plane.

use crate::checks::Check;

pub(in crate::checks) static CHECKS: &[&Check] = &[];
