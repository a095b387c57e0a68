//! Rules about Istio.

pub(super) mod platform;
pub(super) mod schema;
pub(super) mod security;
pub(super) mod traffic;
