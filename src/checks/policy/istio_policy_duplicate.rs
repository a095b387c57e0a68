use std::collections::HashMap;

use crate::checks::Findings;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two AuthorizationPolicies, or two RequestAuthentications, of one namespace say exactly the same.
    ///
    /// # Why it matters
    ///
    /// One of them has no effect. Whoever changes or deletes the other believes to have changed the rule.
    ///
    /// # How to fix it
    ///
    /// Delete one of them.
    ///
    /// Sources: own observation; Istio pools all policies that hold for a workload.
    "istio-policy-duplicate",
    summary: "Two policies of a namespace say exactly the same",
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::RequestAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::AuthorizationPolicy, Kind::RequestAuthentication] {
        let mut policies: Vec<&Object> = world.index.objects(kind).iter().collect();
        policies.sort_by_key(|p| p.meta.age_key());
        let mut first: HashMap<(&str, String, bool), &Object> = HashMap::new();
        for policy in policies {
            let text = policy.spec().to_string();
            let dry = crate::mesh::istio::policy::is_dry_run(policy);
            match first.get(&(policy.meta.namespace.as_str(), text.clone(), dry)) {
                Some(older) => {
                    let message = format!("says exactly what {} says", older.reference());
                    findings.add(policy, "spec", message, "Delete one of the two.").related(older.reference(), "is the older one");
                }
                None => {
                    first.insert((&policy.meta.namespace, text, dry), policy);
                }
            }
        }
    }
}
