use crate::checks::Findings;
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A `parentRef` of kind Server or EgressNetwork that is not of group `policy.linkerd.io`, or, on an HTTPRoute of `policy.linkerd.io`, one of
    /// kind Service that is not of the core group. An absent group is filled in with the route's own.
    ///
    /// # Why it matters
    ///
    /// Linkerd passes the parent over, and no status says so: the route does nothing there.
    ///
    /// # How to fix it
    ///
    /// Write `group: policy.linkerd.io` for Servers and EgressNetworks, `group: core` for Services.
    ///
    /// Sources: HTTPRoute CRDs; linkerd `policy-controller/k8s/api/src/policy/httproute.rs`, `policy-controller/k8s/index/src/outbound/index.rs`.
    "linkerd-route-parent-group-wrong",
    summary: "Route whose parent is of a group that does not have the kind",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for parent in route.spec().list("parentRefs") {
            let kind = parent.text("kind");
            let wanted = match kind {
                "Server" | "EgressNetwork" => "policy.linkerd.io",
                "Service" if route.kind == Kind::LinkerdHttpRoute => "core",
                _ => continue,
            };
            if routes::parent_kind(route.kind, &parent).is_some() {
                continue;
            }
            let group = routes::parent_group(route.kind, &parent);
            let how = if parent.get("group").is_some() { "is written as" } else { "is missing and becomes" };
            findings.add(
                route,
                parent.path_of("group"),
                format!("the group of {kind} {:?} {how} {group:?}, which has no such kind: Linkerd passes the parent over", parent.text("name")),
                format!("Write group: {wanted}."),
            );
        }
    }
}
