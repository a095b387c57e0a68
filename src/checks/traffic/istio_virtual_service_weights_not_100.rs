use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::rules;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The weights of a rule's destinations do not add up to 100, or are given for some destinations only.
    ///
    /// # Why it matters
    ///
    /// Istio takes weights as shares of their sum: 5 and 5 are halves. A destination without a weight gets nothing next to one with.
    ///
    /// # How to fix it
    ///
    /// Give every destination a weight, 100 in all.
    ///
    /// Sources: istio/api `networking/v1alpha3/virtual_service.proto` (HTTPRouteDestination.weight); istio `pkg/config/validation/virtualservice.go`.
    "istio-virtual-service-weights-not-100",
    summary: "Weights of a VirtualService rule do not add up to 100",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (_, rule) in rules(vs) {
            let weights: Vec<Option<i64>> = rule.list("route").map(|r| r.get("weight").and_then(|w| w.int())).collect();
            if weights.len() < 2 {
                continue;
            }
            let sum = weights.iter().flatten().fold(0_i64, |sum, w| sum.saturating_add(*w));
            let path = rule.path_of("route");
            // Istio refuses weights that are all 0, which istio-virtual-service-invalid says.
            if sum == 0 {
                continue;
            }
            if let Some(at) = weights.iter().position(Option::is_none) {
                let message = "has no weight next to destinations that have one: it gets no requests";
                let hint = "Give every destination a weight, 100 in all, or remove this one.";
                findings.add(vs, format!("{path}[{at}]"), message, hint).severity(Severity::Warning);
            } else if sum != 100 {
                let shares = weights.iter().flatten().map(|w| format!("{:.0} %", *w as f64 * 100.0 / sum as f64)).collect::<Vec<_>>().join(", ");
                findings.add(
                    vs,
                    path,
                    format!("weights add up to {sum}: Istio makes shares of them ({shares})"),
                    "Write weights that add up to 100.",
                );
            }
        }
    }
}
