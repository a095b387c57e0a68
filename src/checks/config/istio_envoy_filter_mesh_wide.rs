use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An EnvoyFilter in the root namespace selects no workload and targets nothing: it patches every proxy of the mesh.
    ///
    /// # Why it matters
    ///
    /// It reaches into Envoy's internal configuration. If a patch does not fit the next proxy version, or is rejected, all workloads are hit at once.
    ///
    /// # How to fix it
    ///
    /// Limit it with `workloadSelector` or `targetRefs`, use a TrafficExtension or Telemetry where those will do, and try it on the new version
    /// before an upgrade.
    ///
    /// Sources: istio/api `networking/v1alpha3/envoy_filter.proto`; no other tool reports it.
    "istio-envoy-filter-mesh-wide",
    summary: "EnvoyFilter in the root namespace patches every proxy of the mesh",
    severity: Severity::Info,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::EnvoyFilter],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for filter in world.index.objects_in(Kind::EnvoyFilter, world.istio.root_namespace()) {
        let spec = filter.spec();
        let limited = spec.at(["workloadSelector", "labels"]).is_some_and(|l| !l.is_empty()) || spec.list("targetRefs").next().is_some();
        if !limited {
            findings.add(
                filter,
                "spec",
                "without workloadSelector in the root namespace it patches every proxy of the mesh",
                "Limit it with workloadSelector or targetRefs if not all proxies need it.",
            );
        }
    }
}
