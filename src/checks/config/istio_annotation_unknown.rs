use crate::checks::Findings;
use crate::checks::support::istio::platform::{annotation_catalogue, annotation_sites};
use crate::mesh::names::meant;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An annotation under `istio.io` that Istio does not know stands on a Namespace, a Service, a workload, its pod template or a pod.
    ///
    /// # Why it matters
    ///
    /// Istio ignores it without a word. Most often it is a typing error, or a setting that was removed long ago.
    ///
    /// # How to fix it
    ///
    /// Correct the name or remove the annotation.
    ///
    /// Sources: IST0108; istio `pkg/config/analysis/analyzers/annotations/annotations.go`.
    "istio-annotation-unknown",
    summary: "Istio annotation that Istio does not know",
    aliases: &["IST0108"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let known: Vec<&str> = annotation_catalogue::names().collect();
    annotation_sites::each(world, |site| {
        if site.known.is_none() {
            let (meant, hint) = match meant(site.name, &known) {
                Some(known) => (format!("; {known} was probably meant"), format!("Write {known}, or remove it.")),
                None => (String::new(), "Correct its name or remove it: it has no effect.".to_owned()),
            };
            site.add(findings, format!("Istio knows no annotation {:?}{meant}", site.name.as_str()), &hint);
        }
    });
}
