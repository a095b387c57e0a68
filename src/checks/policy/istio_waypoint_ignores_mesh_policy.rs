use crate::checks::Findings;
use crate::mesh::istio::ambient::{WAYPOINT_CLASS, http_field};
use crate::mesh::istio::policy::{self, Action};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy in the root namespace has neither a selector nor a target, and the mesh has waypoints.
    ///
    /// # Why it matters
    ///
    /// Such a policy holds for every sidecar and, as far as it needs no HTTP, at every ztunnel, but never at a waypoint. Behind a waypoint ztunnel
    /// sees the waypoint as the caller: rules about the original caller do not match it, and rules about HTTP are enforced nowhere.
    ///
    /// # How to fix it
    ///
    /// Add a copy that targets the GatewayClass `istio-waypoint`, and let the waypoints themselves pass in this one.
    ///
    /// # Example
    ///
    /// ```yaml
    /// targetRefs:
    /// - group: gateway.networking.k8s.io
    ///   kind: GatewayClass
    ///   name: istio-waypoint
    /// ```
    ///
    /// Sources: istio `pilot/pkg/model/policyattachment.go`.
    "istio-waypoint-ignores-mesh-policy",
    summary: "A mesh-wide AuthorizationPolicy is not enforced at waypoints",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let Some(waypoint) = index.objects(Kind::Gateway).iter().find(|g| g.spec().text("gatewayClassName") == WAYPOINT_CLASS) else { return };
    let policies = index.objects_in(Kind::AuthorizationPolicy, world.istio.root_namespace());
    // A policy for the class of waypoints with the same action is taken for the copy.
    let copied = |action: Action| {
        let targets_class = |p: &crate::model::Object| policy::targets(p).iter().any(|t| t.known_kind() == Some(Kind::GatewayClass));
        policies.iter().any(|p| Action::of(p) == action && targets_class(p))
    };
    for ap in policies.iter().filter(|p| policy::targets(p).is_empty() && policy::selector(p).unwrap_or_default().is_empty()) {
        let action = Action::of(ap);
        if policy::is_dry_run(ap) || copied(action) {
            continue;
        }
        let message = format!("holds for the whole mesh except at waypoints, such as {}", waypoint.reference());
        let finding = findings.add(ap, "", message, "Add a copy that targets the GatewayClass istio-waypoint.");
        let serious = action != Action::Allow || http_field(ap).is_some();
        finding.severity(if serious { Severity::Warning } else { Severity::Info });
    }
}
