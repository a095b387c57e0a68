use crate::checks::Findings;
use crate::mesh::linkerd::annotations::{self, INJECT};
use crate::model::{Controller, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `linkerd.io/inject` or an annotation under `config.linkerd.io/` stands in the metadata of a Deployment, StatefulSet, DaemonSet, Job or
    /// CronJob, or of the Jobs that a CronJob makes (`spec.jobTemplate.metadata`), and not in its pod template.
    ///
    /// # Why it matters
    ///
    /// The injector sees pods. What stands on the controller has no effect: the pods are not injected, or not with that setting.
    ///
    /// # How to fix it
    ///
    /// Move it to `spec.template.metadata.annotations`.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Deployment
    /// metadata:
    ///   annotations: {}                  # not here
    /// spec:
    ///   template:
    ///     metadata:
    ///       annotations:
    ///         linkerd.io/inject: enabled # but here
    /// ```
    ///
    /// Sources: linkerd `controller/proxy-injector/webhook.go`, `pkg/inject/report.go`.
    "linkerd-annotation-on-controller",
    summary: "Linkerd annotation on a Deployment instead of its pod template",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    // What Linkerd's own extensions bring is not the user's to fix.
    let foreign = |c: &&Controller| c.kind != Kind::ReplicaSet && !c.metadata.labels.has("linkerd.io/extension");
    for controller in world.index.controllers().iter().filter(foreign) {
        let Some(template) = controller.template() else { continue };
        let ours =
            |name: &str| name == INJECT || name.strip_prefix("config.").is_some_and(|n| n.trim_start_matches("alpha.").starts_with("linkerd.io/"));
        let own = controller.metadata.annotations.iter().map(|a| (a, controller.kind.name(), ""));
        let of_jobs = controller.spec.job_template.iter().flat_map(|t| t.metadata.annotations.iter()).map(|a| (a, "Job", "spec.jobTemplate."));
        for ((name, value), whose, at) in own.chain(of_jobs).filter(|((name, _), ..)| ours(name) && !template.metadata.annotations.has(name)) {
            findings.add(
                controller,
                format!("{at}{}", annotations::path(name)),
                format!("{name}: {value:?} on the {whose} has no effect: the injector reads the pod template's annotations"),
                format!("Move it to {}.metadata.annotations.", controller.template_path()),
            );
        }
    }
}
