use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A BackendTLSPolicy that gives a gateway nothing to verify the backend by: no hostname, no certificate authority (or two kinds of them), or a
    /// ConfigMap with the authority's certificate that does not exist or has no `ca.crt`. One that trust-manager will make of a Bundle in the
    /// manifests is only information.
    ///
    /// # Why it matters
    ///
    /// The policy is not accepted, and connections to the backend fail: a gateway must not fall back to plain text then.
    ///
    /// # How to fix it
    ///
    /// Set `validation.hostname` to a name in the backend's certificate, and either `caCertificateRefs` or `wellKnownCACertificates: System`.
    ///
    /// Sources: Gateway API GEP-1897; Kiali and istioctl do not look.
    "gateway-backend-tls-unverifiable",
    summary: "BackendTLSPolicy without a hostname or a certificate authority",
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Any,
    needs: &[Kind::BackendTlsPolicy, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::BackendTlsPolicy) {
        let Some(validation) = policy.spec().get("validation") else {
            findings.add(policy, "spec.validation", "there is no validation: the API server refuses the policy", "Set hostname and an authority.");
            continue;
        };
        if validation.text("hostname").is_empty() {
            let message = "there is no hostname to verify the backend's certificate by";
            findings.add(policy, validation.path_of("hostname"), message, "Set it to a name in the backend's certificate.");
        }
        let references: Vec<_> = validation.list("caCertificateRefs").collect();
        let system = !validation.text("wellKnownCACertificates").is_empty();
        if references.is_empty() != system {
            let message = if system { "two kinds of certificate authorities are named" } else { "no certificate authority is named" };
            let hint = "Set either caCertificateRefs or wellKnownCACertificates.";
            findings.add(policy, validation.path_of("caCertificateRefs"), message, hint);
        }
        let namespace = policy.meta.namespace.as_str();
        for reference in references.iter().filter(|r| matches!(r.text("group"), "" | "core") && r.text("kind") == "ConfigMap") {
            let name = reference.text("name");
            match world.index.object(Kind::ConfigMap, namespace, name) {
                None => {
                    let message = format!("ConfigMap {name:?} does not exist in namespace {namespace:?}");
                    let hint = "Create it with the authority's certificate under ca.crt.";
                    findings.missing_named(policy, reference.path_of("name"), (Kind::ConfigMap, namespace, name), message, hint);
                }
                Some(map) if map.root().at(["data", "ca.crt"]).is_none() && map.root().at(["binaryData", "ca.crt"]).is_none() => {
                    let message = format!("ConfigMap {name:?} has no key ca.crt");
                    findings.add(policy, reference.path_of("name"), message, "Put the authority's certificate under ca.crt.");
                }
                Some(_) => {}
            }
        }
    }
}
