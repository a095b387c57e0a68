use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::model::{Controller, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Deployment in the namespace of a control plane or of an extension of Linkerd reports `ReplicaFailure`: the API server refuses its pods.
    ///
    /// # Why it matters
    ///
    /// What runs goes on running, and no pod is replaced: the next node that is drained takes the component away. A quota, pod security, a webhook
    /// that does not answer or a service account that is gone are the usual reasons.
    ///
    /// # How to fix it
    ///
    /// The condition's message says who refuses the pods and why; remove that reason.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (control plane replica sets are ready); for Istio no other tool looks.
    "control-plane-pods-refused",
    summary: "The API server refuses pods of a control plane",
    aliases: &["l5d-existence-replicasets"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Any,
    needs: &[Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let is_plane =
        |namespace: &str| world.control_planes().any(|plane| plane.namespace == namespace) || index.namespace_label(namespace, EXTENSION).is_some();
    // Which Deployments fail is looked at first: those are few, and every cluster has many Deployments.
    let failing = |c: &&Controller| !c.status.conditions.is_empty() && is_plane(&c.metadata.namespace);
    for deployment in index.controllers().iter().filter(failing) {
        for condition in &deployment.status.conditions {
            let why = if condition.message.is_empty() { condition.reason.as_str() } else { condition.message.as_str() };
            let what = format!("its pods are refused: {why}");
            let finding = findings.add(deployment, "status.conditions", what, "Remove what refuses them; the Deployment tries again by itself.");
            if world.istio.control_planes.iter().any(|plane| plane.namespace == deployment.metadata.namespace) {
                finding.codes(&[]);
            }
        }
    }
}
