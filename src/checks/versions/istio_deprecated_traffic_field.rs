use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Fields of VirtualServices and Sidecars that Istio has replaced or ignores: `fault.delay.percent` and
    /// `outboundTrafficPolicy.egressProxy`.
    ///
    /// # Why it matters
    ///
    /// An ignored field does nothing, and a replaced one goes away with a coming release.
    ///
    /// # How to fix it
    ///
    /// Write `percentage: {value: …}` instead of `percent`; remove `egressProxy`.
    ///
    /// Sources: IST0002: istio `pkg/config/analysis/analyzers/deprecation/deprecation.go`.
    "istio-deprecated-traffic-field",
    summary: "VirtualService or Sidecar uses a deprecated field",
    aliases: &["IST0002"],
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Sidecar],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for percent in vs.spec().list("http").filter_map(|rule| rule.at(["fault", "delay", "percent"])) {
            if let Some(value) = percent.int().filter(|p| *p > 0) {
                let hint = format!("Write percentage: {{value: {value}}} instead.");
                findings.add(vs, percent.path(), "percent is deprecated in favour of percentage", hint);
            }
        }
    }
    for sidecar in world.index.objects(Kind::Sidecar) {
        if let Some(field) = sidecar.spec().at(["outboundTrafficPolicy", "egressProxy"]) {
            findings.add(sidecar, field.path(), "egressProxy is ignored", "Remove it; route external hosts through a gateway with a VirtualService.");
        }
    }
}
