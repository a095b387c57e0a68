use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::istio::policy;
use crate::mesh::istio::request_authentication::{JwtRule, rules};
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// RequestAuthentications that hold for the same workloads (same namespace, same selector or targets), or two rules of one of them, name one
    /// issuer with different keys: another `jwksUri`, another inline `jwks`.
    ///
    /// # Why it matters
    ///
    /// All rules that hold for a workload are pooled. A token of that issuer is good when either set of keys verifies it, so a forgotten rule
    /// keeps old or foreign keys valid.
    ///
    /// # How to fix it
    ///
    /// Keep one rule per issuer.
    ///
    /// Sources: istio `pilot/pkg/security/authn/policy_applier.go`.
    "istio-jwt-issuer-duplicate",
    summary: "One issuer of tokens is configured twice with different keys",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::RequestAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_age: Vec<&Object> = world.index.objects(Kind::RequestAuthentication).iter().collect();
    by_age.sort_by_key(|ra| ra.meta.age_key());
    let mut first: HashMap<(String, &str), JwtRule<'_>> = HashMap::new();
    for ra in by_age {
        let spec = ra.spec();
        let part = |name| spec.get(name).map_or_else(String::new, |f| f.to_string());
        let labels: Vec<String> = policy::selector(ra).unwrap_or_default().iter().map(|(k, v)| format!("{k}={v}")).collect();
        let place = format!("{}\n{}\n{}{}", ra.meta.namespace, labels.join(","), part("targetRefs"), part("targetRef"));
        for rule in rules(ra).filter(|rule| !rule.issuer.is_empty()) {
            let key = (place.clone(), rule.issuer);
            match first.get(&key) {
                Some(older) if (older.jwks_uri(), older.jwks()) != (rule.jwks_uri(), rule.jwks()) => {
                    let other = older.policy;
                    let message =
                        format!("issuer {:?} has other keys at {} of {}: tokens of both are good", key.1, older.field.path(), other.reference());
                    let finding = findings.add(ra, rule.field.path_of("issuer"), message, "Keep one rule per issuer.");
                    finding.related(other.reference(), "names the same issuer");
                }
                Some(_) => {}
                None => {
                    first.insert(key, rule);
                }
            }
        }
    }
}
