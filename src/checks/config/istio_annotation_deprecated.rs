use crate::checks::Findings;
use crate::checks::support::istio::platform::annotation_sites;
use crate::mesh::istio::INJECT;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An annotation that Istio has deprecated. `sidecar.istio.io/inject` is let pass where the label of the same name stands beside it.
    ///
    /// # Why it matters
    ///
    /// It still works, but a later version may drop it, and what replaced it usually does more: the annotation `sidecar.istio.io/inject` cannot ask
    /// for a sidecar in an unlabelled namespace, the label can.
    ///
    /// # How to fix it
    ///
    /// Use the label `sidecar.istio.io/inject` instead of the annotation; for the others see Istio's annotation reference.
    ///
    /// Sources: IST0135; istio `pkg/config/analysis/analyzers/annotations/annotations.go`.
    "istio-annotation-deprecated",
    summary: "Istio annotation that has been deprecated",
    aliases: &["IST0135"],
    severity: Severity::Info,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    annotation_sites::each(world, |site| {
        if !site.known.is_some_and(|a| a.deprecated) || (site.name == INJECT && site.labels.has(INJECT)) {
            return;
        }
        let hint = if site.name == INJECT {
            "Use the label of the same name."
        } else {
            "Replace it by the setting that Istio's annotation reference names."
        };
        site.add(findings, format!("the annotation {:?} is deprecated", site.name.as_str()), hint);
    });
}
