//! Services, NetworkPolicies and pods, as far as a mesh depends on them.

use crate::checks::Check;

mod object_not_decodable;

pub(in crate::checks) static CHECKS: &[&Check] = &[&object_not_decodable::CHECK];
