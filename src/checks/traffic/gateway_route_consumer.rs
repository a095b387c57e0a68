use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::mesh::gateway_api::grants::Crossing;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route has a Service of another namespace as parent: a consumer route. Only callers in the route's own namespace follow it, and for them it
    /// takes the place of all producer routes, those beside the Service.
    ///
    /// # Why it matters
    ///
    /// It is often meant for everybody, and then nobody but the route's own namespace sees an effect. Where it is meant so, it switches off
    /// what the Service's owner set (retries, splits) for these callers. Kiali misses a ReferenceGrant here, which no mesh asks for.
    ///
    /// # How to fix it
    ///
    /// Put the route into the Service's namespace if it is meant for all callers. Otherwise nothing is wrong.
    ///
    /// Sources: Gateway API GEP-1426; KIA1402; kiali `checkers/k8shttproutes/no_host_checker.go`.
    "gateway-route-consumer",
    summary: "Route on a Service of another namespace, which only its own namespace follows",
    aliases: &["KIA1402"],
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::HttpRoute, Kind::GrpcRoute, Kind::LinkerdHttpRoute, Kind::Service, Kind::ReferenceGrant],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for route in routes::all(index).chain(index.objects(Kind::LinkerdHttpRoute)) {
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service && route.meta.namespace != p.namespace) {
            let Some(service) = index.service(parent.namespace, parent.name) else { continue };
            let from_namespace = route.meta.namespace.as_str();
            let crossing = Crossing::of(route, Kind::Service, parent.namespace, parent.name);
            let kiali = route.kind != Kind::LinkerdHttpRoute && !crossing.is_granted(index);
            findings
                .add(
                    route,
                    parent.field.path_of("namespace"),
                    format!("it is followed by callers in namespace {from_namespace:?} alone, and instead of the routes beside the Service"),
                    format!("Put the route into namespace {:?} if it is meant for all callers.", parent.namespace),
                )
                .related(service.reference(), "is the parent")
                .codes(if kiali { &["KIA1402"] } else { &[] });
        }
    }
}
