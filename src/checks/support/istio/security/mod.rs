//! Authorization, authentication and mutual TLS, with sidecars and in ambient.

pub(in crate::checks) mod ambient_needs;
pub(in crate::checks) mod client_tls;
pub(in crate::checks) mod jwt;
pub(in crate::checks) mod kiali_mtls;
pub(in crate::checks) mod ports;
pub(in crate::checks) mod reach;
pub(in crate::checks) mod rules;
pub(in crate::checks) mod seen;
pub(in crate::checks) mod tcp_ports;
pub(in crate::checks) mod tls;
