use std::collections::HashSet;

use crate::checks::Findings;
use crate::mesh::istio::labels::{DATAPLANE_MODE, namespace_injects, namespace_is_ambient};
use crate::mesh::linkerd::INJECT;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace or a workload that asks for both Istio and Linkerd, or pods that have both proxies.
    ///
    /// # Why it matters
    ///
    /// Both meshes redirect the same traffic with rules of their own. Linkerd's injector leaves a pod alone that has another proxy, so which mesh a pod
    /// gets depends on the order of the webhooks; with both, connections loop or are encrypted twice, and neither mesh's policies hold as written.
    ///
    /// # How to fix it
    ///
    /// Choose one mesh per pod: remove the label or annotation of the other. While moving from one to the other, do it workload by workload.
    ///
    /// Sources: linkerd `pkg/inject/report.go`; istio `pkg/kube/inject`; no other tool looks.
    "workload-in-two-meshes",
    summary: "Namespace or workload that is in Istio and in Linkerd at once",
    severity: Severity::Error,
    category: Category::Injection,
    mesh: MeshTag::Any,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let mut told: HashSet<&str> = HashSet::new();
    for namespace in index.namespaces() {
        let meta = &namespace.metadata;
        let istio = match (namespace_injects(&meta.labels), namespace_is_ambient(&meta.labels)) {
            (true, _) => "a sidecar of Istio's",
            (_, true) => "Istio's ambient mode",
            _ => continue,
        };
        if matches!(meta.annotations.get(INJECT), Some("enabled" | "ingress")) {
            told.insert(&meta.name);
            let message = format!("its pods are to get {istio} and a proxy of Linkerd's");
            let path = format!("metadata.annotations{}", crate::model::key(INJECT));
            findings.add(namespace, path, message, "Choose one mesh: remove the label or annotation of the other.");
        }
    }
    for workload in index.workloads() {
        let Some(spec) = index.pod_spec(workload).filter(|_| workload.is_live()) else { continue };
        let both = |spec: &crate::model::PodSpec| spec.container("istio-proxy").is_some() && spec.container("linkerd-proxy").is_some();
        let asks_istio = workload.labels.is("sidecar.istio.io/inject", "true") || workload.labels.is(DATAPLANE_MODE, "ambient");
        let asks_linkerd = matches!(workload.annotations.get(INJECT), Some("enabled" | "ingress"));
        let namespace = workload.reference.namespace.as_str();
        let pod = index.pod_variants(workload).map(|(pod, _)| pod).find(|p| both(&p.spec));
        if both(spec) || pod.is_some() {
            let finding = findings.add_workload(workload, "", "its pods have a proxy of Istio's and one of Linkerd's", "Choose one mesh.");
            if let Some(pod) = pod {
                finding.related(pod.reference(), "has both");
            }
        } else if asks_linkerd && asks_istio && !told.contains(namespace) {
            let path = format!("metadata.annotations{}", crate::model::key(INJECT));
            findings.add_workload(
                workload,
                &path,
                "it asks for Istio and for Linkerd",
                "Choose one mesh: remove the label or annotation of the other.",
            );
        }
    }
}
