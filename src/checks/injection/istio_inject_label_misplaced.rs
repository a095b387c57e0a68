use crate::checks::Findings;
use crate::mesh::istio::{INJECT, INJECTION};
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The label `sidecar.istio.io/inject` stands on a Deployment (or its like) and not on its pod template; or `istio-injection`, a label of
    /// namespaces, stands on either.
    ///
    /// # Why it matters
    ///
    /// Webhooks see pods. A label of the Deployment is not handed down, so it neither brings a sidecar nor keeps one away.
    ///
    /// # How to fix it
    ///
    /// Move it to `spec.template.metadata.labels`.
    ///
    /// Sources: istio `pkg/kube/inject/inject.go`; no other tool reports it.
    "istio-inject-label-misplaced",
    summary: "Injection label on a Deployment instead of its pod template",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for controller in world.index.controllers().iter().filter(|c| c.metadata.controller().is_none()) {
        let Some(template) = controller.template() else { continue };
        let (own, pods) = (&controller.metadata.labels, &template.metadata.labels);
        let value = own.get(INJECT).filter(|_| !pods.has(INJECT) && !template.metadata.annotations.has(INJECT));
        if let Some(value) = value {
            findings.add(
                controller,
                format!("metadata.labels{}", key(INJECT)),
                format!("the label {INJECT}={value} of a {} is not handed down to its pods", controller.kind),
                format!("Move it to the labels of the pod template ({}.metadata.labels).", controller.template_path()),
            );
        }
        let places = [(own.get(INJECTION), "metadata".to_owned()), (pods.get(INJECTION), format!("{}.metadata", controller.template_path()))];
        for (value, place) in places.into_iter().filter_map(|(value, place)| Some((value?, place))) {
            findings.add(
                controller,
                format!("{place}.labels{}", key(INJECTION)),
                format!("{INJECTION}={value} is a label of namespaces and has no effect here"),
                format!("Use the label {INJECT} on the pod template, or label the namespace."),
            );
        }
    }
}
