use crate::checks::Findings;
use crate::mesh::istio::authorization_policy::{self, Attribute};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A value of `operation.paths` or `notPaths` can match no path: it contains a query string or fragment, or starts with neither `/` nor `*`.
    ///
    /// # Why it matters
    ///
    /// Istio compares the path alone, without the query, and every path starts with a slash. The rule never matches; a `notPaths` always does.
    ///
    /// # How to fix it
    ///
    /// Write the path only. A query parameter cannot be matched by an AuthorizationPolicy.
    ///
    /// Sources: istio `pilot/pkg/security/authz/model/generator.go` (path matcher).
    "istio-policy-path-never-matches",
    summary: "AuthorizationPolicy writes a path with a query string or without its slash",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in authorization_policy::all(&world.index) {
        for value in policy.values().filter(|value| value.attribute == Attribute::Path) {
            let (written, path) = (value.text, value.field.path());
            if let Some((before, _)) = written.split_once(['?', '#']) {
                let message = format!("{written:?} never matches: paths are compared without their query");
                findings.add(policy.object, path, message, format!("Write {before:?}; query parameters cannot be matched."));
            } else if !written.is_empty() && !written.starts_with(['/', '*', '{']) {
                let message = format!("{written:?} never matches: every path starts with a slash");
                findings.add(policy.object, path, message, format!("Write \"/{written}\"."));
            }
        }
    }
}
