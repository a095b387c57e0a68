use crate::checks::Findings;
use crate::checks::support::istio::security::reach::{Reach, enforced_by};
use crate::mesh::istio::policy::{Action, Enforcer};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A CUSTOM or AUDIT policy without a target holds for a workload in ambient.
    ///
    /// # Why it matters
    ///
    /// ztunnel knows ALLOW and DENY only. The external authorizer of a CUSTOM policy is never asked, and every request passes; AUDIT leaves no
    /// trace.
    ///
    /// # How to fix it
    ///
    /// Put a waypoint before the workload and name it, or the Service, in `targetRefs`.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/ambient/authorization.go` (condition `ZtunnelAccepted`).
    "istio-ztunnel-policy-unsupported-action",
    summary: "A CUSTOM or AUDIT policy without a target holds for an ambient workload, where nothing enforces it",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut reach = Reach::new(world, enforced_by(world, Enforcer::Ztunnel));
    for ap in world.index.objects(Kind::AuthorizationPolicy) {
        let action = Action::of(ap);
        if !matches!(action, Action::Custom | Action::Audit) {
            continue;
        }
        let Some(workload) = reach.first(ap) else { continue };
        let effect = if action == Action::Custom { "every request passes unasked" } else { "nothing is audited" };
        let message = format!("{} is in ambient, and ztunnel has no {} policies: {effect}", workload.reference, action.name());
        let finding = findings.add(ap, "spec.action", message, "Name the Service or a waypoint in targetRefs.");
        finding.severity(if action == Action::Custom { Severity::Error } else { Severity::Warning });
        finding.related(workload.reference.clone(), "is in ambient");
    }
}
