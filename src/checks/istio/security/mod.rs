//! Authorization, authentication and mutual TLS, with sidecars and in ambient.

use crate::checks::Check;

pub(in crate::checks) static CHECKS: &[&Check] = &[];
