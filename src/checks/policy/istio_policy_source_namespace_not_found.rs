use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::istio::security::seen;
use crate::mesh::istio::authorization_policy::{self, Attribute, Place};
use crate::mesh::istio::policy::Action;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy names, in `source.namespaces` or `source.notNamespaces`, a namespace that does not exist. A value may start or end
    /// with `*`; one that fits no namespace at all is reported as well.
    ///
    /// # Why it matters
    ///
    /// Nothing ever comes from a namespace that is not there: an ALLOW rule admits nobody, a DENY rule stops nobody, and a `notNamespaces`
    /// exception is no exception. istioctl calls it an error, Kiali a warning: a namespace may well be made later, so here it is a warning.
    ///
    /// # How to fix it
    ///
    /// Write the namespace as it is called, in lower case, or remove the value.
    ///
    /// Sources: istio IST0101 `pkg/config/analysis/analyzers/authz/authorizationpolicies.go`; kiali KIA0101
    /// `business/checkers/authorization/namespace_method_checker.go`.
    "istio-policy-source-namespace-not-found",
    summary: "AuthorizationPolicy names a source namespace that does not exist",
    aliases: &["IST0101", "KIA0101"],
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut known: HashMap<&str, (bool, bool)> = HashMap::new();
    for policy in authorization_policy::all(&world.index) {
        let namespaces = policy.values().filter(|value| value.attribute == Attribute::Namespace && value.place == Place::Source);
        // An empty value is refused by Istio, which is another rule's to say.
        for value in namespaces.filter(|value| !value.text.is_empty()) {
            let name = value.text;
            let (found, by_istioctl) = *known.entry(name).or_insert_with(|| exists(world, name));
            if found && by_istioctl {
                continue;
            }
            let mut codes = Vec::new();
            if !by_istioctl {
                codes.push("IST0101");
            }
            if !found && !value.except {
                codes.push("KIA0101");
            }
            let message = if by_istioctl {
                format!("no namespace is called {name:?}: names are compared with their case")
            } else {
                format!("no namespace matches {name:?}, so {}", consequence(policy.action, value.except))
            };
            let hint = "Name a namespace that exists, or remove the value.";
            if let Some(finding) = findings.missing(policy.object, value.field.path(), &[(Kind::Namespace, "")], message, hint) {
                finding.codes(&codes);
                if seen::is_customary(world, name) && world.source.kind == SourceKind::Files {
                    finding.severity(Severity::Info);
                }
            }
        }
    }
}

fn consequence(action: Action, except: bool) -> &'static str {
    match (except, action) {
        (true, _) => "the exception excepts nothing",
        (_, Action::Allow) => "the rule lets nobody in by it",
        _ => "the rule matches nobody by it",
    }
}

/// Whether some namespace fits: as Istio compares at run time, and as istioctl does, which ignores case.
fn exists(world: &World, value: &str) -> (bool, bool) {
    let registry = &world.istio.registry;
    if value == "*" || registry.knows_namespace(value) {
        return (true, true);
    }
    let fits = |found: &dyn Fn(&str) -> bool| registry.namespaces().any(|ns| found(ns));
    match (value.strip_suffix('*'), value.strip_prefix('*')) {
        (Some(prefix), _) => (!prefix.is_empty() && fits(&|ns| ns.starts_with(prefix)), fits(&|ns| ns.starts_with(prefix))),
        (_, Some(suffix)) => (!suffix.is_empty() && fits(&|ns| ns.ends_with(suffix)), fits(&|ns| ns.ends_with(suffix))),
        _ => (false, fits(&|ns| ns.eq_ignore_ascii_case(value))),
    }
}
