use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The cluster still has a CustomResourceDefinition of group `rbac.istio.io`: ClusterRbacConfig, RbacConfig, ServiceRole or ServiceRoleBinding.
    ///
    /// # Why it matters
    ///
    /// Istio has not read these resources since version 1.6. Whoever still writes them believes in access control that is not there.
    ///
    /// # How to fix it
    ///
    /// Express the rules as AuthorizationPolicies, then delete the definitions.
    ///
    /// Sources: IST0002; istio `pkg/config/analysis/analyzers/deprecation/deprecation.go`.
    "istio-rbac-crd-removed",
    summary: "CRD of the access control API that Istio removed in version 1.6",
    aliases: &["IST0002"],
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::CustomResourceDefinition],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for crd in world.index.objects(Kind::CustomResourceDefinition) {
        let spec = crd.spec();
        let kind = spec.get("names").map(|n| n.text("kind")).unwrap_or_default();
        if spec.text("group") == "rbac.istio.io" && matches!(kind, "ClusterRbacConfig" | "RbacConfig" | "ServiceRole" | "ServiceRoleBinding") {
            findings.add(
                crd,
                "spec.group",
                format!("Istio no longer reads {kind} resources"),
                "Write AuthorizationPolicies instead and delete this definition.",
            );
        }
    }
}
