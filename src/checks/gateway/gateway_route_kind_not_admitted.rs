use crate::checks::Findings;
use crate::checks::support::gateway::attachment::{self, Listener};
use crate::checks::support::gateway::routes;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// None of the listeners that a route names takes routes of its kind: an HTTPRoute on a TCP listener, a TLSRoute on an HTTPS one, or a kind that
    /// `allowedRoutes.kinds` leaves out.
    ///
    /// # Why it matters
    ///
    /// The gateway refuses the route (NotAllowedByListeners) and serves nothing of it.
    ///
    /// # How to fix it
    ///
    /// HTTPRoute and GRPCRoute go with HTTP and HTTPS listeners, TLSRoute with TLS, TCPRoute with TCP (or TLS that is terminated), UDPRoute with UDP.
    ///
    /// Sources: Gateway API specification, `ProtocolType`, `AllowedRoutes`; Kiali and istioctl do not look.
    "gateway-route-kind-not-admitted",
    summary: "Route of a kind that no listener of its Gateway takes",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for parent in routes::parents(route) {
            let Some(gateway) = attachment::gateway(world, &parent) else { continue };
            let listeners = attachment::listeners(gateway);
            let named: Vec<&Listener<'_>> = listeners.iter().filter(|l| attachment::is_named(&parent, l)).collect();
            if named.is_empty() || named.iter().any(|l| attachment::takes_kind(l, route.kind)) {
                continue;
            }
            let protocols: Vec<String> = named.iter().map(|l| format!("{} ({})", l.name, l.protocol)).collect();
            findings
                .add(
                    route,
                    parent.field.path_of("name"),
                    format!("no listener of {} {:?} takes routes of kind {}: {}", parent.kind, parent.name, route.kind, protocols.join(", ")),
                    "Attach the route to a listener of a fitting protocol, and let allowedRoutes.kinds name the kind if it is set.",
                )
                .related(gateway.reference(), "is the parent");
        }
    }
}
