use crate::checks::Findings;
use crate::checks::support::istio::security::reach::{Reach, enforced_by};
use crate::mesh::istio::ambient::{self, HTTP_OPERATION, HTTP_SOURCE, first_filled};
use crate::mesh::istio::policy::{self, Action, Enforcer};
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

const SOURCE: [&str; 6] = [HTTP_SOURCE[0], HTTP_SOURCE[1], "remoteIpBlocks", "notRemoteIpBlocks", "trustDomains", "notTrustDomains"];
const KEYS: [&str; 5] = ["source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"];

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut reach = Reach::new(world, enforced_by(world, Enforcer::Ztunnel));
    for ap in world.index.objects(Kind::AuthorizationPolicy).iter().filter(|ap| !policy::is_dry_run(ap)) {
        let action = Action::of(ap);
        let reported = ambient::is_ambient_namespace(&world.index, &ap.meta.namespace) && ambient::http_field(ap).is_some();
        if reported || !matches!(action, Action::Allow | Action::Deny) {
            continue;
        }
        for rule in ap.spec().list("rules") {
            let Some(field) = unsupported(&rule) else { continue };
            let Some(workload) = reach.first(ap) else { break };
            let effect = match action {
                Action::Allow if only_left_out(&rule) => "it leaves the field out, so the rule admits more than it says",
                Action::Allow => "it drops the rule, and the callers it admits are denied",
                _ if is_void(&rule) => "nothing is left of a part of the rule, so it denies nothing",
                _ => "it leaves the field out, so the rule denies more than it says",
            };
            let message = format!("ztunnel enforces this for {} and does not know {}: {effect}", workload.reference, name(&field));
            let hint = "Target a waypoint with the policy, or use only principals, namespaces, ipBlocks and ports.";
            findings.add(ap, field.path(), message, hint).related(workload.reference.clone(), "is in ambient");
        }
    }
}

fn unsupported<'a>(rule: &Field<'a>) -> Option<Field<'a>> {
    let to = policy::operations(rule).find_map(|o| first_filled(&o, &HTTP_OPERATION));
    let from = || policy::sources(rule).find_map(|s| first_filled(&s, &SOURCE));
    to.or_else(from).or_else(|| rule.list("when").find(|c| !KEYS.contains(&c.text("key"))))
}

/// Whether a part of a rule has nothing left that ztunnel knows, which makes the whole rule match nothing.
fn is_void(rule: &Field<'_>) -> bool {
    let bare = |item: Field<'_>, names: &[&str]| item.entries().all(|(name, field)| field.is_empty() || names.contains(&name));
    let lost = |items: Vec<Field<'_>>, names: &[&str]| !items.is_empty() && items.into_iter().all(|item| bare(item, names));
    lost(policy::sources(rule).collect(), &SOURCE)
        || lost(policy::operations(rule).collect(), &HTTP_OPERATION)
        || rule.list("when").any(|c| !KEYS.contains(&c.text("key")))
}

/// Whether the trust domains of a rule are all that ztunnel does not know: it drops them without dropping the rule.
fn only_left_out(rule: &Field<'_>) -> bool {
    const DOMAINS: [&str; 2] = ["trustDomains", "notTrustDomains"];
    let known = |item: &Field<'_>, names: &[&str]| item.entries().all(|(name, f)| f.is_empty() || !names.contains(&name) || DOMAINS.contains(&name));
    policy::operations(rule).all(|o| known(&o, &HTTP_OPERATION))
        && policy::sources(rule).all(|s| known(&s, &SOURCE))
        && rule.list("when").all(|c| KEYS.contains(&c.text("key")))
        && !policy::sources(rule).all(|s| s.entries().all(|(name, f)| f.is_empty() || DOMAINS.contains(&name)))
}

fn name(field: &Field<'_>) -> String {
    match field.text("key") {
        "" => field.path().rsplit('.').next().unwrap_or_default().to_owned(),
        key => format!("the condition {key:?}"),
    }
}
