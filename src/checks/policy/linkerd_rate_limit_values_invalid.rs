use crate::checks::Findings;
use crate::mesh::linkerd::authz::{referenced_kind, written_kind};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An HTTPLocalRateLimitPolicy with a `requestsPerSecond` of 0, an `identity` or override above `total`, or an override for something other
    /// than a ServiceAccount.
    ///
    /// # Why it matters
    ///
    /// Admission refuses it. The total is checked first, so a part of it cannot be larger.
    ///
    /// # How to fix it
    ///
    /// Raise the total, or lower the part.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`.
    "linkerd-rate-limit-values-invalid",
    summary: "Rate limit with contradictory or impossible values",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::HttpLocalRateLimitPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::HttpLocalRateLimitPolicy) {
        let spec = policy.spec();
        let total = spec.at(["total", "requestsPerSecond"]).and_then(|t| t.int());
        let limits = spec.get("total").into_iter().chain(spec.get("identity")).chain(spec.list("overrides"));
        for (at, limit) in limits.filter_map(|l| l.get("requestsPerSecond")).filter_map(|l| Some((l.path(), l.int()?))) {
            if limit <= 0 {
                findings.add(policy, at, "requestsPerSecond must be greater than 0", "Write at least 1.");
            } else if let Some(total) = total.filter(|t| *t > 0 && limit > *t) {
                findings.add(policy, at, format!("{limit} requests per second exceed the total of {total}"), "Raise the total, or lower this limit.");
            }
        }
        for reference in spec.list("overrides").flat_map(|o| o.list("clientRefs").collect::<Vec<_>>()) {
            if referenced_kind(&reference) != Some(Kind::ServiceAccount) {
                let message = format!("an override cannot be for {:?}", written_kind(&reference));
                findings.add(policy, reference.path(), message, "Name a ServiceAccount, without a group.");
            }
        }
    }
}
