use crate::checks::Findings;
use crate::mesh::istio::labels::DATAPLANE_MODE;
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The label `istio.io/dataplane-mode` has a value other than `ambient` and `none`, or stands where nothing reads it: on a Service, or on a
    /// Deployment (or its like) and not on its pod template. Where `istio-cni-config` has enablement selectors of its own, values are not judged.
    ///
    /// # Why it matters
    ///
    /// istio-cni takes pods whose own label, or whose namespace's, is exactly `ambient`. Anything else is passed over without a word, and the traffic
    /// stays in plaintext, or a pod that was to be left out is taken.
    ///
    /// # How to fix it
    ///
    /// Write `ambient` or `none`, as a label of the namespace or of the pod template.
    ///
    /// Sources: istio `cni/pkg/util/enablement_selector.go`; no other tool looks.
    "istio-dataplane-mode-ignored",
    summary: "Label for ambient mode with a value or in a place that nothing reads",
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Service, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let path = format!("metadata.labels{}", key(DATAPLANE_MODE));
    let other_selectors = index.objects(Kind::ConfigMap).iter().any(|map| {
        map.meta.name == "istio-cni-config" && map.root().get("data").is_some_and(|data| data.entries().any(|(name, _)| name.contains("SELECTOR")))
    });
    let odd = |value: &str| !other_selectors && !matches!(value, "ambient" | "none");
    let words = |value: &str| format!("{value:?} is no data plane mode: it has no effect");
    let hint = "Write ambient to take pods into ambient, none to leave them out; for sidecars use istio-injection or istio.io/rev.";
    for namespace in index.namespaces() {
        if let Some(value) = namespace.metadata.labels.get(DATAPLANE_MODE).filter(|value| odd(value)) {
            findings.add(namespace, path.clone(), words(value), hint);
        }
    }
    for workload in index.workloads().iter().filter(|w| w.is_live()) {
        if let Some(value) = workload.labels.get(DATAPLANE_MODE).filter(|value| odd(value)) {
            findings.add_workload(workload, &path, words(value), hint);
        }
    }
    for service in index.services() {
        if let Some(value) = service.metadata.labels.get(DATAPLANE_MODE).filter(|value| *value != "none") {
            let message = format!("{DATAPLANE_MODE}: {value} on a Service has no effect: pods are taken into ambient, not Services");
            findings.add(service, path.clone(), message, "Move it to the labels of the pod template or of the namespace.");
        }
    }
    for controller in index.controllers().iter().filter(|c| c.metadata.controller().is_none()) {
        if controller.template().is_none_or(|t| t.metadata.labels.has(DATAPLANE_MODE)) {
            continue;
        }
        let Some(value) = controller.metadata.labels.get(DATAPLANE_MODE) else { continue };
        // What the namespace has already is only said twice.
        if index.namespace_label(&controller.metadata.namespace, DATAPLANE_MODE) == Some(value) {
            continue;
        }
        let message = format!("the label {DATAPLANE_MODE}={value} of a {} is not handed down to its pods", controller.kind);
        let hint = format!("Move it to the labels of the pod template ({}.metadata.labels).", controller.template_path());
        findings.add(controller, path.clone(), message, hint);
    }
}
