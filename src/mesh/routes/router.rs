//! Whose routes a client's requests meet.

use super::{Request, Route, at_waypoint, plain, route};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::labels::GATEWAY_NAME;
use crate::mesh::resolve::Name;
use crate::model::{Membership, MeshId, Service, StepPlace};

/// What applies routes to a client's requests to one name.
#[derive(Clone, Copy, Debug)]
pub struct Router<'a> {
    /// The mesh, and the workload whose proxy does it; nothing where the Service alone decides.
    pub by: Option<(MeshId, &'a Workload)>,
    /// Where that is.
    pub at: StepPlace,
}

impl<'a> Router<'a> {
    /// For requests of a client, which may be a gateway's proxy with requests from outside.
    ///
    /// ztunnel knows no requests: in ambient the waypoint of the Service decides, and without one nothing but the Service does.
    pub fn of(view: MeshView<'a>, client: &'a Workload, name: &Name<'a>, gateway: bool) -> Self {
        if gateway {
            return Self { by: Some((MeshId::Istio, client)), at: StepPlace::Gateway };
        }
        for mesh in [MeshId::Istio, MeshId::Linkerd] {
            match view.membership(mesh, client) {
                Ok(Membership::None) | Err(_) => {}
                Ok(Membership::Ambient) => {
                    let waypoint = name.service().and_then(|s| waypoint(view, s));
                    return Self { by: waypoint.map(|w| (mesh, w)), at: if waypoint.is_some() { StepPlace::Waypoint } else { StepPlace::Client } };
                }
                Ok(_) => return Self { by: Some((mesh, client)), at: StepPlace::Client },
            }
        }
        Self { by: None, at: StepPlace::Client }
    }

    /// The mesh that carries what the client sends.
    pub fn mesh(&self) -> Option<MeshId> {
        self.by.map(|(mesh, _)| mesh)
    }

    /// What becomes of a request to that name.
    pub fn route(&self, view: MeshView<'a>, name: &Name<'a>, request: &Request) -> Route {
        match (self.by, name.service()) {
            (Some((_, waypoint)), Some(service)) if self.at == StepPlace::Waypoint => at_waypoint(view, waypoint, service, request),
            (Some((mesh, proxy)), _) => route(view, mesh, proxy, request),
            (None, _) => plain(view, name, request),
        }
    }
}

/// The workload of a Service's waypoint, if it asks for one that is there.
fn waypoint<'a>(view: MeshView<'a>, service: &Service) -> Option<&'a Workload> {
    // A Service without an address of its own is called by the addresses of its pods.
    if service.is_headless() {
        return None;
    }
    let meta = &service.metadata;
    let found = ambient::waypoint(view.index, &meta.labels, &meta.namespace);
    if !matches!(found, Waypoint::Serves(Traffic::Service | Traffic::All, _)) || !ambient::takes(view.index, found, &meta.namespace) {
        return None;
    }
    let (namespace, name) = ambient::reference(view.index, &meta.labels, &meta.namespace)?;
    let all = view.index.workloads().iter();
    all.into_iter().find(|w| w.reference.namespace == namespace && (w.reference.name == name || w.labels.is(GATEWAY_NAME, &name)))
}
