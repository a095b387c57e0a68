use crate::checks::Findings;
use crate::mesh::istio::policy;
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
    for ap in world.index.objects(Kind::AuthorizationPolicy) {
        for rule in ap.spec().list("rules") {
            for operation in policy::operations(&rule) {
                for (value, at) in ["paths", "notPaths"].into_iter().flat_map(|name| operation.texts(name)) {
                    if let Some((path, _)) = value.split_once(['?', '#']) {
                        let message = format!("{value:?} never matches: paths are compared without their query");
                        findings.add(ap, at.path(), message, format!("Write {path:?}; query parameters cannot be matched."));
                    } else if !value.is_empty() && !value.starts_with(['/', '*', '{']) {
                        let message = format!("{value:?} never matches: every path starts with a slash");
                        findings.add(ap, at.path(), message, format!("Write \"/{value}\"."));
                    }
                }
            }
        }
    }
}
