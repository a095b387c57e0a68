use crate::checks::Findings;
use crate::checks::support::istio::security::rules::METHODS;
use crate::mesh::istio::authorization_policy::{self, Attribute};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy writes an HTTP method in small letters: `get` instead of `GET`.
    ///
    /// # Why it matters
    ///
    /// Envoy compares methods with their case, and clients send capitals. The rule never matches: an ALLOW rule lets nothing through, a DENY rule
    /// stops nothing.
    ///
    /// # How to fix it
    ///
    /// Write the method in capitals.
    ///
    /// Sources: RFC 9110 section 9.1; istio `pilot/pkg/security/authz/model/generator.go`.
    "istio-policy-method-not-upper-case",
    summary: "AuthorizationPolicy writes an HTTP method in small letters, which never matches",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in authorization_policy::all(&world.index) {
        for value in policy.values().filter(|value| value.attribute == Attribute::Method) {
            let (written, upper, path) = (value.text, value.text.to_ascii_uppercase(), value.field.path());
            if upper != written && METHODS.contains(&upper.as_str()) {
                let message = format!("{written:?} never matches: methods are compared with their case");
                findings.add(policy.object, path.clone(), message, format!("Write {upper:?}.")).fix(path, upper);
            }
        }
    }
}
