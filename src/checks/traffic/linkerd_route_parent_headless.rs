use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route's parent is a headless Service (`clusterIP: None`) or one of type ExternalName. Routes of Gateway API are looked at only where
    /// callers are in Linkerd.
    ///
    /// # Why it matters
    ///
    /// Linkerd refuses such a parent (NoMatchingParent): traffic to it goes to a pod's address, where routes of a Service do not hold.
    ///
    /// # How to fix it
    ///
    /// Route a Service with a cluster IP, or an EgressNetwork for hosts outside.
    ///
    /// Sources: linkerd `policy-controller/k8s/status/src/service.rs`.
    "linkerd-route-parent-headless",
    summary: "Route on a Service without a cluster IP",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    for route in routes::all(&world.index) {
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service && callers.include(route, p)) {
            let Some(service) = world.index.service(parent.namespace, parent.name) else { continue };
            let why = match service.spec.kind.as_str() {
                "ExternalName" => "is of type ExternalName",
                _ if service.is_headless() => "is headless",
                _ => continue,
            };
            findings
                .add(
                    route,
                    parent.field.path_of("name"),
                    format!("Service {:?} {why}: Linkerd refuses it as a parent, and the route does nothing", parent.name),
                    "Name a Service with a cluster IP.",
                )
                .related(service.reference(), why);
        }
    }
}
