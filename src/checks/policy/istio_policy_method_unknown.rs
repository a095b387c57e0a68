use crate::checks::Findings;
use crate::checks::support::istio::security::rules::METHODS;
use crate::mesh::istio::authorization_policy::{self, Attribute};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy names, in `operation.methods` or `operation.notMethods`, something that is no HTTP method: neither one of GET, HEAD,
    /// POST, PUT, PATCH, DELETE, CONNECT, OPTIONS and TRACE, nor a beginning (`GE*`) or an end (`*ST`) of one.
    ///
    /// # Why it matters
    ///
    /// The value is compared with the method of the request and never matches. gRPC calls are all POST: a method name such as
    /// `/shop.Cart/Add` belongs in `paths`.
    ///
    /// # How to fix it
    ///
    /// Write the HTTP method, or move a gRPC method to `paths` with `POST` as the method.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # before: never matches
    /// methods: ["/shop.Cart/Add"]
    /// # after
    /// methods: ["POST"]
    /// paths: ["/shop.Cart/Add"]
    /// ```
    ///
    /// Sources: kiali KIA0102 `business/checkers/authorization/namespace_method_checker.go`.
    "istio-policy-method-unknown",
    summary: "AuthorizationPolicy names something that is no HTTP method",
    aliases: &["KIA0102"],
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in authorization_policy::all(&world.index) {
        let methods = policy.values().filter(|value| value.attribute == Attribute::Method);
        for value in methods.filter(|value| !value.text.is_empty() && !is_method(value.text)) {
            let hint = if value.text.contains('/') {
                "gRPC calls are POST: move this to paths and write POST as the method."
            } else {
                "Write an HTTP method in capitals, such as GET."
            };
            let message = format!("{:?} is no HTTP method and matches no request", value.text);
            let finding = findings.add(policy.object, value.field.path(), message, hint);
            finding.codes(if value.except { &[] } else { &["KIA0102"] });
        }
    }
}

/// Whether a value can match a method, its case aside.
fn is_method(value: &str) -> bool {
    let value = value.trim().to_ascii_uppercase();
    match (value.strip_suffix('*'), value.strip_prefix('*')) {
        _ if value == "*" => true,
        (Some(prefix), None) => METHODS.iter().any(|m| m.starts_with(prefix)),
        (None, Some(suffix)) => METHODS.iter().any(|m| m.ends_with(suffix)),
        _ => METHODS.contains(&value.as_str()),
    }
}
