use crate::checks::Findings;
use crate::checks::support::istio::platform::planes::report;
use crate::mesh::istio::release::minor;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Control planes of several minor versions run side by side.
    ///
    /// # Why it matters
    ///
    /// During an upgrade that is as it should be. Afterwards the old one costs resources, misses security fixes, and both write status and validate
    /// the same configuration, by different rules.
    ///
    /// # How to fix it
    ///
    /// Move the remaining namespaces to the newer revision, restart their pods, and uninstall the old one.
    ///
    /// Sources: istio.io, canary upgrades; no other tool reports it.
    "istio-control-plane-versions-differ",
    summary: "Control planes of several minor versions run side by side",
    severity: Severity::Info,
    category: Category::Versions,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let planes = world.istio.control_planes.iter().filter_map(|p| Some((minor(p.version.as_deref()?)?, p)));
    let Some(newest) = planes.clone().max_by_key(|(version, _)| *version) else { return };
    for (_, plane) in planes.filter(|(version, _)| *version < newest.0) {
        let version = plane.version.as_deref().unwrap_or_default();
        let (old, new) = (plane.revision.as_deref().unwrap_or_default(), newest.1.revision.as_deref().unwrap_or_default());
        let message = format!("revision {old:?} runs {version} beside revision {new:?} with {}", newest.1.version.as_deref().unwrap_or_default());
        report(world, findings, plane, message, "Once all pods have moved to the newer revision, uninstall this one.");
    }
}
