use crate::checks::support::install::{SHOW_A_MESH, running};
use crate::checks::{Findings, Runs};
use crate::mesh::install::Target;
use crate::model::{Kind, MeshId, Object};
use crate::report::{Category, Severity};
use crate::world::World;

const NEEDS: [Kind; 5] = {
    let [a, b, c, d] = SHOW_A_MESH;
    [a, b, c, d, Kind::CustomResourceDefinition]
};

crate::check! {
    /// # What it checks
    ///
    /// What a mesh left behind that was removed: the control plane's namespace or a CustomResourceDefinition that is still being deleted (error), and
    /// definitions without a control plane (note: they may as well be the first step of an installation). Webhooks without their Service are found by
    /// `istio-webhook-service-not-found` and `linkerd-webhook-service-not-found`, which run with `--pre` too.
    ///
    /// # Why it matters
    ///
    /// Nothing can be created in a namespace that is being deleted, and objects of a definition that is being deleted vanish with it. Old definitions
    /// keep their objects: policies and routes of the former mesh take effect again at once.
    ///
    /// # How to fix it
    ///
    /// Wait for the deletion, or find what holds it up: `kubectl get namespace NAME -o yaml` tells in its status which finalizers are left. Look through
    /// old objects before installing, and delete definitions that nobody needs.
    ///
    /// Sources: Kubernetes finalizers; `istioctl uninstall` and `linkerd uninstall` keep or remove definitions depending on flags.
    "mesh-left-over",
    summary: "Remains of a mesh that was removed",
    severity: Severity::Error,
    category: Category::ControlPlane,
    needs: &NEEDS,
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for target in &world.install.targets {
        let terminating = world.index.namespace(&target.namespace).filter(|n| n.metadata.deletion_timestamp.is_some());
        if let Some(namespace) = terminating {
            findings
                .add(
                    namespace,
                    "metadata.deletionTimestamp",
                    format!("the namespace for {}'s control plane is being deleted: nothing can be created in it", target.mesh.title()),
                    "Wait until it is gone; its status says which finalizers hold it up.",
                )
                .about(target.mesh.into());
        }
        let definitions: Vec<&Object> = world.index.objects(Kind::CustomResourceDefinition).iter().filter(|d| belongs(d, target)).collect();
        for definition in definitions.iter().filter(|d| d.meta.deletion_timestamp.is_some()) {
            findings
                .add(
                    *definition,
                    "metadata.deletionTimestamp",
                    "this definition is being deleted, and its objects with it",
                    "Wait until it is gone; objects with finalizers hold it up.",
                )
                .about(target.mesh.into());
        }
        let kept: Vec<&Object> = definitions.into_iter().filter(|d| d.meta.deletion_timestamp.is_none()).collect();
        if let (Some(first), None) = (kept.first(), running(world, target.mesh).next()) {
            let count = if kept.len() == 1 { "1 definition".to_owned() } else { format!("{} definitions", kept.len()) };
            let what =
                format!("{count} of {} without a control plane: what objects of theirs say takes effect with the installation", target.mesh.title());
            let hint = "Look through those objects first; delete definitions that are left over from an earlier installation.";
            findings.add(*first, "", what, hint).severity(Severity::Info).about(target.mesh.into());
        }
    }
}

fn belongs(definition: &Object, target: &Target) -> bool {
    let domain = match target.mesh {
        MeshId::Istio => "istio.io",
        MeshId::Linkerd => "linkerd.io",
    };
    definition.spec().text("group").strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
