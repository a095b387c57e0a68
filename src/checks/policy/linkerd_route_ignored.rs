use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::routes::{self, Ignored};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route with a Server for a parent that names it with a `port`, a `sectionName` or another `namespace`, or that has a filter other than
    /// RequestHeaderModifier, ResponseHeaderModifier and (HTTP only) RequestRedirect. The same filters on a route with an EgressNetwork for a parent or,
    /// where callers are in Linkerd, a Service. A GRPCRoute with a Server for a parent that matches methods by regular expression.
    ///
    /// # Why it matters
    ///
    /// The policy controller drops the whole route, all of its rules and parents, with a log line. The route's status may still say Accepted.
    ///
    /// # How to fix it
    ///
    /// Remove the field or the filter. A route on a Server holds for the Server's one port anyway.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/routes.rs`, `policy-controller/k8s/index/src/{inbound,outbound}/index/{http,grpc}.rs`.
    "linkerd-route-ignored",
    summary: "Route that Linkerd ignores as a whole because of one of its parts",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    for kind in [Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute] {
        for route in world.index.objects(kind) {
            for (why, at) in routes::ignored(route) {
                // Filters that Linkerd's own HTTPRoutes do not have at all are refused on any parent, which is another rule's matter.
                if why == Ignored::Filter && kind == Kind::LinkerdHttpRoute {
                    continue;
                }
                // A regular expression that cannot be read is another rule's finding.
                if matches!(why, Ignored::Match(_)) && kind != Kind::GrpcRoute {
                    continue;
                }
                let (what, hint) = match why {
                    Ignored::ParentPort => ("a parent Server may not be named with a port", "Remove port: the Server has one."),
                    Ignored::ParentSection => ("a parent Server may not be named with a sectionName", "Remove sectionName."),
                    Ignored::ParentNamespace => {
                        ("a parent Server must be in the route's own namespace", "Create the route in the Server's namespace.")
                    }
                    Ignored::Filter => ("this filter is not supported", "Remove the filter."),
                    Ignored::Match(what) => (what, "Name the service and the method as they are."),
                };
                findings.add(route, at, format!("{what}: Linkerd ignores the whole route"), hint);
            }
            let parents = routes::parents(route);
            let outbound = parents.iter().any(|p| p.kind != Kind::Server && callers.include(route, p));
            if !outbound || kind == Kind::LinkerdHttpRoute || parents.iter().any(|p| p.kind == Kind::Server) {
                continue;
            }
            for filter in route.spec().list("rules").flat_map(|rule| rule.list("filters").collect::<Vec<_>>()) {
                if !routes::supports_filter(kind, &filter) {
                    let what = "Linkerd does not support this filter: it ignores the whole route, or goes on with the version before";
                    findings.add(route, filter.path_of("type"), what, "Remove the filter.");
                }
            }
        }
    }
}
