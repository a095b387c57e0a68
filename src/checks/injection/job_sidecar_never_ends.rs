use crate::checks::Findings;
use crate::index::Workload;
use crate::model::{Kind, PodSpec, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Job or CronJob whose pods have a mesh's proxy as an ordinary container beside their own, or that asks for such a one
    /// (`sidecar.istio.io/nativeSidecar: "false"`, `config.linkerd.io/proxy-enable-native-sidecar: "false"`).
    ///
    /// # Why it matters
    ///
    /// The proxy runs on when the Job's own container has ended: the pod never completes, the Job never counts as done, and a CronJob may not start
    /// again or pile up pods.
    ///
    /// # How to fix it
    ///
    /// Let the mesh inject a native sidecar (an init container that runs on), the default of current releases on Kubernetes 1.33 or later; or leave
    /// the Job out of the mesh; or let the container end the proxy (`/quitquitquit` of Istio's, `linkerd-await --shutdown`).
    ///
    /// Sources: Kubernetes sidecar containers; istio `pkg/kube/inject/webhook.go`; linkerd `charts/partials/templates/_proxy.tpl`; no other tool looks.
    "job-sidecar-never-ends",
    summary: "Job whose proxy runs on when the Job is done",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Any,
    needs: &[Kind::Job, Kind::CronJob, Kind::Pod],
    run: run,
}

/// Annotations that ask for an ordinary container, each with the proxy they are about.
const OPT_OUT: [(&str, &str); 2] =
    [("sidecar.istio.io/nativeSidecar", "istio-proxy"), ("config.linkerd.io/proxy-enable-native-sidecar", "linkerd-proxy")];

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads().iter().filter(|w| matches!(w.reference.kind, Kind::Job | Kind::CronJob)) {
        let pod = index.pod_variants(workload).map(|(pod, _)| pod).find(|p| ordinary(&p.spec).is_some());
        let running = pod.and_then(|p| Some((p, ordinary(&p.spec)?)));
        if let Some((pod, proxy)) = running {
            let message = format!("{proxy} is an ordinary container of its pods and runs on when they are done");
            findings.add_workload(workload, "", message, HINT).related(pod.reference(), "is such a pod");
        } else if let Some(proxy) = index.pod_spec(workload).and_then(ordinary) {
            let message = format!("{proxy} is an ordinary container of its pods and runs on when they are done");
            findings.add_workload(workload, "spec.containers", message, HINT);
        } else if let Some((key, proxy)) = refused(workload) {
            let path = format!("metadata.annotations{}", crate::model::key(key));
            findings.add_workload(workload, &path, format!("it asks for {proxy} as an ordinary container, which runs on when the Job is done"), HINT);
        }
    }
}

const HINT: &str = "Let the mesh inject a native sidecar, leave the Job out of the mesh, or end the proxy from the Job's container.";

/// The proxy among a pod's ordinary containers, when there are others too.
fn ordinary(spec: &PodSpec) -> Option<&'static str> {
    let proxy = OPT_OUT.iter().map(|(_, proxy)| *proxy).find(|proxy| spec.containers.iter().any(|c| c.name == *proxy))?;
    (spec.containers.len() > 1).then_some(proxy)
}

fn refused(workload: &Workload) -> Option<(&'static str, &'static str)> {
    let refuses = |key: &str| workload.annotations.is(key, "false");
    let out = workload.annotations.is("linkerd.io/inject", "disabled") || workload.labels.is("sidecar.istio.io/inject", "false");
    OPT_OUT.into_iter().find(|(key, _)| refuses(key) && !out)
}
