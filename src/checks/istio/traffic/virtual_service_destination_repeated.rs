use std::collections::BTreeMap;

use serde_json::Value;

use super::routes::rules;
use crate::checks::Findings;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule lists the same host and subset twice.
    ///
    /// # Why it matters
    ///
    /// The two shares go to the same place. Mostly one of them was meant for another subset. With different ports or headers it may be
    /// wanted, and is only worth knowing.
    ///
    /// # How to mend it
    ///
    /// Correct the subset of one of the two, or join their weights.
    ///
    /// Sources: KIA1105: kiali `checkers/virtualservices/route_checker.go`.
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

fn judge(world: &World, vs: &Object, rule: &Field<'_>, findings: &mut Findings<'_>) {
    let mut seen: BTreeMap<(String, &str), Vec<Field<'_>>> = BTreeMap::new();
    for route in rule.list("route").filter(|r| !r.value().is_null()) {
        // Without a destination the rule is invalid and nothing can be said about the others.
        let Some(destination) = route.get("destination") else { return };
        let host = world.istio.registry.kiali_host(destination.text("host"), &vs.meta.namespace).name;
        seen.entry((host, destination.text("subset"))).or_default().push(route);
    }
    for ((host, subset), routes) in seen.iter().filter(|(_, routes)| routes.len() > 1) {
        let rest = |r: &Field<'_>| [r.at(["destination", "port"]), r.get("headers")].map(|f| f.map(|f| f.value().clone()).unwrap_or(Value::Null));
        let same = routes.windows(2).all(|pair| rest(&pair[0]) == rest(&pair[1]));
        let what = if subset.is_empty() { format!("host {host:?}") } else { format!("host {host:?} with subset {subset:?}") };
        for route in routes {
            let message = if same { format!("{what} is listed twice") } else { format!("{what} is listed twice, with different port or headers") };
            let finding = findings.add(vs, route.path_of("destination"), message, "Correct one of the two, or join their weights.");
            if !same {
                finding.severity(Severity::Info);
            }
        }
    }
}
