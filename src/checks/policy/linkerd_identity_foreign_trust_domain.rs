use crate::checks::Findings;
use crate::mesh::linkerd::identity::AccountIdentity;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An identity of the form `….serviceaccount.identity.<control plane>.<trust domain>` whose control-plane namespace or trust domain is not
    /// that of the Linkerd installed here.
    ///
    /// # Why it matters
    ///
    /// Proxies of this cluster get names of this trust domain, so the entry matches none of them. It is right for clients of a linked cluster
    /// with another trust domain only.
    ///
    /// # How to fix it
    ///
    /// Use the trust domain of the installation (`identityTrustDomain` in `linkerd-config`), or identityRefs, which follow it by themselves.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/cluster_info.rs`, `controller/identity/validator.go`.
    "linkerd-identity-foreign-trust-domain",
    summary: "Identity of another trust domain or control plane",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::MeshTlsAuthentication, Kind::ServerAuthorization, Kind::ConfigMap, Kind::Link],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let cluster = &world.linkerd.cluster;
    if !cluster.known {
        return;
    }
    let linked = world.index.objects(Kind::Link).iter().next().is_some();
    for kind in [Kind::MeshTlsAuthentication, Kind::ServerAuthorization] {
        for object in world.index.objects(kind) {
            let spec = object.spec();
            let holder = if kind == Kind::MeshTlsAuthentication { Some(spec) } else { spec.at(["client", "meshTLS"]) };
            for (text, at) in holder.iter().flat_map(|h| h.texts("identities")) {
                let Some(parts) = AccountIdentity::parse(text) else { continue };
                if cluster.trust_domain == parts.trust_domain && cluster.namespace == parts.control_plane {
                    continue;
                }
                let expected = format!("{}.{}", cluster.namespace, cluster.trust_domain);
                let finding = findings.add(
                    object,
                    at.path(),
                    format!("{text:?} is of {}.{}, but identities here end with {expected}", parts.control_plane, parts.trust_domain),
                    format!("End the identity with {expected}, or use identityRefs."),
                );
                if linked {
                    finding.severity(Severity::Info);
                }
            }
        }
    }
}
