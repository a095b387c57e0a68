use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{is_plane, some_of};
use crate::model::{DriftCode, Fact, Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods have a proxy that a new pod would not get: their namespace is excluded from the injection webhook by now, or an annotation says no.
    ///
    /// # Why it matters
    ///
    /// The next restart, a drained node for instance, takes the workload out of the mesh without a word. Policies that ask for its identity then
    /// refuse it.
    ///
    /// # How to fix it
    ///
    /// If it is meant to be in the mesh, undo what keeps the injector away (the related object). If not, restart it now, while you look.
    ///
    /// Sources: linkerd `pkg/inject/report.go`, `charts/linkerd-control-plane/templates/proxy-injector-rbac.yaml`; `linkerd check` does not look.
    "linkerd-proxy-no-longer-injected",
    summary: "Pods have a proxy that they lose with the next restart",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads().iter().filter(|w| !is_plane(world, &w.reference.namespace)) {
        let fact = world.injection(MeshId::Linkerd, workload);
        if !fact.drift.iter().any(|d| d.code == DriftCode::Unwanted) {
            continue;
        }
        let Fact::Known { because, .. } = &fact.intended else { continue };
        let who = some_of(fact.actual.inside(), fact.actual.pods(), "has a proxy", "have a proxy");
        let finding = findings.add_workload(
            workload,
            "",
            format!("{who}, and new pods would get none"),
            "Undo what keeps the injector away, or restart the workload if it is to leave the mesh.",
        );
        for reason in because {
            if let Some(object) = &reason.object {
                finding.related(object.clone(), reason.text.clone());
            }
        }
    }
}
