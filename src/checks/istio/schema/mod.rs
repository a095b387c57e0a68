//! What Istio's own validation says of its custom resources.

use crate::checks::Check;

pub(in crate::checks) static CHECKS: &[&Check] = &[];
