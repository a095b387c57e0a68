use crate::checks::Findings;
use crate::checks::support::istio::security::rules::reach;
use crate::mesh::istio::authorization_policy;
use crate::mesh::istio::policy::{self, Action};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An ALLOW policy has a rule without any condition (`rules: [{}]`).
    ///
    /// # Why it matters
    ///
    /// It lets everybody in. ALLOW policies are pooled, whatever their level: beside it, every other ALLOW policy for the same workloads is
    /// pointless. In the root namespace that holds for the whole mesh, and a "deny all" of a namespace no longer denies.
    ///
    /// # How to fix it
    ///
    /// Remove the empty rule, or give it conditions. Only DENY policies limit what it lets in.
    ///
    /// Sources: istio `pilot/pkg/security/authz/builder/builder.go`.
    "istio-policy-allows-everything",
    summary: "An ALLOW policy has a rule without conditions, which makes all other ALLOW policies pointless",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    for (policy, ap) in authorization_policy::all(&world.index).map(|policy| (policy, policy.object)).filter(|(p, _)| p.enforces(Action::Allow)) {
        if let Some(rule) = policy.rules().find(|rule| rule.is_unconditional()) {
            let mesh_wide = ap.meta.namespace == root && policy::targets(ap).is_empty() && policy::selector(ap).unwrap_or_default().is_empty();
            let message = format!("lets everybody into {}; other ALLOW policies there are pointless", reach(ap, root));
            let finding = findings.add(ap, rule.field.path(), message, "Give the rule conditions, or remove it.");
            finding.severity(if mesh_wide { Severity::Warning } else { Severity::Info });
        }
    }
}
