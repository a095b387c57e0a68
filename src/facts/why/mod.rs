//! One request from a client to a server, step by step, and where it ends.

mod asked;

pub use asked::{Asked, Client, ask};

use serde::Serialize;

use crate::index::Workload;
use crate::mesh::routes::{self, Route};
use crate::mesh::{MeshView, resolve};
use crate::model::{Kind, Membership, MeshId, Trace};
use crate::world::World;

/// Everything that a request meets on its way.
pub const WHY_KINDS: &[Kind] = &[
    Kind::VirtualService,
    Kind::DestinationRule,
    Kind::IstioGateway,
    Kind::ServiceEntry,
    Kind::Sidecar,
    Kind::WorkloadEntry,
    Kind::Gateway,
    Kind::GatewayClass,
    Kind::HttpRoute,
    Kind::GrpcRoute,
    Kind::TlsRoute,
    Kind::TcpRoute,
    Kind::ReferenceGrant,
    Kind::LinkerdHttpRoute,
    Kind::ServiceProfile,
    Kind::EgressNetwork,
    Kind::ExternalWorkload,
    Kind::MeshTlsAuthentication,
    Kind::NetworkAuthentication,
    Kind::NetworkPolicy,
    Kind::Node,
];

/// The answer, as other programs read it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyReport {
    /// `works`, `fails` or `unknown`.
    pub outcome: &'static str,
    /// The steps, in order.
    pub steps: Trace,
    /// Where the request goes.
    pub route: Route,
    /// The first step that fails.
    pub failed_at: Option<usize>,
}

/// Follows a request.
pub fn why(world: &World, asked: &Asked<'_>) -> WhyReport {
    let view = world.view();
    let steps = Trace::default();
    let route = match carrier(view, asked.client.workload) {
        Some(mesh) => routes::route(view, mesh, asked.client.workload, &asked.request),
        None => routes::plain(view, &resolve::name(view, &asked.client.workload.reference.namespace, &asked.request.host), &asked.request),
    };
    let failed_at = steps.failed_at();
    WhyReport { outcome: "unknown", steps, route, failed_at }
}

/// The mesh whose proxy carries what a workload sends, if one does.
fn carrier(view: MeshView<'_>, workload: &Workload) -> Option<MeshId> {
    [MeshId::Istio, MeshId::Linkerd].into_iter().find(|mesh| view.membership(*mesh, workload).is_ok_and(|m| m != Membership::None))
}
