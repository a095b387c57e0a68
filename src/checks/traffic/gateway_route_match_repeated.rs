use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::gateway::matches;
use crate::checks::support::gateway::routes;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two rules of one route have the same match. The order of rules does not matter to the Gateway API otherwise: a longer path, a method, more
    /// headers win. Only between equal matches does the first rule win.
    ///
    /// # Why it matters
    ///
    /// The later match never gets a request, and neither do its backends. A rule without matches takes the same requests as one for the prefix `/`.
    ///
    /// # How to fix it
    ///
    /// Remove one, put their backends into one rule with weights, or make one match more specific.
    ///
    /// Sources: Gateway API specification, `HTTPRouteRule.matches`; Kiali and istioctl do not look.
    "gateway-route-match-repeated",
    summary: "Two rules of a route with the same match, of which the first wins",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        let mut first: BTreeMap<String, Field<'_>> = BTreeMap::new();
        for (spelling, at) in matches::all(route) {
            match first.get(&spelling) {
                Some(winner) => {
                    let message = format!("it matches the same requests as {}, which wins ({spelling})", winner.path());
                    findings.add(route, at.path(), message, "Remove one, put their backends into one rule, or make one more specific.");
                }
                None => {
                    first.insert(spelling, at);
                }
            }
        }
    }
}
