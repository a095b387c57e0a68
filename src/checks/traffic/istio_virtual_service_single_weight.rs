use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::rules;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule has one destination with a weight between 1 and 99.
    ///
    /// # Why it matters
    ///
    /// A single destination gets all requests, whatever its weight: the other destination of the split is missing.
    ///
    /// # How to fix it
    ///
    /// Add the destination for the rest, or remove the weight.
    ///
    /// Sources: KIA1104: kiali `checkers/virtualservices/route_checker.go`.
    "istio-virtual-service-single-weight",
    summary: "VirtualService gives a single destination a weight below 100, which is ignored",
    aliases: &["KIA1104"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (_, rule) in rules(vs) {
            let mut routes = rule.list("route");
            let (Some(only), None) = (routes.next(), routes.next()) else { continue };
            let weight = only.get("weight").and_then(|w| w.int()).filter(|w| (1..100).contains(w));
            if let Some(weight) = weight {
                let message = format!("weight {weight} of the only destination is ignored: it gets all requests");
                findings.add(vs, only.path_of("weight"), message, "Add a destination for the other requests, or remove the weight.");
            }
        }
    }
}
