use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A manifest of a Linkerd resource uses an older version than the current one. `v1alpha1` and `v1beta1` of Server and `v1alpha1` of
    /// ServerAuthorization are marked deprecated in their CRDs; others are merely old.
    ///
    /// # Why it matters
    ///
    /// A version that is no longer served cannot be applied. Fields that were added later, such as `accessPolicy` and `externalWorkloadSelector`
    /// of a Server, are lost in old ones.
    ///
    /// # How to fix it
    ///
    /// Write the current version.
    ///
    /// Sources: linkerd `charts/linkerd-crds/templates`, `multicluster/charts/linkerd-multicluster/templates/link-crd.yaml`.
    "linkerd-deprecated-api-version",
    summary: "Linkerd resource written in an outdated API version",
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::ServerAuthorization, Kind::LinkerdHttpRoute, Kind::ServiceProfile, Kind::ExternalWorkload, Kind::Link],
    run: run,
}

const KINDS: [Kind; 6] = [Kind::Server, Kind::ServerAuthorization, Kind::LinkerdHttpRoute, Kind::ServiceProfile, Kind::ExternalWorkload, Kind::Link];

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in KINDS {
        for object in world.index.objects(kind) {
            let Some((_, version)) = object.meta.api_version.rsplit_once('/') else { continue };
            let order = kind.versions();
            let (Some(age), Some(current)) = (order.iter().position(|v| *v == version), order.first()) else { continue };
            if age == 0 {
                continue;
            }
            let deprecated = match kind {
                Kind::Server => matches!(version, "v1alpha1" | "v1beta1"),
                kind => kind == Kind::ServerAuthorization,
            };
            let word = if deprecated { "deprecated" } else { "not the current version" };
            findings
                .add(object, "apiVersion", format!("{version} of {kind} is {word}"), format!("Write apiVersion: {}/{current}.", kind.group()))
                .severity(if deprecated { Severity::Warning } else { Severity::Info });
        }
    }
}
