//! What a call is for: a port of what a name stands for, and who answers there.

use super::{Call, Edge};
use crate::mesh::MeshView;
use crate::mesh::resolve::{DialledPort, Endpoint, Name, StandsFor, endpoints};
use crate::model::{Evidence, Map, Subject};

/// A port of what a name stands for with all that answers there, for `Mtls::edge_between`. No setting of a mesh decides about it.
#[derive(Debug)]
pub struct Destination<'n, 'a> {
    pub(super) name: &'n Name<'a>,
    pub(super) port: DialledPort,
    /// What answers; what becomes of every call where nothing can.
    pub(super) endpoints: Result<Vec<Endpoint<'a>>, Edge>,
}

impl<'n, 'a> Destination<'n, 'a> {
    /// What answers on `port` of what a name stands for.
    pub fn of(view: MeshView<'a>, name: &'n Name<'a>, port: u16) -> Self {
        let port = DialledPort::of(name, port);
        let endpoints = match undeclared(name, &port) {
            Some(refused) => Err(Edge::refused(refused)),
            None => endpoints(view, name, &port).map_err(Edge::unknown),
        };
        let endpoints = endpoints.map(|all| all.into_iter().filter(|e| e.port.is_some()).collect());
        Self { name, port, endpoints }
    }
}

/// Endpoints to send to; the destination itself where nothing says what stands behind it.
pub(super) fn targets<'c, 'a>(call: &Call<'c, 'a>) -> std::borrow::Cow<'c, [Endpoint<'a>]> {
    let open = match call.to.stands_for {
        StandsFor::Address(_) | StandsFor::Outside => true,
        StandsFor::Entry(entry) => !matches!(entry.spec().text("resolution"), "STATIC") && entry.spec().get("workloadSelector").is_none(),
        StandsFor::Service(_) | StandsFor::Pod(_) => false,
    };
    if call.endpoints.is_empty() && open {
        let namespace = match call.to.stands_for {
            StandsFor::Entry(entry) => entry.meta.namespace.as_str(),
            _ => "",
        };
        let beyond = Endpoint { workload: None, pod: None, count: 1, namespace, labels: Map::default(), port: Some(call.port.number), gateway: None };
        return std::borrow::Cow::Owned(vec![beyond]);
    }
    std::borrow::Cow::Borrowed(call.endpoints)
}

/// Why a port cannot be dialled: a Service forwards the ports that it declares, and no other.
fn undeclared(to: &Name<'_>, port: &DialledPort) -> Option<Evidence> {
    let StandsFor::Service(service) = to.stands_for else { return None };
    if port.declared || service.is_headless() {
        return None;
    }
    Some(Evidence::field(service.reference(), "spec.ports", format!("the Service has no port {}", port.number)))
}
