use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `outboundTrafficPolicy` of a Sidecar is there, but without `mode`.
    ///
    /// # Why it matters
    ///
    /// The mode is then `REGISTRY_ONLY`, the first of the enumeration, although without the field at all it is the mesh's, mostly `ALLOW_ANY`:
    /// an empty policy blocks what no policy lets pass.
    ///
    /// # How to fix it
    ///
    /// Write the mode.
    ///
    /// Sources: KIA1007: kiali `checkers/sidecars/outbound_traffic_policy_mode.go`, which cannot tell an absent mode from `REGISTRY_ONLY`.
    "istio-sidecar-outbound-mode-missing",
    summary: "Sidecar has an outboundTrafficPolicy without a mode",
    aliases: &["KIA1007"],
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for sidecar in world.index.objects(Kind::Sidecar) {
        let policy = sidecar.spec().get("outboundTrafficPolicy").filter(|p| p.get("mode").is_none());
        if let Some(policy) = policy {
            let message = "has no mode, which means REGISTRY_ONLY: calls to unknown hosts are refused";
            findings.add(sidecar, policy.path(), message, "Write mode: ALLOW_ANY or mode: REGISTRY_ONLY.");
        }
    }
}
