use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::istio::security::tcp_ports::{TcpPort, reaches, tcp_ports};
use crate::mesh::istio::authorization_policy::{self, Part, Rule};
use crate::mesh::istio::policy::{self, Action};
use crate::model::{Field, Kind, Object, Str};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DENY rule with HTTP fields (`methods`, `paths`, `hosts`, `requestPrincipals`, `request.*`) and without `ports` holds for a workload with
    /// a port that carries no HTTP (by the name or `appProtocol` of its Service port), and a sidecar enforces it. A gateway's port carries what its
    /// servers make of it: HTTPS that ends at the gateway is HTTP there, TLS that passes through is not.
    ///
    /// # Why it matters
    ///
    /// On a connection that is not HTTP the HTTP fields of a DENY rule are left out, and what remains is wider: a rule made of HTTP fields alone
    /// denies the whole port.
    ///
    /// # How to fix it
    ///
    /// Add `ports` with the HTTP ports to every operation of the rule.
    ///
    /// # Example
    ///
    /// ```yaml
    /// - operation:
    ///     methods: ["DELETE"]
    ///     ports: ["8080"]
    /// ```
    ///
    /// Sources: istio `pilot/pkg/security/authz/model/model.go`; `pkg/config/validation/validation.go` (the warning for DENY rules).
    "istio-policy-deny-on-tcp",
    summary: "A DENY rule with HTTP fields denies all of a port that carries no HTTP",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let root = world.istio.root_namespace();
    let mut by_namespace: HashMap<Str, Vec<TcpPort<'_>>> = HashMap::new();
    for policy in authorization_policy::all(index).filter(|policy| policy.enforces(Action::Deny)) {
        let ap = policy.object;
        if !policy::targets(ap).is_empty() {
            continue;
        }
        let rules: Vec<(Field<'_>, Rule<'_>)> = policy.rules().filter_map(|rule| Some((rule.http_field()?, rule))).collect();
        if rules.is_empty() {
            continue;
        }
        let selected;
        let ports: &[TcpPort<'_>] = if policy::selector(ap).unwrap_or_default().is_empty() {
            let scope = if ap.meta.namespace == root { Str::default() } else { ap.meta.namespace.clone() };
            by_namespace.entry(scope).or_insert_with_key(|ns| {
                let workloads = if ns.is_empty() { index.workloads() } else { index.workloads_in(ns) };
                workloads.iter().flat_map(|w| tcp_ports(world, w)).collect()
            })
        } else {
            selected = policy::picked(index, ap, root).into_iter().flat_map(|w| tcp_ports(world, w)).collect::<Vec<_>>();
            &selected
        };
        for (field, rule) in rules {
            if let Some(hit) = ports.iter().find(|p| reaches(rule, p.number)) {
                report(ap, &field, rule, hit, findings);
            }
        }
    }
}

fn report(ap: &Object, field: &Field<'_>, rule: Rule<'_>, hit: &TcpPort<'_>, findings: &mut Findings<'_>) {
    let whom = if only_http(rule) { "every connection" } else { "more connections than it says" };
    let message = format!("port {} of {} carries no HTTP: there the rule denies {whom}", hit.number, hit.workload.reference);
    let finding = findings.add(ap, field.path(), message, "Add ports with the HTTP ports to every operation of this rule.");
    finding.related(hit.by.clone(), "says what the port carries");
}

/// Whether nothing is left of a rule without its HTTP fields.
fn only_http(rule: Rule<'_>) -> bool {
    let only = |part: Part<'_>| {
        let lists = part.clauses().filter(|clause| clause.attribute.is_http()).flat_map(|clause| [clause.any, clause.none]).flatten();
        part.field.is_none_or(|field| field.entries().count() == lists.count())
    };
    rule.sources().chain(rule.operations()).all(only) && rule.conditions().all(|condition| condition.attribute.is_http())
}
