use crate::checks::Findings;
use crate::mesh::linkerd::authz::{referenced_kind, written_kind};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `targetRef` of an HTTPLocalRateLimitPolicy is not of kind Server (group `policy.linkerd.io`), or names one that is not in the policy's
    /// namespace.
    ///
    /// # Why it matters
    ///
    /// Nothing is limited.
    ///
    /// # How to fix it
    ///
    /// Target a Server of the same namespace.
    ///
    /// Sources: linkerd `policy-controller/k8s/status/src/ratelimit.rs`, `policy-controller/runtime/src/admission.rs`.
    "linkerd-rate-limit-target-not-found",
    summary: "Rate limit on something that is no Server here",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::HttpLocalRateLimitPolicy, Kind::Server],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::HttpLocalRateLimitPolicy) {
        let Some(target) = policy.spec().get("targetRef") else { continue };
        if referenced_kind(&target) != Some(Kind::Server) {
            let message = format!("a rate limit cannot be on {:?}: nothing is limited", written_kind(&target));
            findings.add(policy, target.path(), message, "Write group: policy.linkerd.io and kind: Server.");
            continue;
        }
        let (namespace, name) = (policy.meta.namespace.as_str(), target.text("name"));
        if world.index.object(Kind::Server, namespace, name).is_none() {
            findings.missing(
                policy,
                target.path_of("name"),
                &[(Kind::Server, namespace)],
                format!("Server {name:?} does not exist in namespace {namespace:?}: nothing is limited"),
                "Name a Server of the same namespace.",
            );
        }
    }
}
