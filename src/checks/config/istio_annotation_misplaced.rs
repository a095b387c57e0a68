use crate::checks::Findings;
use crate::checks::support::istio::platform::annotation_sites;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An Istio annotation stands on a kind of object that it has no effect on; often on a Deployment instead of its pod template.
    ///
    /// # Why it matters
    ///
    /// Istio reads it only where it belongs, so the setting is lost without a word.
    ///
    /// # How to fix it
    ///
    /// Move it: settings of pods go to `spec.template.metadata.annotations`.
    ///
    /// Sources: IST0107; istio `pkg/config/analysis/analyzers/annotations/annotations.go`.
    "istio-annotation-misplaced",
    summary: "Istio annotation on a kind of object it has no effect on",
    aliases: &["IST0107"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    annotation_sites::each(world, |site| {
        let Some(known) = site.known else { return };
        if known.kinds.contains(&"Any") || known.kinds.contains(&site.kind) {
            return;
        }
        let hint = match (known.kinds, Kind::ALL.iter().any(|k| k.is_controller() && k.name() == site.kind)) {
            (["Pod"], true) => "Move it to the annotations of the pod template (spec.template.metadata.annotations).",
            _ => "Move it to an object of a kind it is meant for, or remove it.",
        };
        let belongs = known.kinds.join(" or ");
        site.add(findings, format!("{:?} has no effect on a {}: it is meant for {belongs}", site.name.as_str(), site.kind), hint);
    });
}
