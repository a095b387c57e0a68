use super::planes::configs;
use crate::checks::Findings;
use crate::mesh::linkerd::counts;
use crate::model::{Kind, Map};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// The control plane was installed for the CNI plugin (`cniEnabled: true`), and the DaemonSet `linkerd-cni` or its ConfigMap `linkerd-cni-config`
    /// is not there, or the plugin does not run on all nodes.
    ///
    /// # Why it matters
    ///
    /// Injected pods then have no linkerd-init: on a node without the plugin nothing leads their traffic to the proxy. They wait in
    /// linkerd-network-validator, or speak past the mesh.
    ///
    /// # How to mend it
    ///
    /// Install the chart `linkerd2-cni`, with tolerations for all nodes that run meshed pods, or set `cniEnabled: false` and restart the workloads.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (linkerd-cni-plugin).
    "linkerd-cni-not-ready",
    summary: "CNI plugin is enabled and missing, or not on all nodes",
    aliases: &["cni-plugin-ds-exists", "cni-plugin-cm-exists", "cni-plugin-ready"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::DaemonSet, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some((_, config)) = configs(world).find(|(c, _)| c.cni) else { return };
    let selector: Map = [("k8s-app", "linkerd-cni")].into_iter().collect();
    let plugins: Vec<_> = world.index.select(None, &selector).filter(|w| w.reference.kind == Kind::DaemonSet).collect();
    if plugins.is_empty() {
        let hint = "Install the chart linkerd2-cni, or set cniEnabled: false.";
        let what = "the CNI plugin is enabled, and there is no DaemonSet linkerd-cni";
        if let Some(finding) = findings.missing(config, "data.values", &[(Kind::DaemonSet, "")], what, hint) {
            finding.codes(&["cni-plugin-ds-exists"]);
        }
    }
    for plugin in plugins {
        if let Some((ready, wanted)) = counts(&world.index, plugin).filter(|(ready, wanted)| ready < wanted) {
            let what = format!("the CNI plugin is ready on {ready} of {wanted} nodes");
            findings.add_workload(plugin, "", what, "Look at its pods' events and logs on the other nodes.").codes(&["cni-plugin-ready"]);
        }
        let namespace = &plugin.reference.namespace;
        let map = world.index.object(Kind::ConfigMap, namespace, "linkerd-cni-config");
        // ConfigMaps are read in namespaces of control planes only; elsewhere nothing is known.
        if map.is_none() && world.sight(Kind::ConfigMap, namespace) == Sight::Clear && !world.index.objects_in(Kind::ConfigMap, namespace).is_empty()
        {
            let what = format!("the CNI plugin's ConfigMap linkerd-cni-config is not in namespace {namespace:?}");
            findings.add_workload(plugin, "", what, "Install the chart linkerd2-cni anew.").codes(&["cni-plugin-cm-exists"]);
        }
    }
}
