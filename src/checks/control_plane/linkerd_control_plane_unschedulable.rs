use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::is_plane;
use crate::model::{Kind, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A pod in a control plane's namespace that no node takes.
    ///
    /// # Why it matters
    ///
    /// The control plane runs with fewer pods than it should; when the others move, nothing stands in for them.
    ///
    /// # How to fix it
    ///
    /// The pod's events say what it lacks: memory, CPU, a node outside of those its rules exclude, a toleration. With high availability each pod of
    /// a component wants a node of its own.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (no unschedulable pods).
    "linkerd-control-plane-unschedulable",
    summary: "No node takes a pod of the control plane",
    aliases: &["l5d-existence-unschedulable-pods"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads().iter().filter(|w| is_plane(world, &w.reference.namespace)) {
        let waiting = |p: &&crate::model::Pod| !p.is_over() && p.status.conditions.iter().any(|c| c.reason == "Unschedulable");
        let names: Vec<&str> = world.index.pods_of(workload).filter(waiting).map(|p| p.metadata.name.as_str()).collect();
        if !names.is_empty() {
            let what = format!("no node takes {}", first_of(&names, 5));
            findings.add_workload(workload, "", what, "Read the pod's events: they say what every node lacks.");
        }
    }
}
