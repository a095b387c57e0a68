use std::collections::BTreeMap;

use super::planes::{config_of, is_plane, meshed, restart, some_of};
use crate::checks::Findings;
use crate::mesh::Mesh as _;
use crate::model::{Kind, Str};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods whose proxy is of another version than the control plane would give them: that of the pod's annotation
    /// `config.linkerd.io/proxy-version`, of `proxy.image.version`, or the control plane's own. Images by digest cannot be compared.
    ///
    /// # Why it matters
    ///
    /// Proxies are replaced only when pods are. Old ones lack fixes and features, and releases far apart are not tested together.
    ///
    /// # How to mend it
    ///
    /// Restart the workload after each upgrade of the control plane.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (data plane is up-to-date, proxies and cli versions match); here the control plane's version
    /// counts, and nothing is asked over the internet.
    "linkerd-proxy-version-differs",
    summary: "Proxy is of another version than its control plane",
    aliases: &["l5d-data-plane-version", "l5d-cp-proxy-version"],
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads() {
        let mut all = 0;
        let mut others: BTreeMap<(Str, &str), usize> = BTreeMap::new();
        for pod in meshed(world, workload) {
            all += 1;
            let Some(config) = config_of(world, pod) else { continue };
            let chosen = pod.metadata.annotations.get("config.linkerd.io/proxy-version").or(config.proxy_version.as_deref());
            let (Some(expected), Some(running)) = (chosen.or(config.version.as_deref()), world.linkerd.proxy_version(pod)) else { continue };
            if running != expected {
                *others.entry((running, expected)).or_default() += 1;
            }
        }
        let code = if is_plane(world, &workload.reference.namespace) { "l5d-cp-proxy-version" } else { "l5d-data-plane-version" };
        for ((running, expected), pods) in others {
            let what = format!("{} {running}; a new pod would get {expected}", some_of(pods, all, "runs proxy", "run proxy"));
            findings.add_workload(workload, "", what, restart(workload)).codes(&[code]);
        }
    }
}
