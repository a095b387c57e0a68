//! Ports that carry no HTTP, and what rules with HTTP fields have to do with them.

use super::ports;
use crate::index::Workload;
use crate::mesh::istio::ambient::{HTTP_OPERATION, HTTP_SOURCE, first_filled, is_http_key};
use crate::mesh::istio::labels::is_gateway;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::model::{Field, Membership, MeshId, ObjectRef, Subject};
use crate::world::World;

/// A container port that carries no HTTP.
pub(in crate::checks) struct TcpPort<'a> {
    pub(in crate::checks) number: u16,
    /// What says so: a Service, or a Gateway for the pods that serve it.
    pub(in crate::checks) by: ObjectRef,
    pub(in crate::checks) workload: &'a Workload,
}

/// The ports of a workload that carry no HTTP, where a sidecar stands before them.
pub(in crate::checks) fn tcp_ports<'a>(world: &'a World, workload: &'a Workload) -> Vec<TcpPort<'a>> {
    let index = &world.index;
    if policy::enforcer(world.view(), workload) != Enforcer::Sidecar {
        return Vec::new();
    }
    if is_gateway(workload) || world.membership(MeshId::Istio, workload) == Ok(Membership::Gateway) {
        let servers = ports::tcp_servers(index, workload);
        return servers.map(|(number, gateway)| TcpPort { number, by: gateway.reference(), workload }).collect();
    }
    let services = ports::services(index, workload);
    let ports = services.flat_map(|service| service.spec.ports.iter().filter(|p| ports::is_tcp(p)).map(move |port| (service, port)));
    ports
        .filter_map(|(service, port)| Some(TcpPort { number: ports::container_port(index, workload, port)?, by: service.reference(), workload }))
        .collect()
}

/// The first field of a rule that a connection without HTTP cannot be asked for.
pub(in crate::checks) fn first_http<'a>(rule: &Field<'a>) -> Option<Field<'a>> {
    let to = policy::operations(rule).find_map(|o| first_filled(&o, &HTTP_OPERATION));
    let from = || policy::sources(rule).find_map(|s| first_filled(&s, &HTTP_SOURCE));
    to.or_else(from).or_else(|| rule.list("when").find(|c| is_http_key(c.text("key"))))
}

/// Whether some operation of a rule does not exclude a port by `ports` or `notPorts`.
pub(in crate::checks) fn reaches(rule: &Field<'_>, port: u16) -> bool {
    let port = port.to_string();
    let lists = |operation: &Field<'_>, name: &'static str| operation.texts(name).any(|(p, _)| p == port);
    let operations: Vec<Field<'_>> = policy::operations(rule).collect();
    let open = |o: &Field<'_>| {
        let limited = o.get("ports").is_some_and(|f| !f.is_empty());
        (!limited || lists(o, "ports")) && !lists(o, "notPorts")
    };
    operations.is_empty() || operations.iter().any(open)
}
