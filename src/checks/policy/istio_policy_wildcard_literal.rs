use crate::checks::Findings;
use crate::mesh::istio::authorization_policy::{self, Attribute, Place, Value};
use crate::mesh::istio::policy::Action;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A value of an AuthorizationPolicy has a `*` that is no wildcard: Istio takes one star, at the beginning or at the end. In `/a/*b`, `*x*` or
    /// `cluster.local/ns/*/sa/web` the star (of `*x*` the second one) is an ordinary character. Looked at are paths, hosts, principals, request
    /// principals, and the values of conditions on headers, principals, claims and the server name. Paths with the templates `{*}` and
    /// `{**}`, and `namespaces`, where a star may stand anywhere, are left alone.
    ///
    /// # Why it matters
    ///
    /// The value matches next to nothing. An ALLOW rule then refuses what it was written for; a DENY rule lets everything through, and nothing
    /// shows that it does.
    ///
    /// # How to fix it
    ///
    /// Write the star at one end only, list the values, or use `{*}` for one segment of a path (Istio 1.22 and later).
    ///
    /// # Example
    ///
    /// ```yaml
    /// paths: ["/service/*/health"]    # wrong: a literal star
    /// paths: ["/service/{*}/health"]  # right
    /// ```
    ///
    /// Sources: istio `pilot/pkg/security/authz/matcher`; istioctl and Kiali do not look.
    "istio-policy-wildcard-literal",
    summary: "AuthorizationPolicy has a star where it is no wildcard",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in authorization_policy::all(&world.index) {
        let effect = match policy.action {
            Action::Deny => "what it is to refuse gets through",
            _ => "what it is for is not matched",
        };
        let values = policy.values().filter(takes_wildcards);
        for (value, at, which) in values.filter_map(|value| Some((value.text, value.field, literal_star(value.text)?))) {
            let hint = if value.starts_with('/') {
                "Write one star at the beginning or the end, list the paths, or use {*} for one segment."
            } else {
                "Write one star at the beginning or the end, or list the values."
            };
            findings.add(policy.object, at.path(), format!("{which} in {value:?} is no wildcard but a literal character: {effect}"), hint);
        }
    }
}

/// Whether a star at an end stands for any text in such a value, and no other rule speaks of it: of methods, istio-policy-method-unknown says that
/// they match nothing, of a principal with one star, in the middle, istio-policy-principal-not-found.
fn takes_wildcards(value: &Value<'_>) -> bool {
    match (value.place, value.attribute) {
        (Place::Source, Attribute::Principal) => value.except || value.text.starts_with('*') || value.text.ends_with('*'),
        (Place::Source, attribute) => attribute == Attribute::TokenOwner,
        (Place::Operation, attribute) => matches!(attribute, Attribute::Host | Attribute::Path),
        (Place::Condition, attribute) => attribute.is_of_token() || matches!(attribute, Attribute::Header(_) | Attribute::Principal | Attribute::Sni),
    }
}

/// Which star of a value is taken literally, if one is.
fn literal_star(value: &str) -> Option<&'static str> {
    // As a value of the header Accept, "*/*" is what it looks like.
    if value.contains("{*") || value == "*/*" {
        return None;
    }
    match value.strip_prefix('*') {
        Some(rest) => rest.contains('*').then_some("a star after the first"),
        None => value.strip_suffix('*').unwrap_or(value).contains('*').then_some("the star in the middle"),
    }
}

#[cfg(test)]
mod tests {
    use super::literal_star;

    #[test]
    fn one_star_at_one_end_is_a_wildcard() {
        for good in ["*", "/a*", "*/a", "/a", "/{*}/a", "*/*", ""] {
            assert_eq!(literal_star(good), None, "{good}");
        }
        for literal in ["/a/*b", "*x*", "/a/*/b*", "cluster.local/ns/*/sa/web", "**"] {
            assert!(literal_star(literal).is_some(), "{literal}");
        }
    }
}
