use std::collections::{BTreeSet, HashSet};

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::counts;
use crate::model::{Kind, Map, Pod, Str, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// The control plane was installed for the CNI plugin (`cniEnabled: true`), and the DaemonSet `linkerd-cni` or its ConfigMap `linkerd-cni-config`
    /// is not there, the plugin is not ready on all nodes that it should run on, or a node without a ready one runs meshed pods that depend on it.
    ///
    /// # Why it matters
    ///
    /// Injected pods then have no linkerd-init: on a node without the plugin nothing leads their traffic to the proxy. They wait in
    /// linkerd-network-validator, or speak past the mesh.
    ///
    /// # How to fix it
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
    let ready: HashSet<&Str> = plugins.iter().flat_map(|p| world.index.pods_of(p)).filter(|p| p.is_ready()).map(|p| &p.spec.node_name).collect();
    let bare = nodes_that_need(world, &ready);
    for (i, plugin) in plugins.into_iter().enumerate() {
        if i == 0 && !bare.is_empty() && !ready.is_empty() {
            let what = format!("meshed pods that depend on the CNI plugin run on nodes where it is not ready: {}", first_of(&bare, 10));
            let hint = "Give the plugin tolerations for these nodes, and look at its pods there; then replace the meshed pods.";
            findings.add_workload(plugin, "", what, hint).codes(&["cni-plugin-ready"]);
        }
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

/// Nodes outside of `ready` with meshed pods whose traffic nothing but the plugin leads to the proxy.
fn nodes_that_need<'w>(world: &'w World, ready: &HashSet<&Str>) -> Vec<&'w Str> {
    let depends = |p: &&Pod| !p.is_over() && p.spec.container("linkerd-proxy").is_some() && p.spec.container("linkerd-init").is_none();
    let nodes = world.index.pods().iter().filter(depends).map(|p| &p.spec.node_name).filter(|n| !n.is_empty() && !ready.contains(n));
    nodes.collect::<BTreeSet<_>>().into_iter().collect()
}
