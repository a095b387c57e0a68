//! Control plane, certificates, injection and data plane.

pub(in crate::checks) mod extensions;
pub(in crate::checks) mod networks;
pub(in crate::checks) mod planes;
pub(in crate::checks) mod serving;
pub(in crate::checks) mod webhooks;
