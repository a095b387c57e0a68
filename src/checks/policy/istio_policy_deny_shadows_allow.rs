use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::istio::authorization_policy::{self, Attribute, Part, Rule};
use crate::mesh::istio::policy::{self, Action};
use crate::model::{Kind, Map, Object, Str, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Whatever a rule of an ALLOW policy admits, a DENY policy for the same workloads (or for their whole namespace, or the mesh) denies: its
    /// `from` and `to` are the same or wider, and it has no further condition. `notPaths: [/a]` is wider than `paths: [/b]`, and the namespace
    /// `bank` than a principal in it.
    ///
    /// # Why it matters
    ///
    /// DENY is decided before ALLOW. The rule never admits anybody.
    ///
    /// # How to fix it
    ///
    /// Narrow the DENY rule, for instance with `notPrincipals` or `notPaths`, or delete the ALLOW rule.
    ///
    /// Sources: istio.io, security concepts, "Authorization policy precedence"; `pilot/pkg/security/authz/builder/builder.go`.
    "istio-policy-deny-shadows-allow",
    summary: "A DENY policy denies all that an ALLOW rule admits",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

/// Where a policy attaches: its namespace, its selector, its targets.
type Place = (Str, Map, String);

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    let mut denied: HashMap<Place, Vec<(&Object, Rule<'_>)>> = HashMap::new();
    for policy in authorization_policy::all(&world.index).filter(|p| p.enforces(Action::Deny)) {
        let rules = policy.rules().filter(|rule| rule.field.is_map() && rule.conditions().next().is_none());
        denied.entry(place(policy.object)).or_default().extend(rules.map(|rule| (policy.object, rule)));
    }
    for policy in authorization_policy::all(&world.index).filter(|p| p.action == Action::Allow) {
        let own = place(policy.object);
        let mut places = vec![own.clone()];
        if own.2.is_empty() {
            places.push((own.0.clone(), Map::default(), String::new()));
            places.push((root.into(), Map::default(), String::new()));
            places.dedup();
        }
        for rule in policy.rules() {
            let mut candidates = places.iter().filter_map(|p| denied.get(p)).flatten();
            if let Some((deny, by)) = candidates.find(|(_, by)| covers(*by, rule)) {
                let message = format!("{} denies all that this rule admits, at {}", deny.reference(), by.field.path());
                let hint = "Narrow the DENY rule, or delete this one.";
                findings.add(policy.object, rule.field.path(), message, hint).related(deny.reference(), "is decided first");
            }
        }
    }
}

fn place(ap: &Object) -> Place {
    let targets: Vec<String> = policy::targets(ap).iter().map(|t| format!("{}/{}/{}", t.group, t.kind, t.name)).collect();
    (ap.meta.namespace.clone(), policy::selector(ap).unwrap_or_default(), targets.join(","))
}

/// Whether every request that `narrow` matches is matched by `wide`, which has no conditions.
fn covers<'a>(wide: Rule<'a>, narrow: Rule<'a>) -> bool {
    every(&wide.sources().collect::<Vec<_>>(), &narrow.sources().collect::<Vec<_>>())
        && every(&wide.operations().collect::<Vec<_>>(), &narrow.operations().collect::<Vec<_>>())
}

/// Whether each of `narrow` lies within one of `wide`; where there are none everything matches.
fn every(wide: &[Part<'_>], narrow: &[Part<'_>]) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|narrow| wide.iter().any(|wide| within(*wide, *narrow))))
}

/// Whether all that `wide` asks for is met by what `narrow` says about the same attribute.
fn within<'a>(wide: Part<'a>, narrow: Part<'a>) -> bool {
    wide.clauses().all(|clause| {
        let own = narrow.clause(clause.attribute);
        let said = said(narrow, clause.attribute);
        clause.filled().all(|(patterns, except)| {
            let texts = patterns.items().filter_map(|v| v.str()).collect::<Vec<_>>();
            let some = |by: fn(&str, &str) -> bool, text: &str| texts.iter().any(|pattern| by(pattern, text));
            if !except {
                return said.as_ref().is_some_and(|said| said.iter().all(|text| some(fits, text)));
            }
            let same = own.and_then(|own| own.none).is_some_and(|own| own.to_value() == patterns.to_value());
            // Networks lie in one another in ways that texts do not show.
            let networks = matches!(clause.attribute, Attribute::Direct | Attribute::Remote);
            same || (!networks && said.as_ref().is_some_and(|said| !said.iter().any(|text| some(meets, text))))
        })
    })
}

/// What a part says about an attribute. One that names principals in full says their namespaces too.
fn said<'a>(part: Part<'a>, attribute: Attribute<'_>) -> Option<Vec<&'a str>> {
    let texts = |attribute| {
        let texts: Vec<&str> = part.clause(attribute)?.any?.items().map(|v| v.str().unwrap_or("*")).collect();
        Some(texts).filter(|texts| !texts.is_empty())
    };
    texts(attribute).or_else(|| {
        let principals = if attribute == Attribute::Namespace { texts(Attribute::Principal)? } else { return None };
        principals.into_iter().map(|p| Some(p.split_once("/ns/")?.1.split_once("/sa/")?.0)).collect()
    })
}

/// Whether some value may match both patterns; where that cannot be told from the texts it is taken for granted.
fn meets(pattern: &str, text: &str) -> bool {
    let account = |principal: &'_ str| principal.split_once("/ns/").map(|(_, rest)| rest.to_owned());
    let same_account = account(text).is_some_and(|of_text| account(pattern) == Some(of_text));
    fits(pattern, text) || text.contains('*') || pattern.contains('{') || same_account
}

/// Whether a pattern (`*`, `abc*`, `*abc` or exact) takes in all that another one does.
fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(prefix), _) => prefix.is_empty() || (text.starts_with(prefix) && !text.starts_with('*')),
        (_, Some(suffix)) => text.ends_with(suffix) && !text.ends_with('*'),
        _ => pattern == text,
    }
}
