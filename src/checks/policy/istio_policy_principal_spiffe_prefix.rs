use crate::checks::Findings;
use crate::mesh::istio::authorization_policy::{self, Attribute, Place};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A principal of an AuthorizationPolicy starts with `spiffe://`, in `source.principals`, `source.notPrincipals` or a condition on
    /// `source.principal`.
    ///
    /// # Why it matters
    ///
    /// Istio puts `spiffe://` in front of the value itself, so what it compares with starts with `spiffe://spiffe://` and never matches. An
    /// ALLOW rule lets nobody in, a DENY rule stops nobody, and a `notPrincipals` matches everybody.
    ///
    /// # How to fix it
    ///
    /// Leave `spiffe://` out: `cluster.local/ns/shop/sa/cart`.
    ///
    /// Sources: istio/ztunnel issue 1901; istio `pilot/pkg/security/authz/model/generator.go`; kiali KIA0108 calls it a foreign trust domain.
    "istio-policy-principal-spiffe-prefix",
    summary: "AuthorizationPolicy writes a principal with spiffe://, which never matches",
    aliases: &["KIA0108"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in authorization_policy::all(&world.index) {
        for value in policy.values().filter(|value| value.attribute == Attribute::Principal) {
            let Some(bare) = value.text.strip_prefix("spiffe://") else { continue };
            let path = value.field.path();
            let listed = value.place == Place::Source && !value.except && !value.text.contains('*') && bare.contains("/ns/");
            let message = format!("{:?} never matches: Istio adds spiffe:// itself", value.text);
            let finding = findings.add(policy.object, path.clone(), message, format!("Write {bare:?}."));
            finding.codes(if listed { &["KIA0108"] } else { &[] }).fix(path, bare);
        }
    }
}
