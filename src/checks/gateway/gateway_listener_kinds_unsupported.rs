use crate::checks::Findings;
use crate::checks::support::gateway::attachment;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A listener lists, in `allowedRoutes.kinds`, a kind of route that its protocol cannot carry.
    ///
    /// # Why it matters
    ///
    /// The gateway marks the listener with ResolvedRefs False (InvalidRouteKinds); with no other kind in the list it takes no route at all.
    ///
    /// # How to fix it
    ///
    /// List kinds that go with the protocol: HTTPRoute and GRPCRoute for HTTP and HTTPS, TLSRoute for TLS, TCPRoute for TCP, UDPRoute for UDP.
    ///
    /// Sources: Gateway API specification, `AllowedRoutes.kinds`; Kiali and istioctl do not look.
    "gateway-listener-kinds-unsupported",
    summary: "Listener that allows a kind of route its protocol cannot carry",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for gateway in [Kind::Gateway, Kind::ListenerSet].into_iter().flat_map(|kind| world.index.objects(kind)) {
        for listener in attachment::listeners(gateway) {
            let (Some(carried), Some(allowed)) = (attachment::kinds_of(&listener), listener.field.get("allowedRoutes")) else { continue };
            for kind in allowed.list("kinds") {
                let name = kind.text("kind");
                if matches!(kind.text("group"), "" | "gateway.networking.k8s.io") && !carried.iter().any(|k| k.name() == name) {
                    let fitting: Vec<&str> = carried.iter().map(|k| k.name()).collect();
                    findings.add(
                        gateway,
                        kind.path_of("kind"),
                        format!("listener {:?} speaks {}, which carries no {name}", listener.name, listener.protocol),
                        format!("Allow {} there.", fitting.join(" or ")),
                    );
                }
            }
        }
    }
}
