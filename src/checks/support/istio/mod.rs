//! Rules about Istio.

pub(in crate::checks) mod platform;
pub(in crate::checks) mod schema;
pub(in crate::checks) mod security;
pub(in crate::checks) mod traffic;
