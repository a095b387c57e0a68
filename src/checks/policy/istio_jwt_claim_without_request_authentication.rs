use crate::checks::Findings;
use crate::checks::support::istio::security::jwt::token_field;
use crate::mesh::istio::policy::{self, Action};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy looks at the token of a request (`requestPrincipals`, `notRequestPrincipals`, conditions on `request.auth.*`), and
    /// no RequestAuthentication holds for the workloads it is for.
    ///
    /// # Why it matters
    ///
    /// Without a RequestAuthentication no token is read, and there are no claims. An ALLOW rule that asks for them admits nobody;
    /// `notRequestPrincipals` matches every request, with a token or without.
    ///
    /// # How to fix it
    ///
    /// Write a RequestAuthentication with the issuer of the tokens for the same workloads.
    ///
    /// Sources: istio `pilot/pkg/security/authz/model/generator.go`, `pilot/pkg/security/authn/policy_applier.go`.
    "istio-jwt-claim-without-request-authentication",
    summary: "An AuthorizationPolicy looks at tokens that no RequestAuthentication reads",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let root = world.istio.root_namespace();
    let requests = world.view().request_authentications();
    for ap in index.objects(Kind::AuthorizationPolicy) {
        let Some(field) = token_field(ap) else { continue };
        let namespace = ap.meta.namespace.as_str();
        let nearby = !index.objects_in(Kind::RequestAuthentication, namespace).is_empty();
        let anywhere = nearby || !index.objects_in(Kind::RequestAuthentication, root).is_empty();
        let labels = policy::selector(ap).unwrap_or_default();
        let read = if !policy::targets(ap).is_empty() {
            anywhere
        } else if labels.is_empty() {
            anywhere || (namespace == root && !index.objects(Kind::RequestAuthentication).is_empty())
        } else {
            let picked = policy::picked(index, ap, root);
            if picked.is_empty() { anywhere } else { picked.iter().any(|w| !requests.selecting(&w.reference.namespace, &w.labels).is_empty()) }
        };
        if !read {
            let effect = match Action::of(ap) {
                Action::Allow => "the rule admits nobody by it",
                _ => "the rule does not do what it says",
            };
            let message = format!("looks at tokens, but no RequestAuthentication reads them for these workloads: {effect}");
            let hint = "Write a RequestAuthentication with the issuer of the tokens for the same workloads.";
            let kinds = [(Kind::RequestAuthentication, namespace), (Kind::RequestAuthentication, root)];
            findings.missing(ap, field.path(), &kinds, message, hint);
        }
    }
}
