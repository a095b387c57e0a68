use crate::checks::Findings;
use crate::mesh::istio::authorization_policy;
use crate::mesh::istio::policy::Action;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A CUSTOM policy names a provider that is not among `extensionProviders` of the mesh configuration, or one that is no external authorizer
    /// (`envoyExtAuthzHttp`, `envoyExtAuthzGrpc`).
    ///
    /// # Why it matters
    ///
    /// Istio then denies every request that the policy's rules match.
    ///
    /// # How to fix it
    ///
    /// Define the provider in the mesh configuration, or write the name of one that is there.
    ///
    /// Sources: istio `pilot/pkg/security/authz/builder/extauthz.go`.
    "istio-policy-provider-not-found",
    summary: "A CUSTOM policy names an external authorizer that the mesh configuration does not define",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let config = &world.istio.config;
    if config.error.is_some() {
        return;
    }
    let root = config.root();
    for ap in authorization_policy::all(&world.index).filter(|policy| policy.action == Action::Custom).map(|policy| policy.object) {
        let spec = ap.spec();
        let Some(name) = spec.at(["provider", "name"]).and_then(|f| f.str()).filter(|name| !name.is_empty()) else { continue };
        let path = "spec.provider.name";
        match root.list("extensionProviders").find(|p| p.text("name") == name) {
            Some(provider) if ["envoyExtAuthzHttp", "envoyExtAuthzGrpc"].iter().any(|kind| provider.get(kind).is_some()) => {}
            Some(_) => {
                let message = format!("provider {name:?} is no external authorizer: every request that matches is denied");
                findings.add(ap, path, message, "Name a provider of type envoyExtAuthzHttp or envoyExtAuthzGrpc.");
            }
            None => {
                let message = format!("the mesh configuration defines no provider {name:?}: every request that matches is denied");
                let hint = "Add it to extensionProviders of the mesh configuration, or name one that is there.";
                let finding = match &config.object {
                    Some(object) => Some(findings.add(ap, path, message, hint).related(object.clone(), "is the mesh configuration")),
                    None => findings.missing(ap, path, &[(Kind::ConfigMap, world.istio.root_namespace())], message, hint),
                };
                if let (Some(finding), None) = (finding, &config.object) {
                    finding.severity(Severity::Info);
                }
            }
        }
    }
}
