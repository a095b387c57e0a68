use crate::checks::Findings;
use crate::mesh::istio::policy::{self, Action};
use crate::model::{Field, Kind};
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

/// Of methods, istio-policy-method-unknown says that they match nothing.
const OPERATION: [&str; 4] = ["hosts", "paths", "notHosts", "notPaths"];
const SOURCE: [&str; 4] = ["principals", "requestPrincipals", "notPrincipals", "notRequestPrincipals"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for ap in world.index.objects(Kind::AuthorizationPolicy) {
        let mut lists: Vec<(Field<'_>, &'static str)> = Vec::new();
        for rule in ap.spec().list("rules") {
            lists.extend(policy::operations(&rule).flat_map(|operation| OPERATION.map(|name| (operation, name))));
            lists.extend(policy::sources(&rule).flat_map(|source| SOURCE.map(|name| (source, name))));
            let conditions = rule.list("when").filter(|c| takes_wildcards(c.text("key")));
            lists.extend(conditions.flat_map(|condition| ["values", "notValues"].map(|name| (condition, name))));
        }
        let effect = match Action::of(ap) {
            Action::Deny => "what it is to refuse gets through",
            _ => "what it is for is not matched",
        };
        let values = lists.iter().flat_map(|(item, name)| item.texts(name).map(|(value, at)| (value, at, *name)));
        // Of a principal with one star, in the middle, istio-policy-principal-not-found says so.
        let told = |value: &str, name: &str| name == "principals" && !value.starts_with('*') && !value.ends_with('*');
        let values = values.filter(|(value, _, name)| !told(value, name)).map(|(value, at, _)| (value, at));
        for (value, at, which) in values.filter_map(|(value, at)| Some((value, at, literal_star(value)?))) {
            let hint = if value.starts_with('/') {
                "Write one star at the beginning or the end, list the paths, or use {*} for one segment."
            } else {
                "Write one star at the beginning or the end, or list the values."
            };
            findings.add(ap, at.path(), format!("{which} in {value:?} is no wildcard but a literal character: {effect}"), hint);
        }
    }
}

/// Whether the values of a condition are compared like those of other fields: addresses and ports are not.
fn takes_wildcards(key: &str) -> bool {
    ["request.headers", "request.auth.", "source.principal", "connection.sni"].iter().any(|known| key.starts_with(known))
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
