//! What several rules share; no rule stands here.

pub(in crate::checks) mod clusters;
pub(in crate::checks) mod gateway;
pub(in crate::checks) mod install;
pub(in crate::checks) mod istio;
pub(in crate::checks) mod kubernetes;
pub(in crate::checks) mod linkerd;
