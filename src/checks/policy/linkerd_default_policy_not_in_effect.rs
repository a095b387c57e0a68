use crate::checks::Findings;
use crate::index::Body;
use crate::mesh::linkerd::annotations::DEFAULT_POLICY;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Namespace is annotated with `config.linkerd.io/default-inbound-policy`, but meshed pods in it carry another value or none, and set none
    /// of their own in the template.
    ///
    /// # Why it matters
    ///
    /// The policy controller reads the annotation of the pod alone. The injector copies it from the namespace when a pod is created; a later
    /// change does nothing until the pods are made anew. A namespace that looks locked is open.
    ///
    /// # How to fix it
    ///
    /// Restart the workloads: `kubectl rollout restart`.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/workload.rs`, `pkg/inject/inject.go`.
    "linkerd-default-policy-not-in-effect",
    summary: "Default inbound policy of a namespace that running pods do not have",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces() {
        let Some(wanted) = namespace.metadata.annotations.get(DEFAULT_POLICY) else { continue };
        for workload in world.index.workloads_in(&namespace.metadata.name) {
            if matches!(workload.body, Body::Controller(_)) && workload.annotations.has(DEFAULT_POLICY) {
                continue;
            }
            let meshed = world.index.pod_variants(workload).map(|(pod, _)| pod).filter(|p| p.spec.container("linkerd-proxy").is_some());
            let stale = meshed.into_iter().find(|p| !p.metadata.annotations.is(DEFAULT_POLICY, wanted));
            let Some(pod) = stale else { continue };
            // A bare pod may well have a value of its own.
            if matches!(workload.body, Body::Pod(_)) && pod.metadata.annotations.has(DEFAULT_POLICY) {
                continue;
            }
            let has = pod.metadata.annotations.get(DEFAULT_POLICY).unwrap_or("none");
            findings
                .add_workload(
                    workload,
                    "",
                    format!("namespace {:?} asks for the default policy {wanted:?}, but running pods have {has}", namespace.metadata.name.as_str()),
                    "Restart the workload, so that the injector copies the annotation onto its pods.",
                )
                .related(namespace.reference(), "carries the annotation");
        }
    }
}
