use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::routes;
use crate::model::{Field, Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A `backendRef` of a route on a Service or an EgressNetwork is neither a Service nor an EgressNetwork, names a Service of type ExternalName, names
    /// an EgressNetwork that does not exist or that is not a parent of the route, or has a filter other than RequestHeaderModifier, ResponseHeaderModifier and (HTTP only)
    /// RequestRedirect. Routes of the Gateway API on Services are looked at only where callers are in Linkerd.
    ///
    /// # Why it matters
    ///
    /// Linkerd has nowhere to send that backend's share: HTTP requests get 500, connections are closed.
    ///
    /// # How to fix it
    ///
    /// Name a Service with its port, or the EgressNetwork that is the route's parent. Put filters that Linkerd does not know into the application.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/{http,grpc,tls,tcp}.rs`, `policy-controller/k8s/status/src/index.rs`.
    "linkerd-route-backend-unsupported",
    summary: "Route with a backend that Linkerd cannot send requests to",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute, Kind::EgressNetwork, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    for route in routes::all(&world.index) {
        let parents = routes::parents(route);
        if !parents.iter().any(|p| p.kind != Kind::Server && callers.include(route, p)) {
            continue;
        }
        for backend in route.spec().list("rules").flat_map(|rule| rule.list("backendRefs").collect::<Vec<_>>()) {
            let name = backend.text("name");
            match backend_kind(&backend) {
                None => {
                    let what = format!("Linkerd cannot send anything to {} {name:?}", backend.text("kind"));
                    findings.add(route, backend.path_of("kind"), what, "Name a Service with its port.");
                }
                Some(Kind::EgressNetwork) => {
                    let namespace = Some(backend.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&route.meta.namespace);
                    let is_parent = parents.iter().any(|p| p.kind == Kind::EgressNetwork && p.namespace == namespace && p.name == name);
                    if world.index.object(Kind::EgressNetwork, namespace, name).is_none() {
                        findings.missing(
                            route,
                            backend.path_of("name"),
                            &[(Kind::EgressNetwork, namespace)],
                            format!("EgressNetwork {name:?} does not exist in namespace {namespace:?}: its share of the requests fails"),
                            "Name the EgressNetwork that is the route's parent.",
                        );
                    } else if !is_parent {
                        let what = format!("EgressNetwork {name:?} may be a backend of its own routes only, and is no parent of this one");
                        findings.add(route, backend.path_of("name"), what, "Name the EgressNetwork that is the route's parent.");
                    }
                }
                Some(_) => {
                    let namespace = Some(backend.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&route.meta.namespace);
                    if let Some(service) = world.index.service(namespace, name).filter(|s| s.spec.kind == "ExternalName") {
                        let what =
                            format!("Service {name:?} is of type ExternalName, which Linkerd resolves to nothing: its share of the requests fails");
                        let hint = "Name a Service with endpoints; hosts outside are routed through an EgressNetwork.";
                        findings.add(route, backend.path_of("name"), what, hint).related(service.reference(), "is of type ExternalName");
                    }
                }
            }
            for filter in backend.list("filters").filter(|f| !routes::supports_filter(route.kind, f)) {
                let what = format!("Linkerd does not support this filter: the share of {name:?} of the requests fails");
                findings.add(route, filter.path_of("type"), what, "Remove the filter.");
            }
        }
    }
}

/// What a backend is, if it is something that Linkerd knows.
fn backend_kind(backend: &Field<'_>) -> Option<Kind> {
    match (backend.text("group"), backend.text("kind")) {
        ("" | "core", "" | "Service") => Some(Kind::Service),
        ("policy.linkerd.io", "EgressNetwork") => Some(Kind::EgressNetwork),
        _ => None,
    }
}
