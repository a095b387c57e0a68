use crate::checks::Findings;
use crate::checks::support::istio::security::kiali_mtls::Mtls;
use crate::mesh::istio::authorization_policy::{self, Attribute, AuthorizationPolicy, Place, Rule};
use crate::mesh::istio::policy;
use crate::model::{Field, Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy asks who the caller is (`principals`, `namespaces`, their `not…` forms, or a condition on `source.principal`,
    /// `source.namespace` or `connection.sni`), while mutual TLS is off for the workloads it selects: a PeerAuthentication or a
    /// DestinationRule disables it, or, with `enableAutoMtls: false`, no pair of both turns it on.
    ///
    /// # Why it matters
    ///
    /// Without mutual TLS there is no identity. `principals` and `namespaces` then match nobody; `notPrincipals` and `notNamespaces` match
    /// everybody.
    ///
    /// # How to fix it
    ///
    /// Turn mutual TLS on for these workloads (remove the DISABLE, or set STRICT), or use `ipBlocks`.
    ///
    /// Sources: kiali KIA0105 `business/checkers/authorization/mtls_enabled_checker.go`, `util/mtls/status.go`.
    "istio-policy-identity-without-mtls",
    summary: "AuthorizationPolicy asks for the caller's identity where mutual TLS is off",
    aliases: &["KIA0105"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::PeerAuthentication, Kind::DestinationRule, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut mtls = Mtls::new(world);
    for policy in authorization_policy::all(&world.index) {
        let (ap, fields) = (policy.object, identity_fields(policy));
        if fields.is_empty() {
            continue;
        }
        let verdict = mtls.of(&ap.meta.namespace, &policy::selector(ap).unwrap_or_default());
        if verdict.on {
            continue;
        }
        for (name, field) in fields {
            let effect = if name.starts_with("not") { "matches everybody" } else { "matches nobody" };
            let message = format!("{name} needs the caller's identity, but mutual TLS is off for these workloads: it {effect}");
            let hint = "Turn mutual TLS on for them, or tell callers apart by ipBlocks.";
            let finding = findings.add(ap, field.path(), message, hint);
            for (object, text) in [(verdict.server, "decides what the workloads accept"), (verdict.client, "decides what callers send")] {
                if let Some(object) = object {
                    finding.related(object.reference(), text);
                }
            }
        }
    }
}

/// Fields and conditions that compare the identity of the peer, by name.
fn identity_fields(policy: AuthorizationPolicy<'_>) -> Vec<(&str, Field<'_>)> {
    let mut found = Vec::new();
    for clause in policy.rules().flat_map(Rule::clauses) {
        match (clause.place, clause.attribute) {
            (Place::Source, Attribute::Principal) => {
                found.extend(clause.filled().map(|(list, not)| (if not { "notPrincipals" } else { "principals" }, list)))
            }
            (Place::Source, Attribute::Namespace) => {
                found.extend(clause.filled().map(|(list, not)| (if not { "notNamespaces" } else { "namespaces" }, list)))
            }
            (Place::Condition, Attribute::Principal | Attribute::Namespace | Attribute::Sni) => {
                found.push((clause.parent.text("key"), clause.parent))
            }
            _ => {}
        }
    }
    found
}
