use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{Crowd, is_plane, pods};
use crate::mesh::linkerd::annotations::DEFAULT_POLICY;
use crate::model::{DriftCode, Kind, MeshId, Str, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Running pods were injected while an annotation of their namespace or template that configures the proxy said something else, or was not there.
    /// Workloads of a namespace are reported together. The default inbound policy has a rule of its own.
    ///
    /// # Why it matters
    ///
    /// The injector copies settings to a pod when it is created. What a namespace is annotated with later does nothing until its pods are made anew:
    /// the manifests say one thing, the proxies do another.
    ///
    /// # How to fix it
    ///
    /// Restart the workloads.
    ///
    /// Sources: linkerd `pkg/inject/inject.go`, `controller/proxy-injector/webhook.go`; `linkerd check` does not look.
    "linkerd-proxy-settings-outdated",
    summary: "Proxies run with other settings than their annotations ask for now",
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let elsewhere = [DEFAULT_POLICY, "config.linkerd.io/proxy-version"].map(|name| format!("metadata.annotations{}", key(name)));
    let mut by_namespace: BTreeMap<&Str, (Crowd<'_>, String)> = BTreeMap::new();
    for workload in world.index.workloads().iter().filter(|w| !is_plane(world, &w.reference.namespace)) {
        let fact = world.injection(MeshId::Linkerd, workload);
        let drift = fact.drift.iter().find(|d| d.code == DriftCode::Annotations && !d.evidence.path.as_ref().is_some_and(|p| elsewhere.contains(p)));
        if let Some(drift) = drift {
            let (crowd, example) = by_namespace.entry(&workload.reference.namespace).or_default();
            crowd.workloads.push(workload);
            crowd.pods += fact.actual.inside();
            if example.is_empty() {
                example.clone_from(&drift.evidence.text);
            }
        }
    }
    for (crowd, example) in by_namespace.into_values() {
        let what = format!("{} with other settings than new ones would; for instance: {example}", pods(crowd.pods, "runs", "run"));
        crowd.report(world, findings, what);
    }
}
