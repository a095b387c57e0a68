//! The steps of one request: each asks an engine and puts its answer into one line.

use super::Asked;
use super::steps::{fails, ok, unknown};
use super::words;
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::authorization::{Authorizer, Via};
use crate::mesh::mtls::Mtls;
use crate::mesh::resolve::{Name, StandsFor};
use crate::mesh::routes::Router;
use crate::model::{Evidence, Kind, Membership, MeshId, Service, Step, StepKind, StepPlace, Subject};
use crate::world::{Sight, World};

/// What answers the questions about one request.
pub(super) struct Hops<'w> {
    pub(super) world: &'w World,
    pub(super) view: MeshView<'w>,
    pub(super) asked: &'w Asked<'w>,
    pub(super) authorizer: Authorizer<'w>,
    pub(super) mtls: Mtls<'w>,
    /// The mesh whose proxy routes what the client sends.
    pub(super) router_mesh: Option<MeshId>,
    /// Where its routes are applied.
    pub(super) router: StepPlace,
    /// The Service that is called, where it is its waypoint that sends requests on.
    pub(super) called: Option<Via<'w>>,
}

impl<'w> Hops<'w> {
    pub(super) fn new(world: &'w World, asked: &'w Asked<'w>, name: &Name<'w>, router: Router<'w>) -> Self {
        let view = world.view();
        let called = name.service().filter(|_| router.at == StepPlace::Waypoint);
        let called = called.and_then(|service| Via::of(service, asked.request.port));
        let (router_mesh, router) = (router.mesh(), router.at);
        Self { world, view, asked, authorizer: Authorizer::new(view), mtls: Mtls::new(view), router_mesh, router, called }
    }

    /// Who calls, and what carries its requests.
    pub(super) fn client(&self) -> Step {
        let place = if self.asked.client.gateway { StepPlace::Gateway } else { StepPlace::Client };
        self.member(self.asked.client.workload, place)
    }

    pub(super) fn member(&self, workload: &'w Workload, at: StepPlace) -> Step {
        let mut inside = Vec::new();
        let mut gap = None;
        for mesh in [MeshId::Istio, MeshId::Linkerd] {
            match self.view.membership(mesh, workload) {
                Ok(Membership::None) => {}
                Ok(membership) => inside.push((mesh, membership)),
                Err(unread) => gap = gap.or(Some(unread)),
            }
        }
        let Some((mesh, membership)) = inside.first() else {
            return match gap {
                Some(gap) => unknown(StepKind::Capture, at, gap.to_string(), Some(gap)),
                None => ok(StepKind::Capture, at, "no proxy of a mesh: what it sends and gets is left as it is"),
            };
        };
        let mut text = words::member(*mesh, *membership);
        if let Some(spec) = self.view.index.pod_spec(workload).filter(|_| *mesh == MeshId::Istio) {
            let (domain, name) = (&self.view.istio.config.trust_domain, spec.service_account());
            text.push_str(&format!(", identity {domain}/ns/{}/sa/{name}", workload.reference.namespace));
        }
        ok(StepKind::Capture, at, text)
    }

    /// What the name stands for.
    pub(super) fn service(&self, name: &Name<'w>) -> Step {
        let (at, request) = (StepPlace::Client, &self.asked.request);
        let mut step = match name.stands_for {
            StandsFor::Service(service) => self.service_port(service),
            StandsFor::Pod(pod) => ok(StepKind::Service, at, format!("{} by its address", pod.metadata.reference(Kind::Pod))),
            StandsFor::Entry(entry) => {
                let text = format!("{} declares the host", entry.reference());
                let mut step = ok(StepKind::Service, at, text.clone());
                step.because.push(Evidence::field(entry.reference(), "spec.hosts", text));
                step
            }
            StandsFor::Address(address) => ok(StepKind::Service, at, format!("{address} belongs to nothing that was read")),
            StandsFor::Outside => self.outside(name),
        };
        for alias in name.aliases.iter().rev() {
            let reference = alias.metadata.reference(Kind::Service);
            let text = format!("an alias of {}", alias.spec.external_name);
            step.text = format!("{reference} is {text}: {}", step.text);
            step.because.insert(0, Evidence::field(reference, "spec.externalName", text));
        }
        step.text = step.text.replace("{port}", &request.port.to_string());
        step
    }

    fn service_port(&self, service: &'w Service) -> Step {
        let (at, number) = (StepPlace::Client, self.asked.request.port);
        let reference = service.metadata.reference(Kind::Service);
        if let Some(port) = service.spec.ports.iter().find(|p| p.port == i32::from(number)) {
            let named = if port.name.is_empty() { format!("port {number}") } else { format!("port {}", port.name) };
            let kind = if service.is_headless() { " (headless)" } else { "" };
            let mut step = ok(StepKind::Service, at, format!("{reference}{kind}, {named}"));
            step.because.push(Evidence::object(reference, "has the name"));
            return step;
        }
        if service.is_headless() {
            return ok(StepKind::Service, at, format!("{reference} (headless), port {number} of its pods, which it does not declare"));
        }
        let text = format!("{reference} has no port {number}");
        let ports: Vec<String> = service.spec.ports.iter().map(|p| p.port.to_string()).collect();
        let hint = match ports.as_slice() {
            [] => "Add the port to the Service.".to_owned(),
            ports => format!("Call port {}, or add port {number} to the Service.", ports.join(" or ")),
        };
        fails(StepKind::Service, at, text.clone(), vec![Evidence::field(reference, "spec.ports", text)], hint)
    }

    /// A name that no Service has: of the cluster and not there, or of the world outside.
    fn outside(&self, name: &Name<'w>) -> Step {
        let at = StepPlace::Client;
        let Some((service, namespace)) = self.of_cluster(&name.full) else {
            return ok(StepKind::Service, at, format!("{} is outside of the cluster", name.full));
        };
        let text = format!("there is no Service {namespace}/{service}");
        match self.world.sight(Kind::Service, &namespace) {
            Sight::Clear => {
                let known: Vec<&str> = self.world.index.services_in(&namespace).iter().map(|s| s.metadata.name.as_str()).collect();
                let near = super::asked::nearest(&service, &known);
                let hint = near.map_or_else(|| "Call a Service that is there, or add it.".to_owned(), |n| format!("Did you mean {n}.{namespace}?"));
                fails(StepKind::Service, at, format!("{text}: the name does not resolve"), Vec::new(), hint)
            }
            Sight::NotInFiles => unknown(StepKind::Service, at, format!("{text} among the files; the cluster may have it"), None),
            Sight::Hidden(gap) => {
                let why = gap.as_ref().map_or_else(|| "they were not read".to_owned(), ToString::to_string);
                unknown(StepKind::Service, at, format!("{text} that was read: {why}"), gap)
            }
        }
    }

    /// Service and namespace that a name of the cluster's own asks for.
    pub(super) fn of_cluster(&self, full: &str) -> Option<(String, String)> {
        let inner = full.strip_suffix(&format!(".svc.{}", self.view.cluster_domain())).or_else(|| full.strip_suffix(".svc"));
        let labels: Vec<&str> = inner.unwrap_or(full).split('.').collect();
        match (labels[..].as_ref(), inner) {
            ([service, namespace], Some(_)) => Some(((*service).to_owned(), (*namespace).to_owned())),
            ([service, namespace], None) if self.view.index.namespace(namespace).is_some() => Some(((*service).to_owned(), (*namespace).to_owned())),
            ([service], None) => Some(((*service).to_owned(), self.asked.client.workload.reference.namespace.to_string())),
            _ => None,
        }
    }
}
