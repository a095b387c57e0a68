use crate::checks::Findings;
use crate::checks::support::istio::security::reach::{Reach, enforced_by};
use crate::mesh::istio::ambient;
use crate::mesh::istio::authorization_policy::{self, Attribute, Clause, Part, Place, Rule};
use crate::mesh::istio::policy::{Action, Enforcer};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An ALLOW or DENY policy without a target holds for a workload in ambient, and one of its rules has a field that ztunnel does not know: HTTP
    /// fields, `remoteIpBlocks`, `trustDomains`, or a condition other than `source.ip`, `source.namespace`, `source.principal`, `destination.ip`
    /// and `destination.port`. (A policy with HTTP fields that stands in an ambient namespace is reported as one without a target.)
    ///
    /// # Why it matters
    ///
    /// ztunnel drops an ALLOW rule with such a field whole: the callers it was to admit are denied. Of a DENY rule it keeps the rest. If a part of
    /// it (`from`, `to` or a condition) has nothing left, the rule denies nothing; otherwise it denies more than it says.
    ///
    /// # How to fix it
    ///
    /// Target a waypoint with the policy, or write it with principals, namespaces, `ipBlocks` and `ports` only.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/ambient/authorization.go`; istio issue 61126.
    "istio-ztunnel-policy-unsupported-field",
    summary: "A policy for an ambient workload has a field that ztunnel cannot enforce",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

/// Whether ztunnel evaluates what a clause asks for.
fn is_known(clause: Clause<'_>) -> bool {
    use Attribute::{Account, Destination, Direct, Namespace, Port, Principal};
    match clause.place {
        Place::Condition => matches!(clause.attribute, Direct | Namespace | Principal | Destination | Port),
        Place::Source | Place::Operation => matches!(clause.attribute, Direct | Namespace | Principal | Account | Port),
    }
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut reach = Reach::new(world, enforced_by(world, Enforcer::Ztunnel));
    for policy in authorization_policy::all(&world.index).filter(|policy| !policy.dry_run) {
        let (ap, action) = (policy.object, policy.action);
        let reported = ambient::is_ambient_namespace(&world.index, &ap.meta.namespace) && ambient::http_field(ap).is_some();
        if reported || !matches!(action, Action::Allow | Action::Deny) {
            continue;
        }
        for rule in policy.rules() {
            let Some(field) = unsupported(rule) else { continue };
            let Some(workload) = reach.first(ap) else { break };
            let effect = match action {
                Action::Allow if only_left_out(rule) => "it leaves the field out, so the rule admits more than it says",
                Action::Allow => "it drops the rule, and the callers it admits are denied",
                _ if is_void(rule) => "nothing is left of a part of the rule, so it denies nothing",
                _ => "it leaves the field out, so the rule denies more than it says",
            };
            let message = format!("ztunnel enforces this for {} and does not know {}: {effect}", workload.reference, name(&field));
            let hint = "Target a waypoint with the policy, or use only principals, namespaces, ipBlocks and ports.";
            findings.add(ap, field.path(), message, hint).related(workload.reference.clone(), "is in ambient");
        }
    }
}

fn unsupported(rule: Rule<'_>) -> Option<Field<'_>> {
    rule.clauses().filter(|clause| !is_known(*clause)).find_map(Clause::said)
}

/// Whether a part of a rule has nothing left that ztunnel knows, which makes the whole rule match nothing.
fn is_void(rule: Rule<'_>) -> bool {
    let bare = |part: Part<'_>| !part.clauses().any(|clause| is_known(clause) && clause.filled().next().is_some());
    let lost = |parts: &mut dyn Iterator<Item = Part<'_>>| {
        let mut parts = parts.filter(|part| part.field.is_some()).peekable();
        parts.peek().is_some() && parts.all(bare)
    };
    lost(&mut rule.sources()) || lost(&mut rule.operations()) || !rule.conditions().all(is_known)
}

/// What a part of a rule asks for.
fn said(part: Part<'_>) -> impl Iterator<Item = Clause<'_>> {
    part.clauses().filter(|clause| clause.filled().next().is_some())
}

/// Whether the trust domains of a rule are all that ztunnel does not know: it drops them without dropping the rule.
fn only_left_out(rule: Rule<'_>) -> bool {
    let domains = |clause: Clause<'_>| clause.attribute == Attribute::TrustDomain;
    rule.operations().chain(rule.sources()).flat_map(said).all(|clause| is_known(clause) || domains(clause))
        && rule.conditions().all(is_known)
        && !rule.sources().flat_map(said).all(domains)
}

fn name(field: &Field<'_>) -> String {
    match field.text("key") {
        "" => field.path().rsplit('.').next().unwrap_or_default().to_owned(),
        key => format!("the condition {key:?}"),
    }
}
