use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::index::Body;
use crate::mesh::linkerd::PLANE;
use crate::mesh::linkerd::annotations::label_path;
use crate::model::{Fact, Intent, Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods carry the label `linkerd.io/control-plane-ns` and have no proxy. The injector writes the label; by hand it gets into a template when one
    /// is copied from a running pod.
    ///
    /// # Why it matters
    ///
    /// Linkerd tells by this label which pods are meshed. Callers are told to use mutual TLS with the pod, and nothing there speaks it: every call from
    /// the mesh fails.
    ///
    /// # How to fix it
    ///
    /// Remove the label from the template, or have the pods injected.
    ///
    /// Sources: linkerd `controller/api/destination/endpoint_translator.go`.
    "linkerd-meshed-label-without-proxy",
    summary: "Pods without a proxy that are labelled as meshed",
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob, Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in annotated::workloads(world).filter(|w| !matches!(w.body, Body::Object(_))) {
        let bare = world
            .index
            .pod_variants(workload)
            .filter(|(p, _)| !p.status.phase.is_empty() && p.metadata.labels.has(PLANE) && p.spec.container("linkerd-proxy").is_none());
        let running: usize = bare.map(|(_, pods)| pods).sum();
        // Of a template that is yet to be injected nothing is known but what the injector would do.
        let template = || {
            let written = world.index.pod_spec(workload).is_some_and(|spec| spec.container("linkerd-proxy").is_some());
            let out = || matches!(world.injection(MeshId::Linkerd, workload).intended, Fact::Known { value: Intent::Out, .. });
            workload.labels.has(PLANE) && !written && workload.pods.is_empty() && out()
        };
        let who = match running {
            0 if template() => "its pods get no proxy".to_owned(),
            0 => continue,
            1 => "a pod has no proxy".to_owned(),
            count => format!("{count} pods have no proxy"),
        };
        let path = if workload.labels.has(PLANE) { label_path(PLANE) } else { String::new() };
        let what = format!("{who}, but the label {PLANE} tells callers to use mutual TLS");
        findings.add_workload(workload, &path, what, "Remove the label, or have the pods injected.");
    }
}
