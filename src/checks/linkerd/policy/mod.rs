//! Servers, authorizations, routes and traffic settings.

use crate::checks::Check;

pub(in crate::checks) static CHECKS: &[&Check] = &[];
