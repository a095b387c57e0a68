use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::hosts;
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService with gateways routes to a host without a subset, while a VirtualService for that very host splits it into subsets.
    ///
    /// # Why it matters
    ///
    /// A gateway that routes straight to the service does not pass through the VirtualService of the service: its subsets and weights
    /// hold for calls inside the mesh only, and a canary is open to the world.
    ///
    /// # How to fix it
    ///
    /// Name the subsets in the gateway's VirtualService too, or bind the other VirtualService to the gateway.
    ///
    /// Sources: IST0140: istio `pkg/config/analysis/analyzers/virtualservice/destinationhosts.go`.
    "istio-virtual-service-subset-bypassed",
    summary: "Gateway routes to a host without the subsets that its VirtualService uses",
    aliases: &["IST0140"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::VirtualService);
    let mut split: HashMap<&str, &Object> = HashMap::new();
    for vs in all {
        let own = hosts(vs);
        for destination in http_destinations(vs).into_iter().filter(|d| !d.text("subset").is_empty()) {
            if own.contains(&destination.text("host")) {
                split.entry(destination.text("host")).or_insert(vs);
            }
        }
    }
    for vs in all.iter().filter(|vs| vs.spec().texts("gateways").next().is_some()) {
        for destination in http_destinations(vs).into_iter().filter(|d| d.text("subset").is_empty()) {
            let host = destination.text("host");
            if let Some(other) = split.get(host) {
                let message = format!("routes to {host:?} as a whole, past the subsets that {} divides it into", other.reference());
                let hint = "Name a subset here too, or bind the other VirtualService to the gateway.";
                findings.add(vs, destination.path(), message, hint).related(other.reference(), "divides the host into subsets");
            }
        }
    }
}

fn http_destinations(vs: &Object) -> Vec<Field<'_>> {
    vs.spec().list("http").flat_map(|rule| rule.list("route").filter_map(|r| r.get("destination")).collect::<Vec<_>>()).collect()
}
