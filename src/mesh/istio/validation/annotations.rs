//! Annotations that Istio's webhook refuses on its resources.

use crate::mesh::istio::validation::Judge;
use crate::model::{Kind, Object};

const DRY_RUN: &str = "istio.io/dry-run";
/// Marks that belong to istiod alone.
const FORBIDDEN: [&str; 3] = ["internal.istio.io/webhook-always-reject", "internal.istio.io/parents", "internal.istio.io/parent-namespace"];

/// Judges the annotations of an object. istioctl does not look at them, so these findings carry no code.
pub(crate) fn annotations(judge: &mut Judge<'_>, object: &Object) {
    for (key, value) in object.meta.annotations.iter() {
        let path = || format!("metadata.annotations[{:?}]", key.as_str());
        if FORBIDDEN.contains(&key.as_str()) {
            judge.refused(path(), format!("annotation {:?} is Istio's own: its webhook refuses the object", key.as_str()), "Remove the annotation.");
        }
        if key != DRY_RUN {
            continue;
        }
        let action = object.spec().text("action");
        if object.kind != Kind::AuthorizationPolicy {
            let message = format!("{DRY_RUN} works on AuthorizationPolicies alone: Istio's webhook refuses a {} with it", object.kind);
            judge.refused(path(), message, "Remove the annotation.");
        } else if !["", "ALLOW", "DENY"].contains(&action) {
            judge.refused(path(), format!("{DRY_RUN} works with actions ALLOW and DENY alone, not with {action:?}"), "Remove the annotation.");
        } else if !is_bool(value) {
            let message = format!("{DRY_RUN} is {:?}, not a truth value", value.as_str());
            judge.refused(path(), message, "Write \"true\" or \"false\" (with quotes).");
        }
    }
}

/// What Go's `strconv.ParseBool` takes.
fn is_bool(text: &str) -> bool {
    ["1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"].contains(&text)
}
