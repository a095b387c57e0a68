use crate::checks::Findings;
use crate::checks::support::istio::platform::pods_and_templates;
use crate::mesh::istio::labels::has_sidecar;
use crate::mesh::istio::{INJECT, INJECTION, REV};
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A pod asks for a sidecar with the annotation `sidecar.istio.io/inject: "true"`, not the label, in a namespace without injection labels.
    ///
    /// # Why it matters
    ///
    /// Webhooks select by labels. No webhook is ever shown the pod, so the annotation has no effect.
    ///
    /// # How to fix it
    ///
    /// Make it a label of the pod template, or label the namespace.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`; no other tool reports it.
    "istio-inject-annotation-only",
    summary: "Injection is asked for by an annotation, which no webhook sees",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for shape in pods_and_templates::all(&world.index).filter(|s| s.annotations.is(INJECT, "true") && !s.labels.has(INJECT) && !s.labels.has(REV)) {
        let Some(namespace) = world.index.namespace(&shape.workload.reference.namespace) else { continue };
        let labels = &namespace.metadata.labels;
        let by_default = world.istio.injectors.iter().any(|i| i.namespaces.matches(labels) && i.pods.matches(shape.labels));
        if labels.has(INJECTION) || labels.has(REV) || by_default || has_sidecar(shape.spec) {
            continue;
        }
        shape.add(
            findings,
            &format!("metadata.annotations{}", key(INJECT)),
            "as an annotation this cannot bring a sidecar in a namespace without injection labels",
            "Make it a label of the pod template.",
        );
    }
}
