use std::collections::HashMap;

use super::subsets;
use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule defines two subsets of the same name.
    ///
    /// # Why it matters
    ///
    /// istiod rejects the rule. Where it got in past the webhook, one of the two is ignored.
    ///
    /// # How to mend it
    ///
    /// Rename or remove one of them.
    ///
    /// Sources: istio `pkg/config/validation/validation.go` (ValidateDestinationRule).
    "istio-destination-rule-subset-duplicate",
    summary: "DestinationRule defines a subset twice",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for rule in world.index.objects(Kind::DestinationRule) {
        let mut seen: HashMap<&str, String> = HashMap::new();
        for (name, field, _) in subsets::of(rule).into_iter().filter(|(name, _, _)| !name.is_empty()) {
            if let Some(first) = seen.get(name) {
                let message = format!("subset {name:?} is defined at {first} already");
                findings.add(rule, field.path_of("name"), message, "Rename or remove one of the two.");
            } else {
                seen.insert(name, field.path());
            }
        }
    }
}
