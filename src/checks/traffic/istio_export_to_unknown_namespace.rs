use crate::checks::Findings;
use crate::checks::support::istio::schema::is_name;
use crate::checks::support::istio::traffic::views::is_ambient;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `exportTo` of a VirtualService, DestinationRule or ServiceEntry names a namespace that does not exist. `.` (its own), `*` (all) and
    /// `~` (none) are no names. In ambient namespaces `exportTo` is not honoured, so that nothing is said about it there.
    ///
    /// # Why it matters
    ///
    /// The rule is hidden from the namespace that was meant, and often from everyone else.
    ///
    /// # How to fix it
    ///
    /// Correct the name, or create the namespace.
    ///
    /// Sources: KIA0005: kiali `checkers/common/export_to_namespace_checker.go`.
    "istio-export-to-unknown-namespace",
    summary: "exportTo names a namespace that does not exist",
    aliases: &["KIA0005"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::DestinationRule, Kind::ServiceEntry, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::VirtualService, Kind::DestinationRule, Kind::ServiceEntry] {
        for object in world.index.objects(kind).iter().filter(|o| !is_ambient(world, &o.meta.namespace)) {
            for (name, at) in object.spec().texts("exportTo") {
                if matches!(name, "." | "*" | "~") || !is_name(name) || world.istio.registry.knows_namespace(name) {
                    continue;
                }
                let message = format!("exported to namespace {name:?}, which does not exist");
                findings.missing(object, at.path(), &[(Kind::Namespace, "")], message, "Correct the name, or create the namespace.");
            }
        }
    }
}
