//! Gateway API: gateways, routes, grants; the same for every implementation.

pub(in crate::checks) mod addresses;
pub(in crate::checks) mod attachment;
pub(in crate::checks) mod matches;
pub(in crate::checks) mod routes;
pub(in crate::checks) mod schema;
