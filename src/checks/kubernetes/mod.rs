//! Services, NetworkPolicies and pods, as far as a mesh depends on them.

use crate::checks::Check;

pub(in crate::checks) static CHECKS: &[&Check] = &[];
