use crate::checks::Findings;
use crate::mesh::istio::{INJECT, INJECTION};
use crate::model::{Kind, Namespace, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace asks for sidecars in a way that nothing reads: `istio-injection` with a value other than `enabled` and `disabled`;
    /// `sidecar.istio.io/inject`, which belongs on pods; or a name one step away, such as `istio.io/injection`.
    ///
    /// # Why it matters
    ///
    /// The webhooks compare the label and its value as they stand. Pods start without a sidecar, and `istio-injection` with an odd value even keeps
    /// pods out that ask for one themselves.
    ///
    /// # How to fix it
    ///
    /// Write the label `istio-injection: enabled`, or `istio.io/rev` with the revision.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`; no other tool looks.
    "istio-injection-label-mistaken",
    summary: "Namespace asks for sidecars by a label or value that nothing reads",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace],
    run: run,
}

/// Names that are taken for `istio-injection`.
const NEAR: [&str; 6] =
    ["istio.io/injection", "istio.io/inject", "istio-inject", "istio.injection", "istio-sidecar-injection", "sidecar.istio.io/injection"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces() {
        let labels = &namespace.metadata.labels;
        let value = labels.get(INJECTION).filter(|value| !matches!(*value, "enabled" | "disabled"));
        if let Some(value) = value {
            let message = format!(
                "{INJECTION}: {value:?} is neither enabled nor disabled: no pod of the namespace gets a sidecar, one that asks for it included"
            );
            report(findings, namespace, INJECTION, message);
        }
        for name in NEAR.into_iter().filter(|name| labels.has(name)) {
            report(findings, namespace, name, format!("nothing reads {name} on a namespace; the label {INJECTION} was probably meant"));
        }
        if labels.is(INJECT, "true") && !labels.has(INJECTION) {
            report(findings, namespace, INJECT, format!("{INJECT} is a label of pods, and does nothing on a namespace"));
        }
    }
}

fn report(findings: &mut Findings<'_>, namespace: &Namespace, name: &str, message: String) {
    let hint = "Write the label istio-injection: enabled, or istio.io/rev with the revision.";
    findings.add(namespace, format!("metadata.labels{}", key(name)), message, hint);
}
