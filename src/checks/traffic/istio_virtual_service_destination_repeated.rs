use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::rules;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule lists the same host and subset twice, with the same port and headers.
    ///
    /// # Why it matters
    ///
    /// The two shares go to the same place. Mostly one of them was meant for another subset.
    ///
    /// # How to fix it
    ///
    /// Correct the subset of one of the two, or join their weights.
    ///
    /// Sources: KIA1105: kiali `checkers/virtualservices/route_checker.go` (which looks at neither ports nor headers).
    "istio-virtual-service-destination-repeated",
    summary: "VirtualService rule lists the same destination twice",
    aliases: &["KIA1105"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (_, rule) in rules(vs) {
            judge(world, vs, &rule, findings);
        }
    }
}

/// What makes a destination another one: full host, subset, port and the changes to headers.
type Key<'a> = (String, &'a str, String, String);

fn judge(world: &World, vs: &Object, rule: &Field<'_>, findings: &mut Findings<'_>) {
    let mut seen: BTreeMap<Key<'_>, Vec<Field<'_>>> = BTreeMap::new();
    for route in rule.list("route").filter(|r| !r.is_null()) {
        // Without a destination the rule is invalid and nothing can be said about the others.
        let Some(destination) = route.get("destination") else { return };
        let host = world.istio.registry.kiali_host(destination.text("host"), &vs.meta.namespace).name;
        let text = |field: Option<Field<'_>>| field.map(|f| f.to_string()).unwrap_or_default();
        seen.entry((host, destination.text("subset"), text(destination.get("port")), text(route.get("headers")))).or_default().push(route);
    }
    for ((host, subset, ..), routes) in seen.iter().filter(|(_, routes)| routes.len() > 1) {
        let what = if subset.is_empty() { format!("host {host:?}") } else { format!("host {host:?} with subset {subset:?}") };
        for route in routes {
            findings.add(vs, route.path_of("destination"), format!("{what} is listed twice"), "Correct one of the two, or join their weights.");
        }
    }
}
