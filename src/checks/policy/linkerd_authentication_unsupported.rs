use crate::checks::Findings;
use crate::mesh::linkerd::authz::{required, written_kind};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An entry of `requiredAuthenticationRefs` is neither a MeshTLSAuthentication or NetworkAuthentication of `policy.linkerd.io` nor a
    /// ServiceAccount of the core group.
    ///
    /// # Why it matters
    ///
    /// Admission refuses such a policy; one that got in is passed over as a whole.
    ///
    /// # How to fix it
    ///
    /// Write `group: policy.linkerd.io` for the two authentications, no group for a ServiceAccount. A Namespace goes into `identityRefs` of a
    /// MeshTLSAuthentication.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`, `policy-controller/k8s/index/src/inbound/authorization_policy.rs`.
    "linkerd-authentication-unsupported",
    summary: "AuthorizationPolicy that requires an unknown kind of authentication",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        for required in required(policy).into_iter().filter(|r| r.kind.is_none()) {
            let hint = match required.field.text("kind") {
                "MeshTLSAuthentication" | "NetworkAuthentication" => "Write group: policy.linkerd.io.",
                "ServiceAccount" => "Leave the group out: ServiceAccounts are of the core group.",
                "Namespace" => "Name the Namespace in identityRefs of a MeshTLSAuthentication, and require that.",
                _ => "Require a MeshTLSAuthentication, a NetworkAuthentication or a ServiceAccount.",
            };
            let message = format!("{:?} is no authentication: Linkerd passes the whole policy over", written_kind(&required.field));
            findings.add(policy, required.field.path(), message, hint);
        }
    }
}
