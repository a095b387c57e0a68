use crate::checks::Findings;
use crate::checks::support::istio::security::rules::reach;
use crate::mesh::istio::authorization_policy;
use crate::mesh::istio::policy::Action;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy denies every request to what it selects: an ALLOW policy without rules, or a DENY policy with a rule that has no
    /// condition at all.
    ///
    /// # Why it matters
    ///
    /// As a first step ("deny all, then allow what is needed") this is right. An ALLOW policy without rules is also what is left over when `rules`
    /// is misspelt or wrongly indented, and nobody can lift a DENY with an ALLOW.
    ///
    /// # How to fix it
    ///
    /// Nothing, if it is meant. Otherwise write the rules, and `rules: [{}]` where everything is to be allowed.
    ///
    /// Sources: istio `pilot/pkg/security/authz/builder/builder.go`.
    "istio-policy-denies-everything",
    summary: "AuthorizationPolicy denies every request to what it selects",
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    for policy in authorization_policy::all(&world.index).filter(|policy| !policy.dry_run) {
        let ap = policy.object;
        let reach = reach(ap, root);
        match policy.action {
            Action::Allow if ap.spec().list("rules").next().is_none() => {
                let message = format!("allows nothing, and so denies every request to {reach} that no other policy allows");
                findings.add(ap, "spec.rules", message, "Write the rules, or leave it as it is if that is meant.");
            }
            Action::Deny => {
                if let Some(rule) = policy.rules().find(|rule| rule.is_unconditional()) {
                    let message = format!("denies every request to {reach}; no ALLOW policy can lift that");
                    let hint = "Add conditions to the rule, or use an ALLOW policy without rules, which others can open again.";
                    findings.add(ap, rule.field.path(), message, hint).severity(Severity::Warning);
                }
            }
            _ => {}
        }
    }
}
