use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule of a route sends its requests nowhere: all its backends have weight 0, or it has none and no filter that answers by itself (a redirect
    /// or an extension).
    ///
    /// # Why it matters
    ///
    /// Every request that the rule matches is answered with 500.
    ///
    /// # How to fix it
    ///
    /// Add a backend, or give one of them a weight.
    ///
    /// Sources: Gateway API specification, `HTTPRouteRule.backendRefs`, `BackendRef.weight`; Kiali and istioctl do not look.
    "gateway-route-no-backend",
    summary: "Rule of a route without a backend that gets requests",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        let parents = routes::parents(route);
        // On a Server a route only selects requests; on a Service Linkerd takes the Service itself for the backend.
        let at_gateway = parents.iter().any(|p| p.kind != Kind::Service);
        if parents.is_empty() {
            continue;
        }
        for rule in route.spec().list("rules") {
            let answers = rule.list("filters").any(|f| matches!(f.text("type"), "RequestRedirect" | "ExtensionRef"));
            let weights: Vec<Option<i64>> = rule.list("backendRefs").map(|b| b.get("weight").and_then(|w: Field<'_>| w.int())).collect();
            let (what, hint) = if weights.is_empty() && at_gateway {
                ("the rule has no backend: its requests are answered with an error", "Add a backend, or a redirect.")
            } else if !weights.is_empty() && weights.iter().all(|w| *w == Some(0)) {
                ("all backends of the rule have weight 0: its requests are answered with an error", "Give one of them a weight.")
            } else {
                continue;
            };
            if !answers {
                findings.add(route, rule.path_of("backendRefs"), what, hint);
            }
        }
    }
}
