use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{configs, meshed, pods};
use crate::mesh::linkerd::PLANE;
use crate::mesh::skew::Distance;
use crate::model::{Kind, MeshId, ObjectRef, Str, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Proxies that are two or more versions (the x of 2.x) behind their control plane, or of a newer version than it. Edge releases count as the
    /// version they follow. All proxies of a control plane are reported together.
    ///
    /// # Why it matters
    ///
    /// Linkerd's upgrade policy: the control plane first, and then it may be one version ahead of its proxies. What is further apart is not tested
    /// together, and neither is a proxy that is ahead: it may ask for what the control plane does not serve.
    ///
    /// # How to fix it
    ///
    /// Restart the workloads that are behind before the next upgrade of the control plane. If proxies are ahead, upgrade the control plane, or take
    /// `config.linkerd.io/proxy-version` away.
    ///
    /// Sources: linkerd.io, *Upgrading Linkerd* (data plane version skew); `linkerd check` compares for equality only.
    "linkerd-proxy-version-unsupported",
    summary: "Proxies too far behind their control plane, or ahead of it",
    severity: Severity::Error,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Pod],
    run: run,
}

/// Pods that run one version.
#[derive(Default)]
struct Group<'w> {
    pods: usize,
    namespaces: BTreeSet<&'w Str>,
    workloads: BTreeSet<&'w ObjectRef>,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world) {
        let Some(running) = config.version.as_deref() else { continue };
        let (mut behind, mut ahead): (BTreeMap<Str, Group<'_>>, BTreeMap<Str, Group<'_>>) = Default::default();
        for workload in world.index.workloads() {
            for pod in meshed(world, workload).filter(|p| p.metadata.labels.is(PLANE, &config.namespace)) {
                let Some(skew) = world.view().skew(MeshId::Linkerd, pod) else { continue };
                let groups = match skew.distance {
                    Distance::TooOld => &mut behind,
                    Distance::Ahead => &mut ahead,
                    Distance::None | Distance::Supported => continue,
                };
                let group = groups.entry(skew.running).or_default();
                group.pods += 1;
                group.namespaces.insert(&workload.reference.namespace);
                group.workloads.insert(&workload.reference);
            }
        }
        let cases = [
            (behind, "two or more versions behind", "Restart these workloads before the control plane is upgraded again."),
            (ahead, "of a newer version than", "Upgrade the control plane, or take the annotation config.linkerd.io/proxy-version away and restart."),
        ];
        for (groups, how, hint) in cases.into_iter().filter(|(groups, _, _)| !groups.is_empty()) {
            let count = groups.values().map(|g| g.pods).sum();
            let each = groups.iter().map(|(version, group)| {
                let namespaces: Vec<_> = group.namespaces.iter().collect();
                format!("{version} ({} in {})", group.pods, first_of(&namespaces, 5))
            });
            let who = pods(count, "has a proxy", "have proxies");
            let what = format!("{who} {how} the control plane's {running}: {}", each.collect::<Vec<_>>().join(", "));
            let finding = findings.add(object, "data.values", what, hint);
            for workload in groups.values().flat_map(|g| &g.workloads) {
                finding.related((*workload).clone(), "has such pods");
            }
        }
    }
}
