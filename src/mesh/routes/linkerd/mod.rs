//! Linkerd: what the client's proxy does with a request, by the policy of the Service or EgressNetwork that is addressed.
//!
//! Linkerd sources: `policy-controller/k8s/index/src/outbound`, `policy-controller/grpc/src/outbound`; proxy `linkerd/http/route`, `linkerd/app/outbound`.

mod backends;
mod egress;
mod outbound;
mod profile;
mod refused;
mod rule;
mod settings;

use outbound::Parent;

use super::{Outcome, Request, Route};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::resolve::{Name, StandsFor};
use crate::model::{Evidence, Service, Subject};

/// What becomes of a request of `workload`.
pub(super) fn route<'a>(view: MeshView<'a>, workload: &'a Workload, name: &Name<'a>, request: &Request) -> Route {
    let namespace = workload.reference.namespace.as_str();
    match name.stands_for {
        StandsFor::Service(service) if service.is_headless() => {
            let because =
                vec![Evidence::field(service.reference(), "spec.clusterIP", "is headless: its pods are dialled one by one, past all routes")];
            Route { because, ..Route::end(Outcome::Passthrough, "it goes to the pod whose address was dialled") }
        }
        StandsFor::Service(service) => to_service(view, namespace, service, request),
        StandsFor::Pod(pod) => {
            let because = vec![Evidence::object(pod.reference(), "is dialled by its own address, past all routes of its Services")];
            Route { because, ..Route::end(Outcome::Passthrough, "it goes to the pod whose address was dialled") }
        }
        StandsFor::Address(address) => match egress::network(view, namespace, Some(address)) {
            Some(network) => Parent::egress(view, network, request.port).route(namespace, request),
            None => Route::end(Outcome::Passthrough, "no EgressNetwork is for its address"),
        },
        StandsFor::Entry(_) | StandsFor::Outside => match egress::network(view, namespace, None) {
            Some(network) => Parent::egress(view, network, request.port).route(namespace, request),
            None => Route::end(Outcome::Passthrough, "no EgressNetwork is for addresses outside"),
        },
    }
}

fn to_service(view: MeshView<'_>, namespace: &str, service: &Service, request: &Request) -> Route {
    let Some(port) = service.spec.ports.iter().find(|p| p.port == i32::from(request.port)) else {
        let ports: Vec<String> = service.spec.ports.iter().map(|p| p.port.to_string()).collect();
        let text = format!("declares {} only: Linkerd closes connections to other ports of a Service", ports.join(", "));
        let because = vec![Evidence::field(service.reference(), "spec.ports", text)];
        return Route { because, ..Route::end(Outcome::Blackhole, format!("the Service has no port {}", request.port)) };
    };
    Parent::service(view, service, port).route(namespace, request)
}
