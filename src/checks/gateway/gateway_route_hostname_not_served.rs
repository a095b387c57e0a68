use crate::checks::Findings;
use crate::checks::support::gateway::attachment::{self, Listener, intersects};
use crate::checks::support::gateway::routes;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A hostname of a route that no listener it is attached to serves. `*.example.com` covers every name below `example.com`, not `example.com`
    /// itself. When this is so for all its hostnames, the finding is an error.
    ///
    /// # Why it matters
    ///
    /// The gateway leaves such a hostname out without a word; a route with no hostname left is refused (NoMatchingListenerHostname).
    ///
    /// # How to fix it
    ///
    /// Correct the hostname, or add a listener for it.
    ///
    /// Sources: Gateway API specification, `HTTPRouteSpec.hostnames`; Kiali and istioctl do not look.
    "gateway-route-hostname-not-served",
    summary: "Hostname of a route that no listener of its Gateway serves",
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        let hostnames: Vec<_> = route.spec().list("hostnames").filter_map(|h| Some((h.str()?, h.path()))).collect();
        let parents = routes::parents(route);
        // With several parents a hostname may be meant for one of them only.
        let gateways: Vec<_> = parents.iter().filter_map(|p| Some((p, attachment::gateway(world, p)?))).collect();
        if gateways.is_empty() || gateways.len() < parents.len() {
            continue;
        }
        let listeners: Vec<Listener<'_>> = gateways
            .iter()
            .flat_map(|(parent, gateway)| attachment::listeners(gateway).into_iter().filter(|l| attachment::is_named(parent, l)))
            .filter(|l| attachment::takes_kind(l, route.kind))
            .collect();
        if listeners.is_empty() {
            continue;
        }
        let served = |hostname: &str| listeners.iter().any(|l| intersects(l.hostname, hostname));
        let none = !hostnames.iter().any(|(hostname, _)| served(hostname));
        for (hostname, path) in hostnames.iter().filter(|(hostname, _)| !served(hostname)) {
            let names: Vec<String> = listeners.iter().map(|l| format!("{:?}", l.hostname)).collect();
            let finding = findings.add(
                route,
                path.as_str(),
                format!("no listener it is attached to serves {hostname:?}: they serve {}", names.join(", ")),
                "Correct the hostname, or add a listener for it.",
            );
            if none {
                finding.severity(Severity::Error);
            }
            for (_, gateway) in &gateways {
                finding.related(gateway.reference(), "has the listeners");
            }
        }
    }
}
