use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::security::ports;
use crate::checks::support::istio::security::tcp_ports::{TcpPort, reaches, tcp_ports};
use crate::index::Workload;
use crate::mesh::istio::authorization_policy::{AuthorizationPolicy, Rule};
use crate::mesh::istio::policy::{Action, Enforcer};
use crate::model::{Kind, Object, ObjectRef, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A port carries no HTTP (by the name or `appProtocol` of its Service port), a sidecar stands before it, and of the ALLOW rules that could admit
    /// somebody there all have HTTP fields (`methods`, `paths`, `hosts`, `requestPrincipals`, `request.*`). It is a note where the workload has ports
    /// that may carry HTTP too: the rules may be meant for those alone.
    ///
    /// # Why it matters
    ///
    /// An ALLOW rule with an HTTP field matches no connection that is not HTTP. As soon as one ALLOW policy applies, whatever no rule admits is refused:
    /// nobody can connect to the port.
    ///
    /// # How to fix it
    ///
    /// Write a rule for the port with what can be told of any connection: `principals`, `namespaces`, `ipBlocks`, `ports`.
    ///
    /// # Example
    ///
    /// ```yaml
    /// rules:
    /// - from: [{source: {principals: ["cluster.local/ns/shop/sa/cart"]}}]
    ///   to: [{operation: {ports: ["5432"]}}]
    /// ```
    ///
    /// Sources: istio `pilot/pkg/security/authz/model/model.go` (rules with HTTP fields are left out of TCP filters).
    "istio-policy-allow-on-tcp",
    summary: "ALLOW rules with HTTP fields admit nobody to a port that carries no HTTP",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

/// What is wrong with one rule: the first port it keeps shut, and how many.
struct Shut<'w> {
    policy: &'w Object,
    first: TcpPort<'w>,
    http_too: bool,
    ports: usize,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let policies = world.view().authorization_policies();
    let mut shut: BTreeMap<(ObjectRef, String), Shut<'_>> = BTreeMap::new();
    for workload in world.index.workloads().iter().filter(|w| w.is_live()) {
        let closed = tcp_ports(world, workload);
        if closed.is_empty() {
            continue;
        }
        let applying = policies.applying(workload, Enforcer::Sidecar);
        let allow = applying.into_iter().map(AuthorizationPolicy::of).filter(|policy| policy.enforces(Action::Allow));
        let rules: Vec<(&Object, Rule<'_>)> = allow.flat_map(|policy| policy.rules().map(move |rule| (policy.object, rule))).collect();
        for port in closed {
            let reaching: Vec<_> = rules.iter().filter(|(_, rule)| reaches(*rule, port.number)).collect();
            let Some(fields) = reaching.iter().map(|(p, rule)| Some((*p, rule.http_field()?))).collect::<Option<Vec<_>>>() else { continue };
            let Some((policy, field)) = fields.first() else { continue };
            let http_too = has_http(world, workload);
            let at = (policy.reference(), field.path().clone());
            let found = shut.entry(at).or_insert(Shut { policy, first: port, http_too, ports: 0 });
            found.ports += 1;
            found.http_too &= http_too;
        }
    }
    for ((_, path), shut) in shut {
        report(&path, shut, findings);
    }
}

fn report(path: &str, shut: Shut<'_>, findings: &mut Findings<'_>) {
    let port = &shut.first;
    let more = if shut.ports > 1 { format!(" (and {} more)", shut.ports - 1) } else { String::new() };
    let message = format!(
        "port {} of {}{more} carries no HTTP, where a rule with HTTP fields admits nobody, and no other rule does: every connection is refused",
        port.number, port.workload.reference
    );
    let hint = format!("Add a rule without HTTP fields for those who may connect: from principals or namespaces, to ports [\"{}\"].", port.number);
    let severity = if shut.http_too { Severity::Info } else { Severity::Warning };
    findings.add(shut.policy, path.to_owned(), message, hint).severity(severity).related(port.by.clone(), "says what the port carries");
}

/// Whether a workload has a port that carries HTTP, or may.
fn has_http(world: &World, workload: &Workload) -> bool {
    ports::services(&world.index, workload).flat_map(|service| &service.spec.ports).any(|port| !ports::is_tcp(port))
}
