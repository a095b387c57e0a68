use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

/// Providers that every mesh has without defining them.
const BUILT_IN: [&str; 3] = ["envoy", "prometheus", "stackdriver"];

crate::check! {
    /// # What it checks
    ///
    /// A Telemetry resource names a provider for traces, metrics or access logs that MeshConfig does not define under `extensionProviders`.
    ///
    /// # Why it matters
    ///
    /// istiod ignores the provider and says so only in its log; the traces or logs go nowhere.
    ///
    /// # How to fix it
    ///
    /// Correct the name, or define the provider in MeshConfig.
    ///
    /// Sources: istio `pilot/pkg/model/telemetry.go`, `pkg/config/mesh/mesh.go`; no other tool reports it.
    "istio-telemetry-provider-unknown",
    summary: "Telemetry names a provider that MeshConfig does not define",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Telemetry, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    if world.istio.config.error.is_some() {
        return;
    }
    let defined: BTreeSet<&str> = world.istio.config.root().list("extensionProviders").map(|p| p.text("name")).chain(BUILT_IN).collect();
    for telemetry in world.index.objects(Kind::Telemetry) {
        let entries = ["tracing", "metrics", "accessLogging"].into_iter().flat_map(|list| telemetry.spec().list(list));
        for provider in entries.flat_map(|entry| entry.list("providers")) {
            let name = provider.text("name");
            if !name.is_empty() && !defined.contains(name) {
                findings.missing(
                    telemetry,
                    provider.path_of("name"),
                    &[(Kind::ConfigMap, world.istio.root_namespace())],
                    format!("MeshConfig defines no extension provider {name:?}"),
                    "Correct the name, or define the provider under extensionProviders in MeshConfig.",
                );
            }
        }
    }
}
