use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{Crowd, config_of, meshed, pods};
use crate::model::{Kind, Str};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Meshed pods that redirect their traffic by the other way than the control plane is set up for now: with the init container `linkerd-init`
    /// although the CNI plugin is enabled (`cniEnabled: true`), or without it although the plugin is not. Workloads of a namespace are reported
    /// together.
    ///
    /// # Why it matters
    ///
    /// Pods without `linkerd-init` depend on the plugin. Where it is not installed any more, a restarted container may pass by its proxy, and pods that
    /// start wait in `linkerd-network-validator`. Pods with it keep the privileges that the plugin was introduced to do away with.
    ///
    /// # How to fix it
    ///
    /// Restart the workloads. Keep the plugin's DaemonSet until no pod depends on it.
    ///
    /// Sources: linkerd `charts/patch/templates/patch.json`, `charts/partials/templates/_network-validator.tpl`; `linkerd check` does not look.
    "linkerd-redirection-outdated",
    summary: "Meshed pods redirect traffic by init container or CNI plugin, and the control plane by the other",
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Pod, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_namespace: BTreeMap<(&Str, bool), Crowd<'_>> = BTreeMap::new();
    for workload in world.index.workloads() {
        for pod in meshed(world, workload) {
            let Some(config) = config_of(world, pod).filter(|c| c.root().is_map()) else { continue };
            let (own, validated) = (pod.spec.container("linkerd-init").is_some(), pod.spec.container("linkerd-network-validator").is_some());
            if config.cni && own || !config.cni && validated && !own {
                by_namespace.entry((&workload.reference.namespace, own)).or_default().add(workload);
            }
        }
    }
    for ((_, own), crowd) in by_namespace {
        let what = if own {
            let who = pods(crowd.pods, "redirects its traffic with linkerd-init", "redirect their traffic with linkerd-init");
            format!("{who}, while the CNI plugin is enabled")
        } else {
            let who = pods(crowd.pods, "depends on the CNI plugin", "depend on the CNI plugin");
            format!("{who} for redirection, which is not enabled any more")
        };
        if let Some(finding) = crowd.report(world, findings, what).filter(|_| own) {
            finding.severity(Severity::Info);
        }
    }
}
