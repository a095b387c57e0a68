//! Services, NetworkPolicies and pods, as far as a mesh depends on them.

use crate::checks::Check;

mod ambient_port_blocked;
mod control_plane_closed;
mod external_name_in_cluster;
mod istio_egress_blocked;
mod job_never_ends;
mod linkerd_egress_blocked;
mod linkerd_port_blocked;
mod mesh_port;
mod metrics_closed;
pub(super) mod network;
mod object_not_decodable;
mod peers;
mod plane_egress;
mod service_ports_unnamed;
mod service_selects_nothing;
mod two_meshes;
pub(super) mod unwritten;

pub(in crate::checks) static CHECKS: &[&Check] = &[
    &ambient_port_blocked::CHECK,
    &control_plane_closed::CHECK,
    &external_name_in_cluster::CHECK,
    &istio_egress_blocked::CHECK,
    &job_never_ends::CHECK,
    &linkerd_egress_blocked::CHECK,
    &linkerd_port_blocked::CHECK,
    &metrics_closed::CHECK,
    &object_not_decodable::CHECK,
    &service_ports_unnamed::CHECK,
    &service_selects_nothing::CHECK,
    &two_meshes::CHECK,
];
