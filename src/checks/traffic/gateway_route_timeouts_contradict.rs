use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::model::Kind;
use crate::model::go_duration;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule's timeout for one request to a backend (`backendRequest`) is longer than the one for the whole exchange (`request`), retries included.
    ///
    /// # Why it matters
    ///
    /// The API server refuses it where it can; an implementation that takes it never reaches the longer one, and has no time for a retry.
    ///
    /// # How to fix it
    ///
    /// Make `request` at least as long as `backendRequest` times the number of tries, or 0 for no limit.
    ///
    /// Sources: Gateway API GEP-1742, `HTTPRouteTimeouts`; Kiali and istioctl do not look.
    "gateway-route-timeouts-contradict",
    summary: "Timeout of a backend request that is longer than that of the whole request",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::HttpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for timeouts in route.spec().list("rules").filter_map(|rule| rule.get("timeouts")) {
            let (request, backend) = (timeouts.text("request"), timeouts.text("backendRequest"));
            let (Some((whole, false)), Some((one, false))) = (go_duration(request), go_duration(backend)) else { continue };
            if !whole.is_zero() && one > whole {
                let message = format!("backendRequest {backend} is longer than request {request}");
                findings.add(route, timeouts.path_of("backendRequest"), message, "Make request at least as long as backendRequest.");
            }
        }
    }
}
