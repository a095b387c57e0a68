//! Servers, authorizations, routes, traffic settings and annotations of Linkerd.

pub(in crate::checks) mod annotated;
