use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::istio::policy;
use crate::model::{Field, Kind, Object, Subject};
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
    let mut first: HashMap<(String, &str), (&Object, Field<'_>)> = HashMap::new();
    for ra in by_age {
        let spec = ra.spec();
        let part = |name| spec.get(name).map_or_else(String::new, |f| f.to_string());
        let labels: Vec<String> = policy::selector(ra).unwrap_or_default().iter().map(|(k, v)| format!("{k}={v}")).collect();
        let place = format!("{}\n{}\n{}{}", ra.meta.namespace, labels.join(","), part("targetRefs"), part("targetRef"));
        for rule in spec.list("jwtRules").filter(|rule| !rule.text("issuer").is_empty()) {
            let key = (place.clone(), rule.text("issuer"));
            match first.get(&key) {
                Some((other, older)) if keys(older) != keys(&rule) => {
                    let message = format!("issuer {:?} has other keys at {} of {}: tokens of both are good", key.1, older.path(), other.reference());
                    let finding = findings.add(ra, rule.path_of("issuer"), message, "Keep one rule per issuer.");
                    finding.related(other.reference(), "names the same issuer");
                }
                Some(_) => {}
                None => {
                    first.insert(key, (ra, rule));
                }
            }
        }
    }
}

/// Where the keys of a rule come from.
fn keys<'a>(rule: &Field<'a>) -> (&'a str, &'a str) {
    let uri = rule.text("jwksUri");
    (if uri.is_empty() { rule.text("jwks_uri") } else { uri }, rule.text("jwks"))
}
