//! What rules about control planes and their data plane share.

use crate::index::Workload;
use crate::mesh::linkerd::{COMPONENT, LinkerdConfig, PLANE};
use crate::model::{Kind, Map, Object, Pod, Str};
use crate::world::World;

/// The settings of every control plane, with the ConfigMap they stand in.
pub(super) fn configs(world: &World) -> impl Iterator<Item = (&LinkerdConfig, &Object)> {
    world.linkerd.configs.iter().filter_map(|config| {
        let at = config.object.as_ref()?;
        Some((config, world.index.object(Kind::ConfigMap, &at.namespace, &at.name)?))
    })
}

/// Workloads that are one component of the control plane in `namespace`.
pub(super) fn part<'w>(world: &'w World, namespace: &str, part: &str) -> Vec<&'w Workload> {
    let selector: Map = [(COMPONENT, part)].into_iter().collect();
    let belongs = |w: &&Workload| w.labels.get(PLANE).unwrap_or(&w.reference.namespace) == namespace;
    world.index.select(None, &selector).filter(belongs).collect()
}

/// Pods of a workload that are not over and have a proxy of Linkerd.
pub(super) fn meshed<'w>(world: &'w World, workload: &'w Workload) -> impl Iterator<Item = &'w Pod> {
    world.index.pods_of(workload).filter(|p| !p.is_over() && p.spec.container("linkerd-proxy").is_some())
}

/// The settings of the control plane that a pod belongs to.
pub(super) fn config_of<'w>(world: &'w World, pod: &Pod) -> Option<&'w LinkerdConfig> {
    world.linkerd.config(pod.metadata.labels.get(PLANE)?)
}

/// Whether a namespace is that of a control plane.
pub(super) fn is_plane(world: &World, namespace: &str) -> bool {
    world.linkerd.control_planes.iter().any(|p| p.namespace == namespace)
}

/// Pods of a workload with the verb for them: "the pod runs", "2 of 3 pods run".
pub(super) fn some_of(some: usize, all: usize, one: &str, many: &str) -> String {
    match (some, all) {
        (1, 1) => format!("the pod {one}"),
        (1, _) => format!("1 of {all} pods {one}"),
        _ => format!("{some} of {all} pods {many}"),
    }
}

/// How to get new pods for a workload.
pub(super) fn restart(workload: &Workload) -> String {
    let at = &workload.reference;
    let word = match at.kind {
        Kind::Deployment => "deployment",
        Kind::StatefulSet => "statefulset",
        Kind::DaemonSet => "daemonset",
        _ => return "Replace its pods.".to_owned(),
    };
    format!("Restart it: kubectl rollout restart {word}/{} -n {}", at.name, at.namespace)
}

/// The first of many, and how many more there are.
pub(super) fn first_of<T: std::fmt::Display>(all: &[T], show: usize) -> String {
    let shown: Vec<Str> = all.iter().take(show).map(|one| Str::from(one.to_string())).collect();
    let more = all.len().saturating_sub(show);
    let list = shown.join(", ");
    if more == 0 { list } else { format!("{list} and {more} more") }
}
