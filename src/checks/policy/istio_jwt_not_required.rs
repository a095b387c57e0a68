use crate::checks::Findings;
use crate::checks::support::istio::security::jwt::token_field;
use crate::mesh::istio::{policy, request_authentication};
use crate::model::{Kind, Map, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A RequestAuthentication holds for workloads for which no AuthorizationPolicy looks at the token (`requestPrincipals`,
    /// `notRequestPrincipals`, or a condition on `request.auth.*`).
    ///
    /// # Why it matters
    ///
    /// A RequestAuthentication refuses tokens that are wrong. A request without any token passes: leaving the token away is enough to get in.
    ///
    /// # How to fix it
    ///
    /// Add an AuthorizationPolicy that requires a token.
    ///
    /// # Example
    ///
    /// ```yaml
    /// action: DENY
    /// rules:
    /// - from:
    ///   - source:
    ///       notRequestPrincipals: ["*"]
    /// ```
    ///
    /// Sources: istio.io, reference of RequestAuthentication; `pilot/pkg/security/authn/policy_applier.go`.
    "istio-jwt-not-required",
    summary: "A RequestAuthentication without an AuthorizationPolicy that requires the token",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::RequestAuthentication, Kind::AuthorizationPolicy, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let root = world.istio.root_namespace();
    let asking: Vec<&Object> = index.objects(Kind::AuthorizationPolicy).iter().filter(|ap| token_field(ap).is_some()).collect();
    let policies = world.view().authorization_policies();
    let asked = |namespace: &str, labels: &Map| policies.selecting(namespace, labels).into_iter().any(|ap| token_field(ap).is_some());
    for ra in index.objects(Kind::RequestAuthentication) {
        let namespace = ra.meta.namespace.as_str();
        let targets = policy::targets(ra);
        let labels = policy::selector(ra).unwrap_or_default();
        let in_scope = |ap: &&Object| namespace == root || ap.meta.namespace == namespace || ap.meta.namespace == root;
        let required = if !targets.is_empty() {
            // A Service's token may be required at its waypoint as a whole, so any policy with a target nearby is taken for it.
            asking.iter().any(|ap| (ap.meta.namespace == namespace || ap.meta.namespace == root) && !policy::targets(ap).is_empty())
        } else if labels.is_empty() {
            asking.iter().any(in_scope)
        } else {
            let picked = policy::picked(index, ra, root);
            let by_workload = |w: &&crate::index::Workload| asked(&w.reference.namespace, &w.labels);
            if picked.is_empty() { asked(namespace, &labels) } else { picked.iter().all(by_workload) }
        };
        if !required && request_authentication::rules(ra).next().is_some() {
            let message = "checks tokens, but no AuthorizationPolicy requires one: requests without a token pass";
            let hint = "Add a DENY policy with notRequestPrincipals [\"*\"] for the same workloads, or an ALLOW policy with requestPrincipals.";
            findings.missing(ra, "spec.jwtRules", &[(Kind::AuthorizationPolicy, namespace), (Kind::AuthorizationPolicy, root)], message, hint);
        }
    }
}
