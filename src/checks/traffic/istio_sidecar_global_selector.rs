use crate::checks::Findings;
use crate::checks::support::istio::traffic::sidecars::selecting;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Sidecar in the root namespace has a `workloadSelector`.
    ///
    /// # Why it matters
    ///
    /// Only a Sidecar without a selector is the default of the mesh. With one it is for pods of the root namespace alone.
    ///
    /// # How to fix it
    ///
    /// Remove the selector, or move the Sidecar to the namespace of the workloads.
    ///
    /// Sources: KIA1006: kiali `checkers/sidecars/global_checker.go`.
    "istio-sidecar-global-selector",
    summary: "Sidecar in the root namespace has a selector and is no default for the mesh",
    aliases: &["KIA1006"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    for sidecar in selecting(world).filter(|s| s.meta.namespace == root) {
        let message = format!("has a selector in the root namespace {root:?}: it holds for pods of that namespace alone");
        findings.add(sidecar, "spec.workloadSelector", message, "Remove the selector, or move the Sidecar to the namespace of the workloads.");
    }
}
