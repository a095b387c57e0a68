use crate::checks::Findings;
use crate::mesh::istio::labels::{DATAPLANE_MODE, SYSTEM_NAMESPACES, has_sidecar, is_captured, namespace_injects};
use crate::mesh::istio::{INJECT, INJECTION};
use crate::model::{Kind, Pod};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A pod runs without `istio-proxy` in a namespace whose labels ask for sidecars, and nothing on the pod opts it out. Native sidecars (init
    /// containers) count as sidecars; pods that have finished, use the node's network or are captured by ambient are left out.
    ///
    /// # Why it matters
    ///
    /// The pod is outside of the mesh: no mutual TLS, no policies, no telemetry; with STRICT mutual TLS its calls are refused. Usually it was made
    /// before the namespace was labelled, or while the injector was down.
    ///
    /// # How to fix it
    ///
    /// Restart the workload. If the new pods lack the sidecar too, look at the webhook and its control plane. Label the pod template
    /// `sidecar.istio.io/inject: "false"` if it is meant to stay out.
    ///
    /// Sources: IST0103; istio `pkg/config/analysis/analyzers/injection/injection.go`.
    "istio-pod-missing-proxy",
    summary: "Pod has no sidecar although its namespace asks for one",
    aliases: &["IST0103"],
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for namespace in index.namespaces() {
        let (name, labels) = (namespace.metadata.name.as_str(), &namespace.metadata.labels);
        if name == "istio-system"
            || SYSTEM_NAMESPACES.contains(&name)
            || labels.is(DATAPLANE_MODE, "ambient")
            || !namespace_injects(labels)
            || world.istio.root_namespace() == name
        {
            continue;
        }
        let upstream_looks = labels.is(INJECTION, "enabled");
        for workload in index.workloads_in(name) {
            let made: Vec<(&Pod, usize)> = index.pod_variants(workload).filter(|(p, _)| !workload.is_stray(p)).collect();
            let all: usize = made.iter().map(|(_, pods)| pods).sum();
            let bare: usize = made.iter().filter(|(p, _)| lacks_proxy(p)).map(|(_, pods)| pods).sum();
            let who = if all == 1 { "the pod has".to_owned() } else { format!("{bare} of {all} pods have") };
            let label = if upstream_looks {
                "istio-injection=enabled".to_owned()
            } else {
                format!("istio.io/rev={}", labels.get("istio.io/rev").unwrap_or_default())
            };
            let codes: &[&'static str] = if upstream_looks { &["IST0103"] } else { &[] };
            let hint = "Restart the workload; if the sidecar is still missing, check the injection webhook and its control plane.";
            let message = |who: &str| format!("{who} no sidecar although namespace {name:?} is labelled {label}");
            let planned = |who: &str| format!("{who} no sidecar in the manifest: namespace {name:?}, labelled {label}, gives one to new pods");
            let nothing = "Nothing, unless the pod was made from this manifest with the sidecar left out.";
            if bare > 0 && made.iter().all(|(p, _)| is_manifest(p)) {
                findings.add_workload(workload, "", planned(&who), nothing).codes(codes).severity(Severity::Info);
            } else if bare > 0 {
                findings.add_workload(workload, "", message(&who), hint).codes(codes);
            }
            for pod in index.strays(workload).filter(|p| lacks_proxy(p)) {
                let finding = if is_manifest(pod) {
                    findings.add(pod, "", planned("the pod has"), nothing).severity(Severity::Info)
                } else {
                    findings.add(pod, "", message("the pod has"), hint)
                };
                finding.codes(codes);
            }
        }
    }
}

/// Whether it only stands in a manifest: it is injected when it is created.
fn is_manifest(pod: &Pod) -> bool {
    pod.metadata.origin.is_some() && pod.status.phase.is_empty()
}

fn lacks_proxy(pod: &Pod) -> bool {
    let meta = &pod.metadata;
    let asked = meta.labels.get(INJECT).or_else(|| meta.annotations.get(INJECT));
    !asked.is_some_and(|v| v.eq_ignore_ascii_case("false")) && !pod.spec.host_network && !has_sidecar(&pod.spec) && !is_captured(pod)
}
