use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The mesh configuration (key `mesh` of ConfigMap `istio`) is not readable YAML.
    ///
    /// # Why it matters
    ///
    /// A running istiod keeps the last good configuration and ignores the change; after its next restart it does not come up.
    ///
    /// # How to fix it
    ///
    /// Correct the YAML at the place the message names. All rules that ask for mesh settings reckon with Istio's defaults until then.
    ///
    /// Sources: istio `pkg/config/mesh/mesh.go`; no other tool reports it.
    "istio-mesh-config-unreadable",
    summary: "MeshConfig is not readable",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let config = &world.istio.config;
    let (Some(error), Some(at)) = (&config.error, &config.object) else { return };
    if let Some(map) = world.index.object(at.kind, &at.namespace, &at.name) {
        let first = error.lines().next().unwrap_or_default();
        findings.add(map, "data.mesh", format!("the mesh configuration cannot be read: {first}"), "Correct the YAML.");
    }
}
