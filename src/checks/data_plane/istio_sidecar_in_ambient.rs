use crate::checks::Findings;
use crate::mesh::istio::ambient;
use crate::mesh::istio::labels::{asks_for_ambient, is_gateway, is_waypoint};
use crate::model::{Kind, Pod};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A pod that labels put into ambient, its own or those of its namespace, has a sidecar.
    ///
    /// # Why it matters
    ///
    /// A pod with a sidecar stays out of ambient. Its traffic goes past ztunnel and, with few exceptions, past the waypoints, and policies that
    /// target waypoints do not protect calls that sidecars send directly.
    ///
    /// # How to fix it
    ///
    /// Remove what injects the sidecar and restart the pods, or opt the workload out of ambient with `istio.io/dataplane-mode: none`.
    ///
    /// Sources: kiali KIA1315, KIA1316 `business/checkers/ambient/ambient_workload_checker.go` (which does not leave gateways out,
    /// whose proxy is no sidecar); istio `cni/pkg/util/enablement_selector.go`.
    "istio-sidecar-in-ambient",
    summary: "A workload in an ambient namespace runs with a sidecar",
    aliases: &["KIA1315", "KIA1316"],
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads().iter().filter(|w| !is_waypoint(&w.labels) && !is_gateway(w)) {
        let pods: usize = index.pod_variants(workload).map(|(_, pods)| pods).sum();
        let with_sidecar: usize = index.pod_variants(workload).filter(|(p, _)| has_sidecar(p)).map(|(_, pods)| pods).sum();
        if with_sidecar == 0 {
            continue;
        }
        let wanted = asks_for_ambient(index, workload);
        let namespace = ambient::is_ambient_namespace(index, &workload.reference.namespace);
        let mut codes = Vec::new();
        if wanted {
            codes.push("KIA1315");
        }
        if namespace && with_sidecar == pods {
            codes.push("KIA1316");
        }
        if codes.is_empty() {
            continue;
        }
        let message = if wanted {
            format!("{with_sidecar} of {pods} pods have a sidecar and stay out of ambient, which their labels ask for")
        } else {
            "runs with a sidecar in an ambient namespace; it has opted out of ambient".to_owned()
        };
        let hint = "Stop the injection and restart the pods, or label the pod template with istio.io/dataplane-mode: none.";
        let finding = findings.add_workload(workload, "", message, hint);
        finding.codes(&codes).severity(if wanted { Severity::Error } else { Severity::Info });
    }
}

fn has_sidecar(pod: &Pod) -> bool {
    pod.metadata.annotations.has("sidecar.istio.io/status") || pod.spec.container("istio-proxy").is_some()
}
