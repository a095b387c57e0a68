use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `requiredAuthenticationRefs` is empty or absent.
    ///
    /// # Why it matters
    ///
    /// An empty list does not mean "nobody": everybody gets in from everywhere, without mTLS, and since grants add up every other policy on the
    /// target becomes pointless.
    ///
    /// # How to fix it
    ///
    /// Require a MeshTLSAuthentication (`identities: ["*"]` admits every mesh client) or a NetworkAuthentication.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`.
    "linkerd-authorization-open-to-everyone",
    summary: "AuthorizationPolicy that requires no authentication at all",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        if policy.spec().list("requiredAuthenticationRefs").next().is_none() {
            findings.add(
                policy,
                "spec.requiredAuthenticationRefs",
                "it requires nothing: everybody is let in, from everywhere and without mTLS",
                "Require a MeshTLSAuthentication or a NetworkAuthentication.",
            );
        }
    }
}
