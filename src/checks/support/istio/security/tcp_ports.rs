//! Ports that carry no HTTP, and what rules with HTTP fields have to do with them.

use super::ports;
use crate::index::Workload;
use crate::mesh::istio::authorization_policy::{Attribute, Rule};
use crate::mesh::istio::labels::is_gateway;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::model::{Membership, MeshId, ObjectRef, Subject};
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

/// Whether some operation of a rule does not exclude a port by `ports` or `notPorts`.
pub(in crate::checks) fn reaches(rule: Rule<'_>, port: u16) -> bool {
    let port = port.to_string();
    let mut operations = rule.operations().filter(|operation| operation.field.is_some()).peekable();
    operations.peek().is_none()
        || operations.any(|operation| {
            let Some(clause) = operation.clause(Attribute::Port) else { return true };
            let lists = |except: bool| clause.values().any(|value| value.except == except && value.text == port);
            let limited = clause.any.is_some_and(|list| !list.is_empty());
            (!limited || lists(false)) && !lists(true)
        })
}
