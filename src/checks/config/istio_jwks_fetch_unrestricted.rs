use crate::checks::Findings;
use crate::mesh::istio::request_authentication::rules;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// There are RequestAuthentications, and istiod runs without the environment variable `BLOCKED_CIDRS_IN_JWKS_URIS`.
    ///
    /// # Why it matters
    ///
    /// istiod itself fetches every `jwksUri`. Whoever may write a RequestAuthentication in any namespace can make it call addresses that only it
    /// can reach: the cloud's metadata service, for instance.
    ///
    /// # How to fix it
    ///
    /// Set `BLOCKED_CIDRS_IN_JWKS_URIS` on istiod to the ranges it must not call, such as `169.254.0.0/16` and the pod and service ranges.
    ///
    /// Sources: istio IST0175 `pkg/config/analysis/analyzers/authn/blockedcidrs.go`.
    "istio-jwks-fetch-unrestricted",
    summary: "istiod fetches JWKS from any address that a RequestAuthentication names",
    aliases: &["IST0175"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::RequestAuthentication, Kind::Deployment],
    run: run,
}

const VARIABLE: &str = "BLOCKED_CIDRS_IN_JWKS_URIS";

fn run(world: &World, findings: &mut Findings<'_>) {
    let requests = world.index.objects(Kind::RequestAuthentication);
    if requests.is_empty() {
        return;
    }
    // istioctl warns for any RequestAuthentication; without a jwksUri nothing is fetched, which makes it worth knowing only.
    let fetched = requests.iter().filter(|ra| rules(ra).any(|rule| rule.jwks_uri().is_some()));
    let fetched: Vec<_> = fetched.collect();
    let istiods = world.index.controllers().iter().filter(|c| c.kind == Kind::Deployment && c.metadata.labels.is("app", "istiod"));
    for istiod in istiods {
        let mut containers = istiod.template().into_iter().flat_map(|t| &t.spec.containers);
        if containers.any(|c| c.env(VARIABLE).is_some_and(|value| !value.is_empty())) {
            continue;
        }
        let message = format!("{VARIABLE} is not set, so istiod fetches keys from any address that a RequestAuthentication names");
        let hint = format!("Set {VARIABLE} on istiod to the ranges it must not call.");
        let finding = findings.add(istiod, "spec.template.spec.containers", message, hint);
        if fetched.is_empty() {
            finding.severity(Severity::Info);
        }
        for ra in fetched.iter() {
            finding.related(ra.reference(), "names an address to fetch keys from");
        }
    }
}
