use crate::checks::Findings;
use crate::mesh::linkerd::profile;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route without a name or condition, a condition with none of its fields, a `pathRegex` that is no regular expression, a status range
    /// beyond 100 to 599 or reversed, a `timeout` that is no duration; a `retryBudget` without a valid `ttl` (1s to 60s) or with a `retryRatio`
    /// beyond 0 to 1000.
    ///
    /// # Why it matters
    ///
    /// The validating webhook refuses most of this. What got in, before the webhook or while it was down, makes the destination controller drop
    /// the whole profile, or the proxy the route or the budget.
    ///
    /// # How to fix it
    ///
    /// Correct the field. Conditions nest with `all`, `any` and `not`.
    ///
    /// Sources: linkerd `pkg/profiles/profiles.go`; linkerd-proxy `linkerd/service-profiles/src/proto.rs`.
    "linkerd-service-profile-invalid",
    summary: "ServiceProfile with routes or a retry budget that cannot be used",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ServiceProfile],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for object in world.index.objects(Kind::ServiceProfile) {
        let spec = object.spec();
        for (at, message) in profile::route_faults(&spec).into_iter().chain(profile::budget_faults(&spec)) {
            findings.add(object, at, message, "Correct the field as linkerd.io/docs/reference/service-profiles describes it.");
        }
    }
}
