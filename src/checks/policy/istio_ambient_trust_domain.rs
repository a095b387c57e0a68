use crate::checks::Findings;
use crate::checks::support::istio::security::reach::{Reach, enforced_by};
use crate::mesh::istio::authorization_policy::{self, Attribute, Place};
use crate::mesh::istio::policy::Enforcer;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The mesh has a trust domain of its own, and an AuthorizationPolicy for a workload in ambient writes principals of `cluster.local` or of a
    /// trust domain alias.
    ///
    /// # Why it matters
    ///
    /// For sidecars Istio replaces `cluster.local` and aliases by the trust domain of the mesh. For ztunnel it does not: the principal never
    /// matches, an ALLOW rule admits nobody and a DENY rule stops nobody.
    ///
    /// # How to fix it
    ///
    /// Write the trust domain of the mesh, or `*/ns/NAMESPACE/sa/ACCOUNT`.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/ambient/authorization.go`.
    "istio-ambient-trust-domain",
    summary: "A principal for an ambient workload has cluster.local or an alias instead of the mesh's trust domain",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::ConfigMap, Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let config = &world.istio.config;
    let own = config.trust_domain.as_str();
    let is_alias = |domain: &str| domain != own && (domain == "cluster.local" || config.trust_domain_aliases.iter().any(|a| *a == *domain));
    let mut reach = Reach::new(world, enforced_by(world, Enforcer::Ztunnel));
    for policy in authorization_policy::all(&world.index) {
        for value in policy.values().filter(|value| value.attribute == Attribute::Principal && value.place == Place::Source) {
            let Some((domain, rest)) = value.text.split_once('/').filter(|(domain, _)| is_alias(domain)) else { continue };
            let Some(workload) = reach.first(policy.object) else { continue };
            let message = format!("{:?} never matches at the ztunnel of {}: the trust domain is {own:?}", value.text, workload.reference);
            let path = value.field.path();
            let finding = findings.add(policy.object, path.clone(), message, format!("Write \"{own}/{rest}\" instead of {domain:?}."));
            finding.fix(path, format!("{own}/{rest}")).related(workload.reference.clone(), "is in ambient");
        }
    }
}
