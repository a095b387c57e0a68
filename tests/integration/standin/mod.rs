//! The stand-in API server is code too: the real kubectl and the kube crate are its judges.

mod kubectl;
