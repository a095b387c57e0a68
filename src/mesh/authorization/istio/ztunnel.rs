//! What ztunnel enforces: AuthorizationPolicies and PeerAuthentications as istiod converts them for it.
//!
//! Istio sources: `pilot/pkg/serviceregistry/ambient/{authorization,policies,workloads}.go`, ztunnel's `src/{rbac,state}.rs`.

use super::compile::{account, port, values};
use super::pattern::Pattern;
use super::rules::{All, Clause, Compiled, Rule, Test};
use crate::mesh::istio::authorization_policy::{self, Attribute, AuthorizationPolicy, Part, Rule as Written};
use crate::mesh::istio::policy::Action;
use crate::mesh::linkerd::network;
use crate::model::{Field, Object};

/// How a value of an attribute is compared; nothing for what ztunnel cannot evaluate.
fn test(attribute: Attribute<'_>, value: &str, home: &str) -> Option<Test> {
    Some(match attribute {
        Attribute::Principal => Test::Principal(Pattern::of(value)),
        Attribute::Namespace => Test::ExactNamespace(Pattern::of(value)),
        Attribute::Account => {
            let (namespace, name) = account(value, home);
            Test::ExactAccount { namespace, name }
        }
        Attribute::Direct => Test::Direct(network::parse(value)?),
        Attribute::Destination => Test::Destination(network::parse(value)?),
        Attribute::Port => Test::Port(port(value)?),
        _ => return None,
    })
}

/// Attributes of a source that only a parsed request has, to istiod's mind.
const HTTP_SOURCE: [Attribute<'static>; 2] = [Attribute::Remote, Attribute::TokenOwner];

/// Whether ztunnel evaluates a condition of this kind; accounts it knows in sources alone.
fn is_condition(attribute: Attribute<'_>) -> bool {
    matches!(attribute, Attribute::Direct | Attribute::Namespace | Attribute::Principal | Attribute::Destination | Attribute::Port)
}

/// A policy as ztunnel has it: of an ALLOW policy rules with HTTP predicates are left out, of a DENY policy the predicates alone. An element of
/// which nothing is left never holds.
pub(super) fn compiled(policy: &Object) -> Compiled<'_> {
    let policy = AuthorizationPolicy::of(policy);
    let rules = policy.rules().filter(|rule| policy.action != Action::Allow || http_field(*rule).is_none());
    Compiled { policy: policy.object, rules: rules.map(|written| rule(written, &policy.object.meta.namespace)).collect() }
}

/// The first part of a rule that ztunnel cannot evaluate.
fn http_field(rule: Written<'_>) -> Option<Field<'_>> {
    let in_sources =
        rule.sources().find_map(|part| HTTP_SOURCE.into_iter().filter_map(|a| part.clause(a)).find_map(authorization_policy::Clause::said));
    let in_operations = || rule.operations().flat_map(Part::clauses).find_map(authorization_policy::Clause::http_field);
    in_sources.or_else(in_operations).or_else(|| rule.conditions().find(|c| !is_condition(c.attribute)).map(|c| c.parent))
}

fn rule<'a>(written: Written<'a>, home: &str) -> Rule<'a> {
    let conditions = written.conditions().map(|when| {
        let made = if is_condition(when.attribute) { clause(when, home) } else { None };
        made.unwrap_or_else(|| Clause::never(when.parent))
    });
    Rule {
        field: written.field,
        sources: written.sources().map(|part| all(part, home)).collect(),
        operations: written.operations().map(|part| all(part, home)).collect(),
        conditions: conditions.collect(),
    }
}

fn all<'a>(part: Part<'a>, home: &str) -> All<'a> {
    let all: All<'a> = part.clauses().filter_map(|written| clause(written, home)).collect();
    if all.is_empty() { vec![Clause::never(part.field.unwrap_or(part.entry))] } else { all }
}

fn clause<'a>(written: authorization_policy::Clause<'a>, home: &str) -> Option<Clause<'a>> {
    let tests = |list: Option<Field<'a>>| values(list).filter_map(|value| test(written.attribute, &value, home)).collect::<Vec<_>>();
    let (any, none) = (tests(written.any), tests(written.none));
    let field = written.any.filter(|f| !f.is_empty()).or(written.none).unwrap_or(written.parent);
    (!any.is_empty() || !none.is_empty()).then_some(Clause { field, any, none })
}
