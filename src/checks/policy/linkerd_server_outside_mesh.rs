use crate::checks::Findings;
use crate::index::Workload;
use crate::model::{Fact, Intent, Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Server's podSelector fits only pods outside of the mesh: those that run have no proxy, and new ones get none. Where it is not known whether
    /// pods get one, nothing is said.
    ///
    /// # Why it matters
    ///
    /// It is the proxy beside the server that enforces policies. Without one everybody may connect, whatever the Server and its policies say.
    ///
    /// # How to fix it
    ///
    /// Take the pods into the mesh (`linkerd.io/inject: enabled` on the pod template or the Namespace) and restart them, or delete the Server.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`, `policy-controller/runtime/src/args.rs` (only pods with the label
    /// `linkerd.io/control-plane-ns` are watched).
    "linkerd-server-outside-mesh",
    summary: "Server for pods that have no proxy to enforce it",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob, Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let servers = world.view().linkerd_servers();
    for server in servers.iter().filter(|s| !s.selector.external) {
        let mut selected = server.workloads(&world.index).filter(|w| w.is_live()).peekable();
        let Some(first) = selected.peek().map(|w| w.reference.clone()) else { continue };
        if selected.all(|w| is_outside(world, w)) {
            findings
                .add(
                    server.object,
                    "spec.podSelector",
                    format!("it fits only pods outside of the mesh, such as those of {first}: nothing is enforced there"),
                    "Take the pods into the mesh, or delete the Server.",
                )
                .related(first, "has no proxy and gets none");
        }
    }
}

/// Whether no pod of a workload has a proxy, and new ones surely get none.
fn is_outside(world: &World, workload: &Workload) -> bool {
    let fact = world.injection(MeshId::Linkerd, workload);
    matches!(fact.intended, Fact::Known { value: Intent::Out, .. }) && fact.actual.inside() == 0
}
