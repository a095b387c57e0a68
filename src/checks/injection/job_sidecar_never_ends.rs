use crate::checks::Findings;
use crate::index::Workload;
use crate::mesh::linkerd::NATIVE_SIDECAR_ANNOTATIONS;
use crate::model::{Fact, Kind, MeshId, PodSpec, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Job or CronJob whose pods have a mesh's proxy as an ordinary container beside their own, or will get such a one: by their annotations
    /// (`sidecar.istio.io/nativeSidecar`, `config.linkerd.io/proxy-enable-native-sidecar`), by the control plane's settings
    /// (`ENABLE_NATIVE_SIDECARS`, `proxy.nativeSidecar`), or by its release: Istio before 1.27 and Linkerd before 2.20 inject ordinary containers
    /// unless told otherwise, and Linkerd's annotation had other names before. Jobs that end the proxy by themselves (`/quitquitquit`,
    /// `linkerd-await --shutdown`, `scuttle`) are left alone.
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
    /// Sources: Kubernetes sidecar containers; istio `pkg/kube/inject/webhook.go`, `releasenotes/notes/native-sidecar-default.yaml`; linkerd
    /// `charts/partials/templates/_proxy.tpl`, `pkg/inject/inject.go`; no other tool looks.
    "job-sidecar-never-ends",
    summary: "Job whose proxy runs on when the Job is done",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Any,
    needs: &[Kind::Job, Kind::CronJob, Kind::Pod],
    run: run,
}

const ISTIO: &str = "sidecar.istio.io/nativeSidecar";

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads().iter().filter(|w| matches!(w.reference.kind, Kind::Job | Kind::CronJob)) {
        let Some(spec) = index.pod_spec(workload).filter(|spec| !ends_the_proxy(spec)) else { continue };
        let pod = index.pod_variants(workload).map(|(pod, _)| pod).find(|p| ordinary(&p.spec).is_some());
        let running = pod.and_then(|p| Some((p, ordinary(&p.spec)?)));
        if let Some((pod, proxy)) = running {
            let message = format!("{proxy} is an ordinary container of its pods and runs on when they are done");
            findings.add_workload(workload, "", message, HINT).related(pod.reference(), "is such a pod");
        } else if let Some(proxy) = ordinary(spec) {
            let message = format!("{proxy} is an ordinary container of its pods and runs on when they are done");
            findings.add_workload(workload, "spec.containers", message, HINT);
        } else {
            to_be_injected(world, workload, findings);
        }
    }
}

const HINT: &str = "Let the mesh inject a native sidecar, leave the Job out of the mesh, or end the proxy from the Job's container.";

/// What its annotations, the control plane's settings and the release will make of its next pod.
fn to_be_injected(world: &World, workload: &Workload, findings: &mut Findings<'_>) {
    for (mesh, proxy) in [(MeshId::Istio, "istio-proxy"), (MeshId::Linkerd, "linkerd-proxy")] {
        let view = world.view();
        let because = match view.native_sidecar(mesh, workload) {
            Fact::Known { value: false, because } => Some(because),
            Fact::Unknown(_) => None,
            Fact::Known { value: true, .. } | Fact::NotApplicable => continue,
        };
        if let Some(key) = refused(workload, mesh) {
            let path = format!("metadata.annotations{}", crate::model::key(key));
            findings.add_workload(workload, &path, format!("it asks for {proxy} as an ordinary container, which runs on when the Job is done"), HINT);
        } else if let Some(because) = because {
            let why = because.last().map_or_else(String::new, |evidence| format!(" ({})", evidence.text));
            let message = format!("it gets {proxy} as an ordinary container, which runs on when its own work ends: the Job never completes{why}");
            let annotation = view.native_sidecar_annotation(mesh, workload).filter(|name| !workload.annotations.has(name));
            let otherwise = "leave the Job out of the mesh, or end the proxy from the Job's container.";
            let hint = annotation.map_or_else(|| HINT.to_owned(), |name| format!("Set the annotation {name}: \"true\" on its pods, {otherwise}"));
            let finding = findings.add_workload(workload, "", message, hint);
            if let Some(object) = because.into_iter().find_map(|evidence| evidence.object) {
                finding.related(object, "says so");
            }
        }
    }
}

/// Whether one of its containers ends the proxy by itself.
fn ends_the_proxy(spec: &PodSpec) -> bool {
    let words = spec.containers.iter().flat_map(|c| c.args.iter().chain(&c.command));
    words.into_iter().any(|word| crate::model::ends_proxy(word).is_some())
}

/// The proxy among a pod's ordinary containers, when there are others too.
fn ordinary(spec: &PodSpec) -> Option<&'static str> {
    let proxy = ["istio-proxy", "linkerd-proxy"].into_iter().find(|proxy| spec.containers.iter().any(|c| c.name == *proxy))?;
    (spec.containers.len() > 1).then_some(proxy)
}

/// The annotation by which a Job asks for an ordinary container, where nothing on its pods keeps it out of the mesh.
fn refused(workload: &Workload, mesh: MeshId) -> Option<&'static str> {
    let refuses = |key: &&str| workload.annotations.is(key, "false");
    match mesh {
        MeshId::Istio => Some(ISTIO).filter(refuses).filter(|_| !workload.labels.is("sidecar.istio.io/inject", "false")),
        MeshId::Linkerd => {
            let asked = NATIVE_SIDECAR_ANNOTATIONS.iter().map(|(key, _)| *key).find(refuses);
            asked.filter(|_| !workload.annotations.is("linkerd.io/inject", "disabled"))
        }
    }
}
