use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::code_of;
use crate::checks::support::linkerd::platform::planes::{meshed, some_of};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Running pods whose proxy is not ready. Pods that have finished, were evicted or are going away are left out, and so are those without a status.
    ///
    /// # Why it matters
    ///
    /// A proxy becomes ready when it has a certificate and reaches the control plane. Until then the pod gets no traffic through Services.
    ///
    /// # How to fix it
    ///
    /// The proxy's log names what it waits for: often the identity service, an ended certificate, or a NetworkPolicy in between.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (data plane proxies are ready, control plane proxies are healthy).
    "linkerd-proxy-not-ready",
    summary: "Proxies of running pods are not ready",
    aliases: &["l5d-data-plane-ready", "l5d-cp-proxy-healthy", "l5d-viz-proxy-healthy", "l5d-multicluster-proxy-healthy"],
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads() {
        let (mut all, mut waiting) = (0, 0);
        for pod in meshed(world, workload).filter(|p| p.status.phase == "Running") {
            all += 1;
            waiting += usize::from(pod.container_ready("linkerd-proxy") == Some(false));
        }
        if waiting == 0 {
            continue;
        }
        let codes = ["l5d-cp-proxy-healthy", "l5d-viz-proxy-healthy", "l5d-multicluster-proxy-healthy", "l5d-data-plane-ready"];
        let code = code_of(world, &workload.reference.namespace, codes);
        let what = format!("{} that is not ready", some_of(waiting, all, "has a proxy", "have a proxy"));
        let hint = format!("Read the proxy's log: kubectl logs -c linkerd-proxy -n {} …", workload.reference.namespace);
        let finding = findings.add_workload(workload, "", what, hint).codes(&[code]);
        if waiting < all {
            finding.severity(Severity::Warning);
        }
    }
}
