use crate::checks::Findings;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule injects faults (delays or aborts) into requests that no header, query parameter or caller's label picks out.
    ///
    /// # Why it matters
    ///
    /// Everybody's requests are delayed or fail. Fault injection is for tests; a rule without such a condition is mostly one that was
    /// forgotten.
    ///
    /// # How to fix it
    ///
    /// Remove the fault, or match a header that only the test sends.
    ///
    /// Sources: istio/api `networking/v1alpha3/virtual_service.proto` (HTTPFaultInjection).
    "istio-virtual-service-fault-for-everyone",
    summary: "VirtualService injects faults into everybody's requests",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for rule in vs.spec().list("http") {
            let Some(fault) = rule.get("fault") else { continue };
            let mut matches = rule.list("match").peekable();
            if matches.peek().is_some() && matches.all(|m| is_picky(&m)) {
                continue;
            }
            for (name, what) in [("delay", "delays"), ("abort", "fails")] {
                let Some(part) = fault.get(name) else { continue };
                if name == "abort" && ["httpStatus", "grpcStatus"].iter().all(|status| part.get(status).is_none()) {
                    continue;
                }
                let share = part.at(["percentage", "value"]).or_else(|| part.get("percent")).map_or(Some(100.0), |p| p.number());
                if let Some(share) = share.filter(|s| *s > 0.0) {
                    let message = format!("{what} {share} % of the requests of all callers");
                    findings.add(vs, part.path(), message, "Remove the fault, or match a header that only the test sends.");
                }
            }
        }
    }
}

/// Whether a match is for some callers only.
fn is_picky(condition: &Field<'_>) -> bool {
    ["headers", "withoutHeaders", "queryParams", "sourceLabels"].into_iter().any(|name| condition.get(name).is_some_and(|f| !f.is_empty()))
        || !condition.text("sourceNamespace").is_empty()
}
