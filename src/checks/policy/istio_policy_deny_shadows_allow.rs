use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::istio::authorization_policy::Rule;
use crate::mesh::istio::policy::{self, Action};
use crate::model::{Field, Kind, Map, Object, Str, Subject};
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
    let policies = world.index.objects(Kind::AuthorizationPolicy);
    let mut denied: HashMap<Place, Vec<(&Object, Field<'_>)>> = HashMap::new();
    for ap in policies.iter().filter(|ap| Action::of(ap) == Action::Deny && !policy::is_dry_run(ap)) {
        let rules = ap.spec().list("rules").filter(|rule| rule.is_map() && rule.get("when").is_none_or(|w| w.is_empty()));
        denied.entry(place(ap)).or_default().extend(rules.map(|rule| (ap, rule)));
    }
    for ap in policies.iter().filter(|ap| Action::of(ap) == Action::Allow) {
        let own = place(ap);
        let mut places = vec![own.clone()];
        if own.2.is_empty() {
            places.push((own.0.clone(), Map::default(), String::new()));
            places.push((root.into(), Map::default(), String::new()));
            places.dedup();
        }
        for rule in ap.spec().list("rules") {
            let mut candidates = places.iter().filter_map(|p| denied.get(p)).flatten();
            if let Some((deny, by)) = candidates.find(|(_, by)| covers(by, &rule)) {
                let message = format!("{} denies all that this rule admits, at {}", deny.reference(), by.path());
                let hint = "Narrow the DENY rule, or delete this one.";
                findings.add(ap, rule.path(), message, hint).related(deny.reference(), "is decided first");
            }
        }
    }
}

fn place(ap: &Object) -> Place {
    let targets: Vec<String> = policy::targets(ap).iter().map(|t| format!("{}/{}/{}", t.group, t.kind, t.name)).collect();
    (ap.meta.namespace.clone(), policy::selector(ap).unwrap_or_default(), targets.join(","))
}

/// Whether every request that `narrow` matches is matched by `wide`, which has no conditions.
fn covers<'a>(wide: &Field<'a>, narrow: &Field<'a>) -> bool {
    let sources = |rule: &Field<'a>| Rule { field: *rule }.sources().filter_map(|part| part.field).collect::<Vec<_>>();
    let operations = |rule: &Field<'a>| Rule { field: *rule }.operations().filter_map(|part| part.field).collect::<Vec<_>>();
    every(&sources(wide), &sources(narrow), wide.get("from").is_some()) && every(&operations(wide), &operations(narrow), wide.get("to").is_some())
}

/// Whether each of `narrow` lies within one of `wide`; a part that is not there matches everything.
fn every<'a>(wide: &[Field<'a>], narrow: &[Field<'a>], limited: bool) -> bool {
    !limited || (!narrow.is_empty() && narrow.iter().all(|n| wide.iter().any(|w| within(w, n))))
}

/// Whether all fields of `wide` are met by what `narrow` says about the same field.
fn within<'a>(wide: &Field<'a>, narrow: &Field<'a>) -> bool {
    wide.entries().filter(|(_, values)| !values.is_empty()).all(|(name, values)| {
        if narrow.get(name).is_some_and(|own| name.starts_with("not") && own.to_value() == values.to_value()) {
            return true;
        }
        let patterns: Vec<&str> = values.items().filter_map(|v| v.str()).collect();
        if let Some(name) = except(name).as_deref() {
            // Networks lie in one another in ways that texts do not show.
            return !name.ends_with("pBlocks")
                && said(narrow, name).is_some_and(|own| own.iter().all(|text| !patterns.iter().any(|pattern| meets(pattern, text))));
        }
        said(narrow, name).is_some_and(|own| own.iter().all(|text| patterns.iter().any(|pattern| fits(pattern, text))))
    })
}

/// `paths` for `notPaths`; nothing for a field that is no exception.
fn except(name: &str) -> Option<String> {
    let mut rest = name.strip_prefix("not")?.chars();
    let first = rest.next()?.to_ascii_lowercase();
    Some(std::iter::once(first).chain(rest).collect())
}

/// What a rule says about a field. A rule that names principals in full says their namespaces too.
fn said<'a>(rule: &Field<'a>, name: &str) -> Option<Vec<&'a str>> {
    texts(rule, name).or_else(|| {
        let principals = if name == "namespaces" { texts(rule, "principals")? } else { return None };
        principals.into_iter().map(|p| Some(p.split_once("/ns/")?.1.split_once("/sa/")?.0)).collect()
    })
}

fn texts<'a>(rule: &Field<'a>, name: &str) -> Option<Vec<&'a str>> {
    let field = rule.entries().find(|(own, _)| *own == name)?.1;
    let texts: Vec<&str> = field.items().map(|v| v.str().unwrap_or("*")).collect();
    Some(texts).filter(|texts| !texts.is_empty())
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
