use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ReferenceGrant trusts a namespace that does not exist.
    ///
    /// # Why it matters
    ///
    /// The grant permits nothing now, and whoever creates a namespace of that name later gets the permission.
    ///
    /// # How to fix it
    ///
    /// Correct the name, or remove the entry.
    ///
    /// Sources: KIA1601; kiali `checkers/k8sreferencegrants/namespace_checker.go`.
    "gateway-grant-namespace-not-found",
    summary: "ReferenceGrant for a namespace that does not exist",
    aliases: &["KIA1601"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::ReferenceGrant, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for grant in world.index.objects(Kind::ReferenceGrant) {
        for from in grant.spec().list("from") {
            let namespace = from.text("namespace");
            if world.index.namespace(namespace).is_none() {
                findings.missing(
                    grant,
                    from.path_of("namespace"),
                    &[(Kind::Namespace, "")],
                    format!("namespace {namespace:?} does not exist"),
                    "Correct the name, or remove the entry.",
                );
            }
        }
    }
}
