use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A GRPCRoute on a Service or a Server of Linkerd's has no rules. Unlike an HTTPRoute, which gets a rule for everything by default, it has none
    /// then.
    ///
    /// # Why it matters
    ///
    /// The route takes over its parent and matches no call: all of them are answered with not found. HTTPRoutes on the same parent are pushed aside as
    /// well.
    ///
    /// # How to fix it
    ///
    /// Add a rule; one with only `backendRefs` (on a Server an empty one) takes every call.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/grpc.rs`; Gateway API, `GRPCRouteSpec.rules`; no other tool looks.
    "linkerd-grpc-route-without-rules",
    summary: "GRPCRoute without rules, which matches no call",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    for route in world.index.objects(Kind::GrpcRoute).iter().filter(|r| r.spec().list("rules").next().is_none()) {
        if let Some(parent) = routes::parents(route).iter().find(|p| callers.include(route, p)) {
            let message = format!("it has no rules, so that no call to {} {:?} matches: all are answered with not found", parent.kind, parent.name);
            findings.add(route, "spec", message, "Add a rule; one without matches takes every call.");
        }
    }
}
