//! Rules about Istio.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
