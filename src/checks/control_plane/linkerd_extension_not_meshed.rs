use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::checks::support::linkerd::platform::planes::some_of;
use crate::mesh::linkerd::INJECT;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods of an extension's namespace that run without a proxy or are not ready. Pods that are annotated to stay out, have finished or use the node's
    /// network are left out.
    ///
    /// # Why it matters
    ///
    /// Extensions authorize each other by mesh identity: without a proxy the dashboard, tap or a gateway to other clusters is refused.
    ///
    /// # How to fix it
    ///
    /// Restart what has no proxy once the injector is ready; read the events and logs of what is not ready.
    ///
    /// Sources: linkerd `viz/pkg/healthcheck/healthcheck.go` (linkerd-viz pods are injected, viz extension pods are running).
    "linkerd-extension-not-meshed",
    summary: "Pods of an extension have no proxy or are not ready",
    aliases: &["l5d-viz-pods-injection", "l5d-viz-pods-running"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces() {
        let Some(extension) = namespace.metadata.labels.get(EXTENSION) else { continue };
        let codes: [&[&'static str]; 2] = match extension {
            "viz" => [&["l5d-viz-pods-injection"], &["l5d-viz-pods-running"]],
            _ => [&[], &[]],
        };
        for workload in world.index.workloads_in(&namespace.metadata.name).iter().filter(|w| w.annotations.get(INJECT) != Some("disabled")) {
            let live: Vec<_> = world.index.live_pods(workload).filter(|p| !p.spec.host_network).collect();
            let bare = live.iter().filter(|p| p.spec.container("linkerd-proxy").is_none()).count();
            let waiting = live.iter().filter(|p| !p.is_ready()).count();
            if bare > 0 {
                let what = format!("{} without a proxy in extension {extension:?}", some_of(bare, live.len(), "runs", "run"));
                findings.add_workload(workload, "", what, "Restart it once the injector is ready.").codes(codes[0]);
            }
            if waiting > 0 {
                let what = format!("{} in extension {extension:?}", some_of(waiting, live.len(), "is not ready", "are not ready"));
                findings.add_workload(workload, "", what, "Read its pods' events and logs.").codes(codes[1]).detail("not ready");
            }
        }
    }
}
