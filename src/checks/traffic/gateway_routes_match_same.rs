use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::gateway::matches;
use crate::checks::support::gateway::routes::{self, Parent};
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two routes of one kind on the same parent (listener, port) have the same hostname and the same match.
    ///
    /// # Why it matters
    ///
    /// The oldest route wins, then the first by namespace and name. The other's match never gets a request, and nothing says so. Re-creating the
    /// winner makes the other one win.
    ///
    /// # How to fix it
    ///
    /// Remove one, or put the backends into one route with weights.
    ///
    /// Sources: Gateway API specification, `HTTPRouteRule.matches` (precedence between routes); Kiali and istioctl do not look.
    "gateway-routes-match-same",
    summary: "Two routes that match the same requests on one parent, of which the oldest wins",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

/// Kind of route, parent, section and port, hostname, match. On a Service the namespace of a consumer route counts too: its callers see no other.
type Site<'a> = (Kind, (Kind, &'a str, &'a str), Option<&'a str>, Option<i64>, &'a str, String, String);

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut first: BTreeMap<Site<'_>, &Object> = BTreeMap::new();
    let mut by_age: Vec<&Object> = routes::all(&world.index).collect();
    by_age.sort_by_key(|route| {
        let (without_time, time, ..) = route.meta.age_key();
        (without_time, time, route.meta.namespace.as_str(), route.meta.name.as_str())
    });
    for route in by_age {
        let hostnames: Vec<&str> = route.spec().texts("hostnames").map(|(hostname, _)| hostname).collect();
        let hostnames = if hostnames.is_empty() { vec![""] } else { hostnames };
        let parents = routes::parents(route);
        for (spelling, at) in matches::all(route) {
            let sites = parents.iter().flat_map(|parent| hostnames.iter().map(|h| site(route, parent, h, &spelling)).collect::<Vec<_>>());
            // One finding for a match, however many parents and hostnames it loses on.
            let mut loses_to: Option<&Object> = None;
            for site in sites {
                let winner = *first.entry(site).or_insert(route);
                if winner.reference() != route.reference() {
                    loses_to = loses_to.or(Some(winner));
                }
            }
            if let Some(winner) = loses_to {
                findings
                    .add(
                        route,
                        at.path(),
                        format!("{} matches the same requests and wins ({spelling})", winner.reference()),
                        "Remove one, or put the backends into one route with weights.",
                    )
                    .related(winner.reference(), "is older, or first by name, and wins");
            }
        }
    }
}

fn site<'a>(route: &'a Object, parent: &Parent<'a>, hostname: &'a str, spelling: &str) -> Site<'a> {
    let consumer = if parent.kind == Kind::Service { route.meta.namespace.to_string() } else { String::new() };
    let of = (parent.kind, parent.namespace, parent.name);
    // Hostnames mean nothing inside a mesh.
    let hostname = if parent.kind == Kind::Service { "" } else { hostname };
    (route.kind, of, parent.section, parent.port, hostname, spelling.to_owned(), consumer)
}
