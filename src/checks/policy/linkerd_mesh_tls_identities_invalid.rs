use crate::checks::Findings;
use crate::mesh::linkerd::authz::{referenced_kind, written_kind};
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A MeshTLSAuthentication with neither or both of `identities` and `identityRefs` (an empty list counts too), or with an identityRef that is neither a ServiceAccount
    /// nor a Namespace, or a Namespace with a `namespace` field.
    ///
    /// # Why it matters
    ///
    /// The API server or admission refuses it. One that got in is passed over, and every policy that requires it is void.
    ///
    /// # How to fix it
    ///
    /// Write exactly one of the two lists. Identities of pods are better written as identityRefs, which do not depend on the trust domain.
    ///
    /// Sources: linkerd `charts/linkerd-crds/templates/policy/meshtls-authentication.yaml`, `policy-controller/runtime/src/admission.rs`, `policy-controller/k8s/index/src/inbound/meshtls_authentication.rs`.
    "linkerd-mesh-tls-identities-invalid",
    summary: "MeshTLSAuthentication that names nobody, or in two ways",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::MeshTlsAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for authentication in world.index.objects(Kind::MeshTlsAuthentication) {
        let spec = authentication.spec();
        let names = ["identities", "identityRefs"];
        let named = names.iter().any(|name| spec.list(name).next().is_some());
        match (named, names.iter().all(|name| spec.get(name).is_some())) {
            (false, _) => {
                findings.add(authentication, "spec", "it names nobody: policies that require it are void", "List identities or identityRefs.");
            }
            // Presence counts: the schema wants exactly one of the two, and an empty list is one.
            (true, true) => {
                let hint = "Keep one list, and put the rest into a second MeshTLSAuthentication with a policy of its own.";
                findings.add(authentication, "spec.identityRefs", "identities and identityRefs exclude each other", hint);
            }
            (true, false) => references(authentication, findings),
        }
    }
}

fn references(authentication: &Object, findings: &mut Findings<'_>) {
    for reference in authentication.spec().list("identityRefs") {
        let (path, message, hint) = match referenced_kind(&reference) {
            Some(Kind::ServiceAccount) => continue,
            Some(Kind::Namespace) if reference.text("namespace").is_empty() => continue,
            Some(Kind::Namespace) => (
                reference.path_of("namespace"),
                "a Namespace is in no namespace: admission refuses the field".to_owned(),
                "Remove the field namespace, and name the Namespace in name.",
            ),
            _ => (
                reference.path(),
                format!("{:?} has no identity: the whole authentication is void", written_kind(&reference)),
                "Name a ServiceAccount or a Namespace, without a group.",
            ),
        };
        findings.add(authentication, path, message, hint);
    }
}
