//! What ztunnel enforces: AuthorizationPolicies and PeerAuthentications as istiod converts them for it.
//!
//! Istio sources: `pilot/pkg/serviceregistry/ambient/{authorization,policies,workloads}.go`, ztunnel's `src/{rbac,state}.rs`.

use super::compile::{account, port, values};
use super::pattern::Pattern;
use super::rules::{All, Clause, Compiled, Rule, Test};
use crate::mesh::istio::policy::Action;
use crate::mesh::linkerd::network;
use crate::model::{Field, Object};

type Make = fn(&str, &str) -> Option<Test>;

fn direct(value: &str, _: &str) -> Option<Test> {
    network::parse(value).map(Test::Direct)
}

fn destination(value: &str, _: &str) -> Option<Test> {
    network::parse(value).map(Test::Destination)
}

fn namespace(value: &str, _: &str) -> Option<Test> {
    Some(Test::ExactNamespace(Pattern::of(value)))
}

fn principal(value: &str, _: &str) -> Option<Test> {
    Some(Test::Principal(Pattern::of(value)))
}

fn service_account(value: &str, home: &str) -> Option<Test> {
    let (namespace, name) = account(value, home);
    Some(Test::ExactAccount { namespace, name })
}

fn number(value: &str, _: &str) -> Option<Test> {
    port(value).map(Test::Port)
}

const SOURCE: [(&str, &str, Make); 4] = [
    ("principals", "notPrincipals", principal),
    ("namespaces", "notNamespaces", namespace),
    ("serviceAccounts", "notServiceAccounts", service_account),
    ("ipBlocks", "notIpBlocks", direct),
];
const OPERATION: [(&str, &str, Make); 1] = [("ports", "notPorts", number)];

/// Fields that only a parsed request has, to istiod's mind.
const HTTP_SOURCE: [&str; 4] = ["remoteIpBlocks", "notRemoteIpBlocks", "requestPrincipals", "notRequestPrincipals"];
const HTTP_OPERATION: [&str; 6] = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"];

fn condition(key: &str) -> Option<Make> {
    Some(match key {
        "source.ip" => direct,
        "source.namespace" => namespace,
        "source.principal" => principal,
        "destination.ip" => destination,
        "destination.port" => number,
        _ => return None,
    })
}

/// A policy as ztunnel has it: of an ALLOW policy rules with HTTP predicates are left out, of a DENY policy the predicates alone. An element of
/// which nothing is left never holds.
pub(super) fn compiled(policy: &Object) -> Compiled<'_> {
    let allow = Action::of(policy) == Action::Allow;
    let rules = policy.spec().list("rules").filter(|rule| !rule.is_null() && (!allow || http_field(rule).is_none()));
    Compiled { policy, rules: rules.map(|field| rule(field, &policy.meta.namespace)).collect() }
}

/// The first part of a rule that ztunnel cannot evaluate.
pub(in crate::mesh::authorization) fn http_field<'a>(rule: &Field<'a>) -> Option<Field<'a>> {
    let in_element = |list: &str, item: &str, names: &'static [&'static str]| {
        rule.list(list).filter_map(|entry| entry.get(item)).find_map(|e| crate::mesh::istio::ambient::first_filled(&e, names))
    };
    let key = || rule.list("when").find(|when| condition(when.text("key")).is_none());
    in_element("from", "source", &HTTP_SOURCE).or_else(|| in_element("to", "operation", &HTTP_OPERATION)).or_else(key)
}

fn rule<'a>(field: Field<'a>, home: &str) -> Rule<'a> {
    let alternatives = |list: &str, item: &str, fields: &[(&str, &str, Make)]| -> Vec<All<'a>> {
        field.list(list).map(|entry| element(entry, entry.get(item), fields, home)).collect()
    };
    let conditions = field.list("when").map(|when| {
        let made = condition(when.text("key")).and_then(|make| clause(when, "values", "notValues", make, home));
        made.unwrap_or_else(|| Clause::never(when))
    });
    Rule {
        field,
        sources: alternatives("from", "source", &SOURCE),
        operations: alternatives("to", "operation", &OPERATION),
        conditions: conditions.collect(),
    }
}

fn element<'a>(entry: Field<'a>, element: Option<Field<'a>>, fields: &[(&str, &str, Make)], home: &str) -> All<'a> {
    let made = element.into_iter().flat_map(|e| fields.iter().filter_map(move |(name, not, make)| clause(e, name, not, *make, home)));
    let all: All<'a> = made.collect();
    if all.is_empty() { vec![Clause::never(element.unwrap_or(entry))] } else { all }
}

fn clause<'a>(parent: Field<'a>, name: &str, not: &str, make: Make, home: &str) -> Option<Clause<'a>> {
    let tests = |list: Option<Field<'a>>| values(list).filter_map(|value| make(&value, home)).collect::<Vec<_>>();
    let (list, not_list) = (parent.get(name), parent.get(not));
    let (any, none) = (tests(list), tests(not_list));
    let field = list.filter(|f| !f.is_empty()).or(not_list).unwrap_or(parent);
    (!any.is_empty() || !none.is_empty()).then_some(Clause { field, any, none })
}
