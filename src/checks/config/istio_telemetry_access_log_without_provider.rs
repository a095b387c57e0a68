use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Telemetry resource sets access logging without naming a provider, and MeshConfig has no default provider for it.
    ///
    /// # Why it matters
    ///
    /// Nothing is logged: without a provider the entry has no effect.
    ///
    /// # How to fix it
    ///
    /// Name one (`providers: [{name: envoy}]`), or set `defaultProviders.accessLogging` in MeshConfig.
    ///
    /// Sources: IST0157; istio `pkg/config/analysis/analyzers/telemetry/providers.go`.
    "istio-telemetry-access-log-without-provider",
    summary: "Telemetry turns access logging on without a provider",
    aliases: &["IST0157"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Telemetry, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let defaults = world.istio.config.root().get("defaultProviders");
    if defaults.is_some_and(|d| d.list("accessLogging").next().is_some()) {
        return;
    }
    for telemetry in world.index.objects(Kind::Telemetry) {
        for entry in telemetry.spec().list("accessLogging") {
            let off = entry.get("disabled").and_then(|d| d.bool()).unwrap_or(false);
            if !off && entry.list("providers").next().is_none() {
                findings.missing(
                    telemetry,
                    entry.path(),
                    &[(Kind::ConfigMap, world.istio.root_namespace())],
                    "access logging names no provider, and MeshConfig has no default one",
                    "Add providers: [{name: envoy}], or set defaultProviders.accessLogging in MeshConfig.",
                );
            }
        }
    }
}
