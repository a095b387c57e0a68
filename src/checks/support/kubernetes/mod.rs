//! Services, NetworkPolicies and pods, as far as a mesh depends on them.

pub(in crate::checks) mod definitions;
pub(in crate::checks) mod mesh_port;
pub(in crate::checks) mod network;
pub(in crate::checks) mod peers;
pub(in crate::checks) mod plane_egress;
pub(in crate::checks) mod runtime_labels;
