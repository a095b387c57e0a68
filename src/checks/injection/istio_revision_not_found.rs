use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::istio::platform::pods_and_templates;
use crate::mesh::istio::{INJECT, INJECTION, REV};
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// The label `istio.io/rev` of a namespace, or of a pod in a namespace without injection labels, names neither a revision nor a tag that exists;
    /// or a tag stands for a revision that is gone.
    ///
    /// # Why it matters
    ///
    /// No webhook matches, so new pods get no sidecar, without any error. Running pods keep theirs, and the loss shows at the next restart. It is
    /// what the removal of an old revision leaves behind.
    ///
    /// # How to fix it
    ///
    /// Label the namespace with a revision or tag that `kubectl mesh status` lists, or point the tag at one: `istioctl tag set <tag> --revision <rev>`.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`; issue istio/istio#55987; no other tool reports it.
    "istio-revision-not-found",
    summary: "istio.io/rev names a revision or tag that does not exist",
    severity: Severity::Error,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::MutatingWebhookConfiguration],
    run: run,
}

const WEBHOOKS: &[(Kind, &str)] = &[(Kind::MutatingWebhookConfiguration, "")];

fn run(world: &World, findings: &mut Findings<'_>) {
    // Files without Istio's webhooks say nothing about what the cluster answers.
    if world.source.kind == SourceKind::Files && !world.istio.injectors.iter().any(|i| i.object.is_some()) {
        return;
    }
    let istio = &world.istio;
    let real = istio.injectors.iter().filter(|i| i.object.is_some());
    let mut revisions: BTreeSet<&str> = istio.control_planes.iter().filter_map(|p| p.revision.as_deref()).collect();
    revisions.extend(real.filter(|i| i.tag.is_none()).map(|i| i.revision.as_str()));
    let known = |name: &str| revisions.contains(name) || istio.tags.iter().any(|t| t.name == name);
    let names: Vec<&str> = revisions.iter().copied().chain(istio.tags.iter().map(|t| t.name.as_str())).collect();
    let list = if names.is_empty() { "none is there".to_owned() } else { format!("there are {}", names.join(", ")) };
    let at = format!("metadata.labels{}", key(REV));
    for namespace in world.index.namespaces() {
        let labels = &namespace.metadata.labels;
        let Some(asked) = labels.get(REV).filter(|r| !r.is_empty() && !known(r)) else { continue };
        if !labels.has(INJECTION) {
            let message = format!("there is no revision or tag {asked:?} ({list}): new pods of the namespace get no sidecar");
            findings.missing(namespace, at.as_str(), WEBHOOKS, message, "Name a revision or tag that exists, then restart the pods.");
        }
    }
    for shape in pods_and_templates::all(&world.index) {
        let Some(asked) = shape.labels.get(REV).filter(|r| !r.is_empty() && !known(r)) else { continue };
        let namespace = world.index.namespace(&shape.workload.reference.namespace);
        let decides = namespace.is_some_and(|n| !n.metadata.labels.has(INJECTION) && !n.metadata.labels.has(REV));
        if decides && !shape.labels.is(INJECT, "false") && !matches!(shape.labels.get("app"), Some("istiod" | "ztunnel")) {
            let message = format!("there is no revision or tag {asked:?} ({list}): the pods get no sidecar");
            shape.add(findings, &at, message, "Name a revision or tag that exists, then restart the workload.");
        }
    }
    for tag in istio.tags.iter().filter(|t| !revisions.contains(t.revision.as_str())) {
        let message = format!("tag {:?} stands for revision {:?}, which does not exist", tag.name.as_str(), tag.revision.as_str());
        let hint = "Point the tag at a revision that exists, or remove it.";
        if let Some(object) = world.index.object(tag.object.kind, &tag.object.namespace, &tag.object.name) {
            findings.missing(object, at.as_str(), &[(Kind::Deployment, "")], message, hint);
        } else if let Some(service) = world.index.service(&tag.object.namespace, &tag.object.name) {
            findings.missing(service, at.as_str(), &[(Kind::Deployment, "")], message, hint);
        }
    }
}
