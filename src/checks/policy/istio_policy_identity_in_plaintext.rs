use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::istio::security::reach::{Reach, enforced_by};
use crate::mesh::istio::ambient::first_filled;
use crate::mesh::istio::policy::{self, Action, Enforcer};
use crate::mesh::mtls::Mode;
use crate::model::{Field, Kind, Map, Object, Subject};
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
    for ap in world.index.objects(Kind::AuthorizationPolicy).iter().filter(|ap| !policy::is_dry_run(ap)) {
        let Some((field, effect)) = weak(ap) else { continue };
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

const POSITIVE: [&str; 4] = ["principals", "namespaces", "serviceAccounts", "trustDomains"];
/// Fields that tell callers apart without a certificate.
const PROVEN_OTHERWISE: [&str; 3] = ["requestPrincipals", "ipBlocks", "remoteIpBlocks"];
const NEGATIVE: [&str; 4] = ["notPrincipals", "notNamespaces", "notServiceAccounts", "notTrustDomains"];

/// The field by which callers without an identity get past a policy, and what then happens.
fn weak(ap: &Object) -> Option<(Field<'_>, &'static str)> {
    let action = Action::of(ap);
    ap.spec().list("rules").flat_map(|rule| policy::sources(&rule).collect::<Vec<_>>()).find_map(|source| {
        if first_filled(&source, &PROVEN_OTHERWISE).is_some() {
            return None;
        }
        let named = first_filled(&source, &POSITIVE);
        match action {
            Action::Allow if named.is_none() => Some((first_filled(&source, &NEGATIVE)?, "the rule admits them")),
            Action::Deny => Some((named?, "the rule does not stop them")),
            _ => None,
        }
    })
}

/// Selectors of DENY policies that stop everybody without an identity, by namespace.
fn guards(world: &World) -> HashMap<&str, Vec<Map>> {
    let mut found: HashMap<&str, Vec<Map>> = HashMap::new();
    let stops = |rule: Field<'_>| {
        let everywhere = rule.get("to").is_none() && rule.get("when").is_none();
        everywhere && policy::sources(&rule).any(|s| s.texts("notPrincipals").any(|(p, _)| p == "*"))
    };
    for ap in world.index.objects(Kind::AuthorizationPolicy) {
        let enforced = Action::of(ap) == Action::Deny && !policy::is_dry_run(ap) && policy::targets(ap).is_empty();
        if enforced && ap.spec().list("rules").any(stops) {
            found.entry(&ap.meta.namespace).or_default().push(policy::selector(ap).unwrap_or_default());
        }
    }
    found
}
