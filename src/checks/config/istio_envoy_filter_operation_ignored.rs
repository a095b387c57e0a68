use crate::checks::Findings;
use crate::checks::support::istio::platform::envoy_patches;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An EnvoyFilter applies an operation to something it has no effect on: REPLACE to anything but a network filter, an HTTP filter or a virtual
    /// host, or ADD or REMOVE to a route configuration or an HTTP route.
    ///
    /// # Why it matters
    ///
    /// Istio accepts the patch and ignores it: what was meant to change stays as it was.
    ///
    /// # How to fix it
    ///
    /// Use MERGE, or apply the patch to another part of the configuration.
    ///
    /// Sources: IST0152, IST0153, IST0154; istio `pkg/config/analysis/analyzers/envoyfilter/envoyfilter.go`.
    "istio-envoy-filter-operation-ignored",
    summary: "EnvoyFilter operation has no effect on what it is applied to",
    aliases: &["IST0152", "IST0153", "IST0154"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::EnvoyFilter],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for filter in world.index.objects(Kind::EnvoyFilter) {
        for patch in envoy_patches::of(filter) {
            let route = envoy_patches::is_route(patch.apply_to);
            let code = match patch.operation {
                "REPLACE" if !envoy_patches::can_replace(patch.apply_to) => "IST0152",
                "ADD" if route => "IST0153",
                "REMOVE" if route => "IST0154",
                _ => continue,
            };
            findings
                .add(
                    filter,
                    patch.item.path_of("applyTo"),
                    format!("{} is ignored for {:?}", patch.operation, patch.apply_to),
                    "Use MERGE, or apply the patch to a filter or a virtual host.",
                )
                .codes(&[code]);
        }
    }
}
