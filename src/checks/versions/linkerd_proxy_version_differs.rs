use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::code_of;
use crate::checks::support::linkerd::platform::planes::{Crowd, config_of, meshed, pods};
use crate::mesh::Mesh as _;
use crate::model::{Kind, Str};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods whose proxy is of another version than the control plane would give them: that of the pod's annotation
    /// `config.linkerd.io/proxy-version`, of `proxy.image.version`, or the control plane's own. Images by digest cannot be compared. Workloads of a
    /// namespace are reported together.
    ///
    /// # Why it matters
    ///
    /// Proxies are replaced only when pods are. Old ones lack fixes and features, and releases far apart are not tested together.
    ///
    /// # How to fix it
    ///
    /// Restart the workloads after each upgrade of the control plane.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (data plane is up-to-date, proxies and cli versions match); here the control plane's version
    /// counts, and nothing is asked over the internet.
    "linkerd-proxy-version-differs",
    summary: "Proxies are of another version than their control plane",
    aliases: &["l5d-data-plane-version", "l5d-cp-proxy-version", "l5d-viz-proxy-cp-version", "l5d-multicluster-proxy-cp-version"],
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Pod, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_namespace: BTreeMap<(&Str, &str), (Crowd<'_>, BTreeMap<Str, usize>)> = BTreeMap::new();
    for workload in world.index.workloads() {
        for pod in meshed(world, workload) {
            let Some(config) = config_of(world, pod) else { continue };
            let chosen = pod.metadata.annotations.get("config.linkerd.io/proxy-version").or(config.proxy_version.as_deref());
            let (Some(expected), Some(running)) = (chosen.or(config.version.as_deref()), world.linkerd.proxy_version(pod)) else { continue };
            if running != expected {
                let (crowd, versions) = by_namespace.entry((&workload.reference.namespace, expected)).or_default();
                crowd.add(workload);
                *versions.entry(running).or_default() += 1;
            }
        }
    }
    for ((namespace, expected), (crowd, versions)) in by_namespace {
        let running = match versions.iter().next() {
            Some((only, _)) if versions.len() == 1 => only.to_string(),
            _ => versions.iter().map(|(version, count)| format!("{version} ({count})")).collect::<Vec<_>>().join(", "),
        };
        let what = format!("{} {running}; new ones would get {expected}", pods(crowd.pods, "runs proxy", "run proxy"));
        let codes = ["l5d-cp-proxy-version", "l5d-viz-proxy-cp-version", "l5d-multicluster-proxy-cp-version", "l5d-data-plane-version"];
        if let Some(finding) = crowd.report(world, findings, what) {
            finding.codes(&[code_of(world, namespace, codes)]);
        }
    }
}
