//! The stand-in API server is code too: the real kubectl and the kube crate are its judges.

mod bulk;
mod client;
mod credentials;
mod faults;
mod kubectl;
mod pods;
