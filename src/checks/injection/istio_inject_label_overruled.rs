use crate::checks::Findings;
use crate::index::{Body, Workload};
use crate::mesh::istio::{DEFAULT, INJECT, INJECTION, REV};
use crate::model::{Kind, Map, Membership, MeshId, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A pod template asks for a sidecar by a label that the labels of its namespace overrule: `sidecar.istio.io/inject: "true"` where the namespace
    /// has `istio-injection: disabled` (or another word than `enabled`), or `istio.io/rev` where the namespace has `istio-injection: enabled` or names
    /// another revision.
    ///
    /// # Why it matters
    ///
    /// The webhooks look at the namespace first. The pods get no sidecar, or one of another revision than the label says, and nothing reports it.
    ///
    /// # How to fix it
    ///
    /// Remove the label from the namespace to let pods decide for themselves, or the label from the pods.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`; no other tool looks.
    "istio-inject-label-overruled",
    summary: "Injection label of pods that their namespace overrules",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads().iter().filter(|w| matches!(w.body, Body::Controller(_))) {
        let Some(namespace) = index.namespace(&workload.reference.namespace) else { continue };
        let labels = &namespace.metadata.labels;
        let Some((label, message)) = refused(workload, labels).or_else(|| redirected(world, workload, labels)) else { continue };
        let path = format!("metadata.labels{}", key(label));
        let hint = "Remove the label of the namespace to let pods decide for themselves, or this one.";
        findings.add_workload(workload, &path, message, hint).related(crate::model::Subject::reference(namespace), "has the label that counts");
    }
}

/// An explicit yes where the namespace says no.
fn refused(workload: &Workload, namespace: &Map) -> Option<(&'static str, String)> {
    let word = namespace.get(INJECTION).filter(|word| *word != "enabled" && workload.labels.is(INJECT, "true"))?;
    Some((INJECT, format!("{INJECT}: \"true\" has no effect where the namespace has {INJECTION}: {word}: its pods get no sidecar")))
}

/// A revision where the namespace has another.
fn redirected(world: &World, workload: &Workload, namespace: &Map) -> Option<(&'static str, String)> {
    let own = workload.labels.get(REV).filter(|rev| !rev.is_empty())?;
    let (label, of_namespace) = match (namespace.get(INJECTION), namespace.get(REV).filter(|rev| !rev.is_empty())) {
        (Some("enabled"), _) => (format!("{INJECTION}: enabled"), DEFAULT),
        (None, Some(rev)) => (format!("{REV}: {rev}"), rev),
        _ => return None,
    };
    let revision = |name: &str| world.istio.revision(name).and_then(|plane| plane.revision.clone());
    let same = own == of_namespace || revision(own).is_some_and(|r| Some(r) == revision(of_namespace));
    // A gateway of the charts carries its revision as a label, and a pod that opts out is not asked.
    let excused =
        workload.labels.is(INJECT, "false") || matches!(world.membership(MeshId::Istio, workload), Ok(Membership::Gateway | Membership::Waypoint));
    (!same && !excused)
        .then(|| (REV, format!("{REV}: {own} has no effect where the namespace has {label}: its pods get the sidecar of revision {of_namespace}")))
}
