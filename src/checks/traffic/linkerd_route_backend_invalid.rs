use crate::checks::Findings;
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A `backendRef` of an HTTPRoute of `policy.linkerd.io` names no port, a Service that does not exist, or a port that the Service does not
    /// have.
    ///
    /// # Why it matters
    ///
    /// Requests for that backend fail with 500, in proportion to its weight.
    ///
    /// # How to fix it
    ///
    /// Name an existing Service and one of its ports.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/http.rs`, `policy-controller/k8s/status/src/index.rs`.
    "linkerd-route-backend-invalid",
    summary: "HTTPRoute that sends requests to a Service or port that does not exist",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdHttpRoute, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    // On a Server there are no backends to choose from.
    let outbound = world.index.objects(Kind::LinkerdHttpRoute).iter().filter(|r| routes::parents(r).iter().any(|p| p.kind != Kind::Server));
    for route in outbound {
        for backend in route.spec().list("rules").flat_map(|rule| rule.list("backendRefs").collect::<Vec<_>>()) {
            let is_service = matches!(backend.text("group"), "" | "core") && matches!(backend.text("kind"), "" | "Service");
            if !is_service {
                continue;
            }
            let name = backend.text("name");
            let namespace = Some(backend.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&route.meta.namespace);
            let port = backend.get("port").and_then(|p| p.int()).filter(|p| *p != 0);
            if port.is_none() {
                findings.add(route, backend.path_of("port"), format!("Service {name:?} is named without a port"), "Add the Service's port.");
            }
            let Some(service) = world.index.service(namespace, name) else {
                findings.missing_named(
                    route,
                    backend.path_of("name"),
                    (Kind::Service, namespace, name),
                    format!("Service {name:?} does not exist in namespace {namespace:?}: its share of the requests fails"),
                    "Name an existing Service.",
                );
                continue;
            };
            let known: Vec<String> = service.spec.ports.iter().map(|p| p.port.to_string()).collect();
            if let Some(port) = port.filter(|p| !known.contains(&p.to_string())) {
                findings
                    .add(
                        route,
                        backend.path_of("port"),
                        format!("Service {name:?} has no port {port}: its share of the requests fails"),
                        format!("Use one of its ports: {}.", known.join(", ")),
                    )
                    .related(service.reference(), "is the backend");
            }
        }
    }
}
