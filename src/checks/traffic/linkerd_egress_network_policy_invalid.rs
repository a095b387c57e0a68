use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `spec.trafficPolicy` of an EgressNetwork is missing, or something else than `Allow` or `Deny`, written exactly so.
    ///
    /// # Why it matters
    ///
    /// The API server refuses it. It is not there then, and calls that it was to stop go out.
    ///
    /// # How to fix it
    ///
    /// Write `Allow` or `Deny`.
    ///
    /// Sources: linkerd `charts/linkerd-crds/templates/policy/egress-network.yaml`, `policy-controller/k8s/api/src/policy/egress_network.rs`.
    "linkerd-egress-network-policy-invalid",
    summary: "EgressNetwork that neither allows nor denies",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::EgressNetwork],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for network in world.index.objects(Kind::EgressNetwork) {
        let what = match network.spec().get("trafficPolicy") {
            None => "trafficPolicy is missing: the API server refuses it".to_owned(),
            Some(policy) if matches!(policy.str(), Some("Allow" | "Deny")) => continue,
            Some(policy) => format!("{policy} is neither Allow nor Deny: the API server refuses it"),
        };
        findings.add(network, "spec.trafficPolicy", what, "Write Allow or Deny.");
    }
}
