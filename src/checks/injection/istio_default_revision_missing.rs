use crate::checks::Findings;
use crate::checks::support::istio::platform::pods_and_templates;
use crate::mesh::istio::labels::SYSTEM_NAMESPACES;
use crate::mesh::istio::{INJECT, INJECTION, REV};
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A namespace is labelled `istio-injection=enabled`, or a pod in a namespace without labels `sidecar.istio.io/inject: "true"`, but no webhook of
    /// a default revision or of a tag `default` answers for it.
    ///
    /// # Why it matters
    ///
    /// These labels speak to the default revision alone. With named revisions only, they do nothing: no sidecar, and no error.
    ///
    /// # How to fix it
    ///
    /// Make a revision the default (`istioctl tag set default --revision <rev>`), or label with `istio.io/rev=<rev>` instead.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`; issue istio/istio#55987; no other tool reports it.
    "istio-default-revision-missing",
    summary: "Injection is asked of the default revision, and there is none",
    severity: Severity::Error,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    // Files without Istio's webhooks say nothing about what the cluster answers.
    if world.source.kind == SourceKind::Files && !world.istio.injectors.iter().any(|i| i.object.is_some()) {
        return;
    }
    let injectors: Vec<_> = world.istio.injectors.iter().filter(|i| i.object.is_some()).collect();
    let kinds = &[(Kind::MutatingWebhookConfiguration, "")];
    let hint = "Make a revision the default (istioctl tag set default --revision <rev>), or use the label istio.io/rev=<rev>.";
    for namespace in world.index.namespaces() {
        let labels = &namespace.metadata.labels;
        if labels.is(INJECTION, "enabled") && !injectors.iter().any(|i| i.namespaces.matches(labels)) {
            let message = "istio-injection=enabled asks the default revision for sidecars, and no webhook of a default revision answers";
            findings.missing(namespace, format!("metadata.labels{}", key(INJECTION)), kinds, message, hint);
        }
    }
    for shape in pods_and_templates::all(&world.index).filter(|s| s.labels.is(INJECT, "true") && !s.labels.has(REV)) {
        let Some(namespace) = world.index.namespace(&shape.workload.reference.namespace) else { continue };
        let labels = &namespace.metadata.labels;
        let system = SYSTEM_NAMESPACES.contains(&namespace.metadata.name.as_str());
        let answered = injectors.iter().any(|i| i.namespaces.matches(labels) && i.pods.matches(shape.labels));
        // Without any webhook in sight the namespaces above tell enough.
        if injectors.is_empty() || system || labels.has(INJECTION) || labels.has(REV) || answered {
            continue;
        }
        let message = format!("{INJECT}=true in a namespace without labels asks the default revision for a sidecar, and no webhook of one answers");
        shape.add(findings, &format!("metadata.labels{}", key(INJECT)), message, hint);
    }
}
