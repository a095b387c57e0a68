//! Rules about Linkerd.

pub(super) mod platform;
pub(super) mod policy;
