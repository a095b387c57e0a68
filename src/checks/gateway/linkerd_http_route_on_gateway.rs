use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An HTTPRoute of `policy.linkerd.io` has a Gateway as parent. That kind is Linkerd's own and is read by Linkerd alone, for Servers, Services and
    /// EgressNetworks.
    ///
    /// # Why it matters
    ///
    /// No gateway knows the route: its hosts answer 404, and no status says why.
    ///
    /// # How to fix it
    ///
    /// Write `apiVersion: gateway.networking.k8s.io/v1`.
    ///
    /// Sources: HTTPRoute CRDs of Linkerd and of the Gateway API; linkerd `policy-controller/k8s/status/src/index.rs`.
    "linkerd-http-route-on-gateway",
    summary: "HTTPRoute of Linkerd's own group on a Gateway, which no gateway reads",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdHttpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in world.index.objects(Kind::LinkerdHttpRoute) {
        for parent in route.spec().list("parentRefs").filter(|p| p.text("kind") == "Gateway") {
            findings.add(
                route,
                parent.path(),
                format!("Gateway {:?} is its parent, and no gateway reads HTTPRoutes of policy.linkerd.io", parent.text("name")),
                "Write apiVersion: gateway.networking.k8s.io/v1.",
            );
        }
    }
}
