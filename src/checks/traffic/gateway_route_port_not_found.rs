use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::model::{Kind, Port, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route names a Service without a port, or with a port that the Service does not have. The number is the Service's `port`, not its
    /// `targetPort`. Parents (`parentRefs` of kind Service) may leave the port out, backends may not.
    ///
    /// # Why it matters
    ///
    /// A backend without a valid port gets no requests; its share of them is answered with 500. On a parent, the route never takes effect.
    ///
    /// # How to fix it
    ///
    /// Use a port of the Service.
    ///
    /// Sources: Gateway API specification, `BackendObjectReference.port`, GEP-1426; Kiali and istioctl do not look.
    "gateway-route-port-not-found",
    summary: "Route that names a Service without a port, or with one it does not have",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::Service, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        let backends = routes::backends(route).into_iter().map(|b| (b.namespace, b.name, b.port, b.field, true));
        let parents = routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service);
        for (namespace, name, port, field, needed) in backends.chain(parents.map(|p| (p.namespace, p.name, p.port, p.field, false))) {
            let Some(service) = world.index.service(namespace, name) else { continue };
            let ports = &service.spec.ports;
            if port.map_or(!needed, |port| ports.is_empty() || ports.iter().any(|p| i64::from(p.port) == port)) {
                continue;
            }
            let known = ports.iter().map(|p| p.port.to_string()).collect::<Vec<_>>().join(", ");
            let target = ports.iter().find(|p| port.is_some_and(|port| matches!(p.target(), Port::Number(n) if i64::from(n) == port)));
            let (message, hint) = match (port, target) {
                (None, _) => (format!("Service {name:?} is named without a port"), format!("Add one of its ports: {known}.")),
                (Some(port), Some(p)) => {
                    (format!("Service {name:?} has no port {port}"), format!("Write port: {}, whose targetPort is {port}.", p.port))
                }
                (Some(port), None) => (format!("Service {name:?} has no port {port}"), format!("Use one of its ports: {known}.")),
            };
            findings.add(route, field.path_of("port"), message, hint).related(service.reference(), format!("has the ports {known}"));
        }
    }
}
