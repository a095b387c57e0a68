use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::istio::policy::{self, Action};
use crate::model::{Field, Kind, Map, Object, Str, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Whatever a rule of an ALLOW policy admits, a DENY policy for the same workloads (or for their whole namespace, or the mesh) denies: its
    /// `from` and `to` are the same or wider, and it has no further condition.
    ///
    /// # Why it matters
    ///
    /// DENY is decided before ALLOW. The rule never admits anybody.
    ///
    /// # How to mend it
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
        let rules = ap.spec().list("rules").filter(|rule| rule.value().is_object() && rule.get("when").is_none_or(|w| w.is_empty()));
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
    every(&policy::sources(wide).collect::<Vec<_>>(), &policy::sources(narrow).collect::<Vec<_>>(), wide.get("from").is_some())
        && every(&policy::operations(wide).collect::<Vec<_>>(), &policy::operations(narrow).collect::<Vec<_>>(), wide.get("to").is_some())
}

/// Whether each of `narrow` lies within one of `wide`; a part that is not there matches everything.
fn every<'a>(wide: &[Field<'a>], narrow: &[Field<'a>], limited: bool) -> bool {
    !limited || (!narrow.is_empty() && narrow.iter().all(|n| wide.iter().any(|w| within(w, n))))
}

/// Whether all fields of `wide` are met by what `narrow` says about the same field.
fn within<'a>(wide: &Field<'a>, narrow: &Field<'a>) -> bool {
    wide.entries().filter(|(_, values)| !values.is_empty()).all(|(name, values)| {
        let Some(own) = narrow.get(name).filter(|own| !own.is_empty()) else { return false };
        if name.starts_with("not") {
            return own.value() == values.value();
        }
        let patterns: Vec<&str> = values.items().filter_map(|v| v.str()).collect();
        own.items().all(|v| v.str().is_some_and(|text| patterns.iter().any(|pattern| fits(pattern, text))))
    })
}

/// Whether a pattern (`*`, `abc*`, `*abc` or exact) takes in all that another one does.
fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(prefix), _) => prefix.is_empty() || (text.starts_with(prefix) && !text.starts_with('*')),
        (_, Some(suffix)) => text.ends_with(suffix) && !text.ends_with('*'),
        _ => pattern == text,
    }
}
