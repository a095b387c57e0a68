use crate::checks::Findings;
use crate::mesh::istio::membership::STATUS;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A pod of a Job or CronJob has `istio-proxy` as an ordinary container, not as a native sidecar.
    ///
    /// # Why it matters
    ///
    /// When the job's own container has ended, the proxy runs on: the pod never completes, and the Job is never done, unless the program tells the
    /// proxy to quit.
    ///
    /// # How to mend it
    ///
    /// Annotate the pod template `sidecar.istio.io/nativeSidecar: "true"` (Kubernetes 1.29 and later), keep the job out of the mesh, or end the job
    /// with a call to `localhost:15020/quitquitquit`.
    ///
    /// Sources: istio `pkg/kube/inject/webhook.go` (native sidecars); no other tool reports it.
    "istio-job-sidecar-never-ends",
    summary: "Job has an ordinary sidecar, which keeps it from completing",
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Job],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads().iter().filter(|w| matches!(w.reference.kind, Kind::Job | Kind::CronJob)) {
        let mut live = index.pods_of(workload).filter(|p| !p.is_over());
        let classic = live.find(|p| p.metadata.annotations.has(STATUS) && p.spec.containers.iter().any(|c| c.name == "istio-proxy"));
        if let Some(pod) = classic {
            findings.add_workload(
                workload,
                "",
                format!("pod {:?} has istio-proxy as an ordinary container, which runs on when the job is done", pod.metadata.name.as_str()),
                "Annotate the pod template sidecar.istio.io/nativeSidecar: \"true\", or keep the job out of the mesh.",
            );
        }
    }
}
