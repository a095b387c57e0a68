use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Telemetry resource sends traces to an extension provider of type `lightstep`.
    ///
    /// # Why it matters
    ///
    /// Envoy has removed the Lightstep tracer; with a current proxy no traces arrive.
    ///
    /// # How to fix it
    ///
    /// Define an `opentelemetry` provider in MeshConfig and name that one.
    ///
    /// Sources: IST0002; istio `pkg/config/analysis/analyzers/telemetry/lightstep.go`.
    "istio-telemetry-lightstep",
    summary: "Telemetry sends traces to the removed Lightstep tracer",
    aliases: &["IST0002"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Telemetry, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let providers = world.istio.config.root().list("extensionProviders");
    let lightstep: BTreeSet<&str> = providers.filter(|p| p.get("lightstep").is_some()).map(|p| p.text("name")).collect();
    for telemetry in world.index.objects(Kind::Telemetry) {
        for provider in telemetry.spec().list("tracing").flat_map(|tracing| tracing.list("providers")) {
            let name = provider.text("name");
            if lightstep.contains(name) {
                findings.add(
                    telemetry,
                    provider.path_of("name"),
                    format!("provider {name:?} is of type lightstep, which Envoy has removed"),
                    "Use an opentelemetry provider.",
                );
            }
        }
    }
}
