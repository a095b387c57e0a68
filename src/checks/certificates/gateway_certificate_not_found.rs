use crate::checks::Findings;
use crate::checks::support::gateway::attachment;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A listener names, in `tls.certificateRefs`, a Secret that does not exist, or one without certificate or key.
    /// One that cert-manager will make, of a Certificate in the manifests or of an annotation on the Gateway, is only information.
    ///
    /// # Why it matters
    ///
    /// The listener does not come up (InvalidCertificateRef): connections to its port are refused or reset.
    ///
    /// # How to fix it
    ///
    /// Create the Secret beside the Gateway, of type `kubernetes.io/tls` with `tls.crt` and `tls.key`, or correct the name.
    ///
    /// Sources: Gateway API specification, `ListenerTLSConfig.certificateRefs`; cert-manager
    /// `pkg/controller/certificate-shim/sync.go`; Kiali and istioctl look at Istio's own Gateways alone.
    "gateway-certificate-not-found",
    summary: "Listener whose certificate Secret does not exist or is incomplete",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for gateway in [Kind::Gateway, Kind::ListenerSet].into_iter().flat_map(|kind| world.index.objects(kind)) {
        for listener in attachment::listeners(gateway) {
            for reference in listener.field.get("tls").iter().flat_map(|tls| tls.list("certificateRefs")) {
                let (name, namespace) = (reference.text("name"), reference.text("namespace"));
                let namespace = if namespace.is_empty() { gateway.meta.namespace.as_str() } else { namespace };
                if !matches!(reference.text("group"), "" | "core") || !matches!(reference.text("kind"), "" | "Secret") || name.is_empty() {
                    continue;
                }
                let Some(secret) = world.index.object(Kind::Secret, namespace, name) else {
                    findings.missing_named(
                        gateway,
                        reference.path_of("name"),
                        (Kind::Secret, namespace, name),
                        format!("Secret {name:?} does not exist in namespace {namespace:?}: listener {:?} does not come up", listener.name),
                        "Create the Secret, or name one that exists.",
                    );
                    continue;
                };
                let has = |key: &str| secret.root().at(["data", key]).is_some();
                let lacking: Vec<&str> = ["tls.crt", "tls.key"].into_iter().filter(|key| !has(key)).collect();
                // What a Secret of a controller's own type holds is for that controller to know.
                let kind = secret.root().text("type");
                if !lacking.is_empty() && (!kind.contains('/') || kind.starts_with("kubernetes.io/")) {
                    findings
                        .add(
                            gateway,
                            reference.path_of("name"),
                            format!("Secret {name:?} has no {}: listener {:?} does not come up", lacking.join(" and no "), listener.name),
                            "Put certificate and key into a Secret of type kubernetes.io/tls.",
                        )
                        .related(secret.reference(), "is the Secret");
                }
            }
        }
    }
}
