//! Rules about Linkerd.

pub(in crate::checks) mod platform;
pub(in crate::checks) mod policy;
