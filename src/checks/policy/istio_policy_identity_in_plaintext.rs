use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::istio::security::reach::{Reach, enforced_by};
use crate::mesh::istio::authorization_policy::{self, Attribute, AuthorizationPolicy, Part, Rule};
use crate::mesh::istio::policy::{self, Action, Enforcer};
use crate::mesh::mtls::Mode;
use crate::model::{Field, Kind, Map, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy relies on the caller's identity in a way that callers without one get past, on workloads that accept plaintext:
    /// an ALLOW rule whose source says only who it is *not* (`notPrincipals`, `notNamespaces`, `notServiceAccounts`), or a DENY rule that names
    /// whom to stop.
    ///
    /// # Why it matters
    ///
    /// A caller in plaintext has no identity. It is none of those that are excepted, so the ALLOW rule admits it; it is none of those that
    /// are named, so the DENY rule lets it pass. Whoever is to be kept out only has to leave TLS away.
    ///
    /// # How to fix it
    ///
    /// Make the workloads STRICT, or add a DENY policy with `notPrincipals: ["*"]`, which stops everybody without an identity.
    ///
    /// Sources: istio `pilot/pkg/security/authz/model/permission.go`; istio.io, security concepts, "Authorization policy precedence".
    "istio-policy-identity-in-plaintext",
    summary: "A policy by identity can be passed in plaintext, which its workloads accept",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::PeerAuthentication, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    let peers = world.view().peer_authentications();
    let sidecar = enforced_by(world, Enforcer::Sidecar);
    let ztunnel = enforced_by(world, Enforcer::Ztunnel);
    let mut open = Reach::new(world, |w| (sidecar(w) || ztunnel(w)) && peers.known(w).is_ok_and(|a| a.any.mode != Mode::Strict));
    let guarded = guards(world);
    for policy in authorization_policy::all(&world.index).filter(|policy| !policy.dry_run) {
        let ap = policy.object;
        let Some((field, effect)) = weak(policy) else { continue };
        let labels = policy::selector(ap).unwrap_or_default();
        let covers = |namespace: &str| guarded.get(namespace).is_some_and(|all| all.iter().any(|wanted| wanted.is_subset_of(&labels)));
        if covers(root) || covers(&ap.meta.namespace) {
            continue;
        }
        let Some(workload) = open.first(ap) else { continue };
        let decision = peers.known(workload).ok().map(|a| a.any);
        let message = format!("{} accepts plaintext, whose callers have no identity: {effect}", workload.reference);
        let hint = "Make the workloads STRICT, or deny notPrincipals [\"*\"] in a further policy.";
        let finding = findings.add(ap, field.path(), message, hint);
        if world.sight(Kind::PeerAuthentication, root) == Sight::NotInFiles {
            finding.severity(Severity::Info);
        }
        if let Some(peer) = decision.and_then(|d| d.policy) {
            finding.related(peer.reference(), "decides what the workload accepts");
        }
    }
}

/// What tells callers apart by their certificate.
const BY_CERTIFICATE: [Attribute<'static>; 4] = [Attribute::Principal, Attribute::Namespace, Attribute::Account, Attribute::TrustDomain];
/// What tells them apart without one.
const PROVEN_OTHERWISE: [Attribute<'static>; 3] = [Attribute::TokenOwner, Attribute::Direct, Attribute::Remote];

/// The field by which callers without an identity get past a policy, and what then happens.
fn weak(policy: AuthorizationPolicy<'_>) -> Option<(Field<'_>, &'static str)> {
    policy.rules().flat_map(Rule::sources).find_map(|source| {
        if first(source, &PROVEN_OTHERWISE, false).is_some() {
            return None;
        }
        let named = first(source, &BY_CERTIFICATE, false);
        match policy.action {
            Action::Allow if named.is_none() => Some((first(source, &BY_CERTIFICATE, true)?, "the rule admits them")),
            Action::Deny => Some((named?, "the rule does not stop them")),
            _ => None,
        }
    })
}

/// The first list of a source about one of these that is not empty, of those with exceptions or of the others.
fn first<'a>(source: Part<'a>, attributes: &[Attribute<'static>], except: bool) -> Option<Field<'a>> {
    let mut clauses = attributes.iter().filter_map(|attribute| source.clause(*attribute));
    clauses.find_map(|clause| clause.filled().find(|(_, not)| *not == except).map(|(list, _)| list))
}

/// Selectors of DENY policies that stop everybody without an identity, by namespace.
fn guards(world: &World) -> HashMap<&str, Vec<Map>> {
    let mut found: HashMap<&str, Vec<Map>> = HashMap::new();
    let stops = |rule: Rule<'_>| {
        let everywhere = rule.field.get("to").is_none() && rule.field.get("when").is_none();
        let nobody = |clause: authorization_policy::Clause<'_>| clause.values().any(|value| value.except && value.text == "*");
        everywhere && rule.sources().filter_map(|source| source.clause(Attribute::Principal)).any(nobody)
    };
    for policy in authorization_policy::all(&world.index) {
        let ap = policy.object;
        if policy.enforces(Action::Deny) && policy::targets(ap).is_empty() && policy.rules().any(stops) {
            found.entry(&ap.meta.namespace).or_default().push(policy::selector(ap).unwrap_or_default());
        }
    }
    found
}
