use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::mesh::skew::Distance;
use crate::model::{Kind, MeshId, Str};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods run a proxy that is newer than their control plane, or older by more than one minor version.
    ///
    /// # Why it matters
    ///
    /// A proxy may be older than istiod, not newer: it can get configuration that it does not understand the other way round. Old proxies miss
    /// security fixes, and support for them ends soon.
    ///
    /// # How to fix it
    ///
    /// Restart the workload, so that it gets its control plane's proxy; upgrade the control plane before the proxies.
    ///
    /// Sources: istio.io, supported releases and control plane/data plane skew; istio `istioctl/pkg/version`.
    "istio-proxy-version-skew",
    summary: "Proxy is newer than its control plane or far older",
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads() {
        let mut skewed: BTreeMap<(Str, &str, &'static str), usize> = BTreeMap::new();
        for (pod, alike) in world.index.pod_variants(workload) {
            let Some(skew) = world.view().skew(MeshId::Istio, pod) else { continue };
            let how = match skew.distance {
                Distance::Ahead => "newer than",
                Distance::TooOld => "more than one minor version behind",
                Distance::None | Distance::Supported => continue,
            };
            let expected = skew.plane.version.as_deref().unwrap_or_default();
            *skewed.entry((skew.running, expected, how)).or_default() += alike;
        }
        for ((running, expected, how), pods) in skewed {
            let who = if pods == 1 { "a pod runs".to_owned() } else { format!("{pods} pods run") };
            findings.add_workload(
                workload,
                "",
                format!("{who} proxy {running}, which is {how} its control plane's {expected}"),
                "Restart the workload so that it gets its control plane's proxy.",
            );
        }
    }
}
