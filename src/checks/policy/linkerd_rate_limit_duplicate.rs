use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Several HTTPLocalRateLimitPolicies target the same Server.
    ///
    /// # Why it matters
    ///
    /// Only the oldest (then the first by name) is accepted; the others get RateLimitReasonAlreadyExists and limit nothing.
    ///
    /// # How to fix it
    ///
    /// Merge them into one.
    ///
    /// Sources: linkerd `policy-controller/k8s/status/src/index.rs`.
    "linkerd-rate-limit-duplicate",
    summary: "Second rate limit on one Server",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::HttpLocalRateLimitPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_server: BTreeMap<(&str, String), Vec<&Object>> = BTreeMap::new();
    for policy in world.index.objects(Kind::HttpLocalRateLimitPolicy) {
        if let Some(target) = policy.spec().get("targetRef") {
            by_server.entry((policy.meta.namespace.as_str(), target.text("name").to_owned())).or_default().push(policy);
        }
    }
    for ((_, server), mut policies) in by_server {
        policies.sort_by_key(|p| p.meta.age_key());
        let [first, rest @ ..] = policies.as_slice() else { continue };
        for policy in rest {
            findings
                .add(
                    *policy,
                    "spec.targetRef.name",
                    format!("Server {server:?} already has rate limit {:?}: this one limits nothing", first.meta.name.as_str()),
                    "Merge the two into one policy.",
                )
                .related(first.reference(), "is in force");
        }
    }
}
