use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{configs, part};
use crate::mesh::counts;
use crate::mesh::linkerd::PARTS;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The control plane was installed for high availability (`highAvailability: true`), and a component has fewer than two available pods.
    ///
    /// # Why it matters
    ///
    /// One node less, and the component is gone. With the settings for high availability the injector's webhook fails closed: pods that want a proxy
    /// then cannot be created.
    ///
    /// # How to fix it
    ///
    /// Look at the pods that are not ready, and run at least two.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (multiple replicas of control plane pods).
    "linkerd-control-plane-replicas",
    summary: "Highly available control plane with fewer than two pods of a component",
    aliases: &["l5d-control-plane-replicas"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Deployment, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world).filter(|(c, _)| c.high_availability) {
        for name in PARTS {
            for workload in part(world, &config.namespace, name) {
                let Some((ready, _)) = counts(&world.index, workload).filter(|(ready, _)| *ready < 2) else { continue };
                let what = format!("{name} is meant to be highly available but only {ready} of its pods is ready");
                findings
                    .add_workload(workload, "", what, "Run two or more ready pods.")
                    .related(crate::model::Subject::reference(object), "asks for it");
            }
        }
    }
}
