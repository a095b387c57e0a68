use crate::checks::Findings;
use crate::mesh::linkerd::authz::{TargetFault, target};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `targetRef` is neither a Server or HTTPRoute of `policy.linkerd.io`, nor an HTTPRoute or GRPCRoute of `gateway.networking.k8s.io`, nor the
    /// policy's own Namespace (core group).
    ///
    /// # Why it matters
    ///
    /// Targeting a Service, a Deployment or a pod is a frequent request, but Linkerd knows no such policy: it is refused or passed over.
    ///
    /// # How to fix it
    ///
    /// Define a Server for the pods and the port, and target that.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/authorization_policy.rs`.
    "linkerd-authorization-target-unsupported",
    summary: "AuthorizationPolicy on something policies cannot be about",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        let Err(TargetFault::Unsupported(written)) = target(policy) else { continue };
        let kind = policy.spec().at(["targetRef", "kind"]).and_then(|k| k.str()).unwrap_or_default();
        let hint = match kind {
            "Server" => "Write group: policy.linkerd.io.",
            "HTTPRoute" => "Write group: gateway.networking.k8s.io or group: policy.linkerd.io, whichever the route is of.",
            "GRPCRoute" => "Write group: gateway.networking.k8s.io.",
            "Namespace" => "Leave the group out: Namespaces are of the core group.",
            _ => "Target a Server (group policy.linkerd.io) that selects the pods and the port.",
        };
        findings.add(policy, "spec.targetRef", format!("a policy cannot be about {written:?}: it grants nothing"), hint);
    }
}
