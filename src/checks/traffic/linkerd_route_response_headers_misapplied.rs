use crate::checks::Findings;
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An HTTPRoute of `policy.linkerd.io` on a Service or an EgressNetwork has a filter ResponseHeaderModifier.
    ///
    /// # Why it matters
    ///
    /// Linkerd takes it for a RequestHeaderModifier: the headers are set on the request that goes out, and the response stays as it is. Headers that
    /// are meant for the caller, such as a cookie, reach the server instead.
    ///
    /// # How to fix it
    ///
    /// Write the route as an HTTPRoute of `gateway.networking.k8s.io`, where the filter works.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/http.rs` (convert_linkerd_filter), as of August 2026.
    "linkerd-route-response-headers-misapplied",
    summary: "ResponseHeaderModifier that Linkerd applies to requests",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdHttpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in world.index.objects(Kind::LinkerdHttpRoute) {
        if !routes::parents(route).iter().any(|p| p.kind != Kind::Server) {
            continue;
        }
        for filter in route.spec().list("rules").flat_map(|rule| rule.list("filters").collect::<Vec<_>>()) {
            if filter.text("type") == "ResponseHeaderModifier" {
                let what = "on calls that go out, Linkerd changes the headers of the request by this filter, not those of the response";
                findings.add(route, filter.path_of("type"), what, "Write the route as an HTTPRoute of gateway.networking.k8s.io.");
            }
        }
    }
}
