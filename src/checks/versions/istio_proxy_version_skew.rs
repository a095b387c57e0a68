use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::platform::versions::minor;
use crate::mesh::Mesh as _;
use crate::mesh::istio::REV;
use crate::model::{Kind, Pod};
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
    let (index, istio) = (&world.index, &world.istio);
    let only = match istio.control_planes.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    for workload in index.workloads() {
        let mut skewed: BTreeMap<(String, String, &'static str), usize> = BTreeMap::new();
        let revision = |pod: &Pod| pod.metadata.annotations.get(REV).or_else(|| pod.metadata.labels.get(REV)).unwrap_or("default").to_owned();
        for (pod, alike) in index.pod_variants(workload) {
            let Some(running) = istio.proxy_version(pod) else { continue };
            let Some(plane) = istio.revision(&revision(pod)).or(only) else { continue };
            let Some(expected) = plane.version.as_deref() else { continue };
            let (Some(proxy), Some(control)) = (minor(&running), minor(expected)) else { continue };
            let how = if proxy > control {
                "newer than"
            } else if proxy.0 < control.0 || proxy.1 + 1 < control.1 {
                "more than one minor version behind"
            } else {
                continue;
            };
            *skewed.entry((running.to_string(), expected.to_owned(), how)).or_default() += alike;
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
