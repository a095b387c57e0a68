use crate::checks::Findings;
use crate::checks::support::istio::security::reach::{Reach, enforced_by};
use crate::mesh::istio::policy::{self, Action, Enforcer};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy with the action ALLOW or DENY has a `selector` without labels, and workloads in ambient are among those it would hold
    /// for.
    ///
    /// # Why it matters
    ///
    /// Sidecars take `selector: {}` for no selector. istiod takes it for a selector when it makes policies for ztunnel, and attaches it to no
    /// workload: in ambient the policy is enforced nowhere, a DENY refuses nobody and an ALLOW restricts nobody.
    ///
    /// # How to fix it
    ///
    /// Remove the selector.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/ambient/{authorization,workloads}.go`.
    "istio-ambient-policy-empty-selector",
    summary: "An AuthorizationPolicy with an empty selector is enforced nowhere in ambient",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut reach = Reach::new(world, enforced_by(world, Enforcer::Ztunnel));
    for ap in world.index.objects(Kind::AuthorizationPolicy) {
        let empty = policy::selector(ap).is_some_and(|labels| labels.is_empty()) && policy::targets(ap).is_empty();
        let action = Action::of(ap);
        if !empty || policy::is_dry_run(ap) || !matches!(action, Action::Allow | Action::Deny) {
            continue;
        }
        let Some(workload) = reach.first(ap) else { continue };
        let effect = if action == Action::Deny { "it refuses nobody there" } else { "it restricts nobody there" };
        let message = format!("ztunnel never gets a policy with an empty selector, {} is in ambient: {effect}", workload.reference);
        findings.add(ap, "spec.selector", message, "Remove the selector.").related(workload.reference.clone(), "is in ambient");
    }
}
