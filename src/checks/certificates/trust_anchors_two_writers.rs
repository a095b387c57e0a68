use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::istio::authority;
use crate::model::{Kind, Subject as _};
use crate::report::{Category, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two programs write the roots of one mesh: istio-csr runs while istiod is an authority too (`ENABLE_CA_SERVER` is not `false`), or trust-manager
    /// writes ConfigMap `linkerd-identity-trust-roots` while the chart of Linkerd does so as well (`identity.externalCA` is not `true`).
    ///
    /// # Why it matters
    ///
    /// Each writes over the other. Which roots a pod gets depends on who wrote last when it started, and some pods do not trust others.
    ///
    /// # How to fix it
    ///
    /// Leave it to one: set `ENABLE_CA_SERVER=false` and `CA_ADDR` of istiod, or `identity.externalCA: true` of Linkerd's chart, or take the other away.
    ///
    /// Sources: cert-manager istio-csr (two writers of `istio-ca-root-cert`), trust-manager, linkerd `charts/linkerd-control-plane/templates/identity.yaml`.
    "trust-anchors-two-writers",
    summary: "Two programs write the roots that proxies trust",
    severity: Severity::Warning,
    category: Category::Certificates,
    needs: &[Kind::ConfigMap, Kind::Deployment],
    kindwise: true,
    run: run,
}

/// Label that trust-manager gives to what it writes.
const BUNDLE: &str = "trust.cert-manager.io/bundle";

fn run(world: &World, findings: &mut Findings<'_>) {
    if let Some((csr, istiod)) = authority::rivals(&world.index) {
        let what = "istio-csr writes istio-ca-root-cert into every namespace, and so does istiod, which is an authority too";
        findings
            .add_workload(csr, "", what, "Set ENABLE_CA_SERVER=false and CA_ADDR of istiod, if istio-csr is to sign.")
            .related(istiod.reference.clone(), "is an authority: ENABLE_CA_SERVER is not false");
    }
    for (config, values) in configs(world) {
        let roots = world.index.object(Kind::ConfigMap, &config.namespace, "linkerd-identity-trust-roots");
        let Some(roots) = roots.filter(|roots| roots.meta.labels.has(BUNDLE)) else { continue };
        if config.root().at(["identity", "externalCA"]).and_then(|f| f.bool()) != Some(true) {
            let what = "trust-manager writes it, and the next upgrade of Linkerd writes identityTrustAnchorsPEM of its values over that";
            findings
                .add(roots, "metadata.labels", what, "Set identity.externalCA: true in the values of Linkerd's chart.")
                .related(values.reference(), "does not set identity.externalCA");
        }
    }
}
