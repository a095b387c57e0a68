//! What rules about control planes and their data plane share.

use crate::checks::Findings;
use crate::index::Workload;
use crate::mesh::linkerd::{COMPONENT, LinkerdConfig, PLANE};
use crate::model::{Kind, Map, Object, Pod, first_of};
use crate::report::Finding;
use crate::world::World;

/// The settings of every control plane, with the ConfigMap they stand in.
pub(in crate::checks) fn configs(world: &World) -> impl Iterator<Item = (&LinkerdConfig, &Object)> {
    world.linkerd.configs.iter().filter_map(|config| {
        let at = config.object.as_ref()?;
        let object = world.index.object(Kind::ConfigMap, &at.namespace, &at.name)?;
        // Before release 2.9 it was another document, of a control plane with other parts.
        object.root().at(["data", "global"]).is_none().then_some((config, object))
    })
}

/// Workloads that are one component of the control plane in `namespace`.
pub(in crate::checks) fn part<'w>(world: &'w World, namespace: &str, part: &str) -> Vec<&'w Workload> {
    let selector: Map = [(COMPONENT, part)].into_iter().collect();
    let belongs = |w: &&Workload| w.labels.get(PLANE).unwrap_or(&w.reference.namespace) == namespace;
    world.index.select(None, &selector).filter(belongs).collect()
}

/// Pods of a workload that are not over and have a proxy of Linkerd.
pub(in crate::checks) fn meshed<'w>(world: &'w World, workload: &'w Workload) -> impl Iterator<Item = &'w Pod> {
    world.index.live_pods(workload).filter(|p| p.spec.container("linkerd-proxy").is_some())
}

/// The settings of the control plane that a pod belongs to.
pub(in crate::checks) fn config_of<'w>(world: &'w World, pod: &Pod) -> Option<&'w LinkerdConfig> {
    world.linkerd.config(pod.metadata.labels.get(PLANE)?)
}

/// Whether a namespace is that of a control plane.
pub(in crate::checks) fn is_plane(world: &World, namespace: &str) -> bool {
    world.linkerd.control_planes.iter().any(|p| p.namespace == namespace)
}

/// Pods of a workload with the verb for them: "the pod runs", "2 of 3 pods run".
pub(in crate::checks) fn some_of(some: usize, all: usize, one: &str, many: &str) -> String {
    match (some, all) {
        (1, 1) => format!("the pod {one}"),
        (1, _) => format!("1 of {all} pods {one}"),
        _ => format!("{some} of {all} pods {many}"),
    }
}

/// How to get new pods for a workload.
pub(in crate::checks) fn restart(workload: &Workload) -> String {
    let at = &workload.reference;
    match rolled(workload) {
        Some(word) => format!("Restart it: kubectl rollout restart {word}/{} -n {}", at.name, at.namespace),
        None => "Replace its pods.".to_owned(),
    }
}

/// What `kubectl rollout restart` calls the kind of a workload, if it takes it.
fn rolled(workload: &Workload) -> Option<&'static str> {
    match workload.reference.kind {
        Kind::Deployment => Some("deployment"),
        Kind::StatefulSet => Some("statefulset"),
        Kind::DaemonSet => Some("daemonset"),
        _ => None,
    }
}

/// Workloads of one namespace that have the same trouble, to be reported once.
#[derive(Debug, Default)]
pub(in crate::checks) struct Crowd<'w> {
    pub(in crate::checks) workloads: Vec<&'w Workload>,
    /// How many of their pods have it.
    pub(in crate::checks) pods: usize,
}

impl<'w> Crowd<'w> {
    /// Adds a pod of a workload; workloads come one after the other.
    pub(in crate::checks) fn add(&mut self, workload: &'w Workload) {
        self.pods += 1;
        if !self.workloads.last().is_some_and(|last| std::ptr::eq(*last, workload)) {
            self.workloads.push(workload);
        }
    }

    /// Reports it on the namespace, or on the workload if it is the only one; more than ten workloads are counted only.
    pub(in crate::checks) fn report<'f>(&self, world: &World, findings: &'f mut Findings<'_>, message: String) -> Option<&'f mut Finding> {
        let (first, others) = self.workloads.split_first()?;
        let namespace = world.index.namespace(&first.reference.namespace).filter(|_| !others.is_empty());
        let Some(namespace) = namespace else {
            let finding = findings.add_workload(first, "", message, self.restart());
            for other in others {
                finding.related(other.reference.clone(), "has such pods too");
            }
            return Some(finding);
        };
        let names: Vec<_> = self.workloads.iter().map(|w| &w.reference.name).collect();
        let finding = findings.add(namespace, "", format!("{message}; workloads: {}", first_of(&names, 10)), self.restart());
        for workload in &self.workloads {
            finding.related(workload.reference.clone(), "has such pods");
        }
        Some(finding)
    }

    /// How to get new pods for all of them.
    fn restart(&self) -> String {
        let [first, _, ..] = self.workloads.as_slice() else { return self.workloads.first().map_or_else(String::new, |one| restart(one)) };
        let names: Vec<String> = self.workloads.iter().filter_map(|w| Some(format!("{}/{}", rolled(w)?, w.reference.name))).collect();
        match names.len() {
            0 => "Replace their pods.".to_owned(),
            1..=10 => format!("Restart them: kubectl rollout restart -n {} {}", first.reference.namespace, names.join(" ")),
            _ => format!("Restart all: kubectl rollout restart deployment,statefulset,daemonset -n {}", first.reference.namespace),
        }
    }
}

/// "1 pod runs", "3 pods run".
pub(in crate::checks) fn pods(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 pod {one}") } else { format!("{count} pods {many}") }
}
