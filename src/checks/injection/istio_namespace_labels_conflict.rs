use crate::checks::Findings;
use crate::mesh::istio::labels::{DATAPLANE_MODE, SYSTEM_NAMESPACES};
use crate::mesh::istio::{INJECTION, REV};
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace carries two of the labels `istio-injection`, `istio.io/rev` and `istio.io/dataplane-mode`, and they ask for different things.
    /// `istio-injection=disabled` next to another label is taken as meant.
    ///
    /// # Why it matters
    ///
    /// Istio does not report the conflict. `istio-injection` beats `istio.io/rev`, so a canary revision gets none of the pods; and with
    /// `istio.io/dataplane-mode=ambient` either of them still injects sidecars, which keep the pods out of ambient.
    ///
    /// # How to fix it
    ///
    /// Keep the one label that says what you want and remove the others, then restart the pods.
    ///
    /// Sources: IST0123; istio `pkg/config/analysis/analyzers/injection/injection.go`, `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`,
    /// issue istio/istio#60313.
    "istio-namespace-labels-conflict",
    summary: "Namespace has several mesh labels, of which one silently wins",
    aliases: &["IST0123"],
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace],
    severity: Severity::Warning,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces() {
        let (name, labels) = (namespace.metadata.name.as_str(), &namespace.metadata.labels);
        let (injection, revision, mode) = (labels.get(INJECTION), labels.get(REV), labels.get(DATAPLANE_MODE));
        let counts = injection.is_none_or(|v| v == "enabled");
        let carried = usize::from(injection.is_some()) + if counts { usize::from(revision.is_some()) + usize::from(mode.is_some()) } else { 0 };
        if carried < 2 || name == "istio-system" || SYSTEM_NAMESPACES.contains(&name) {
            continue;
        }
        let pairs: Vec<String> = [(INJECTION, injection), (REV, revision), (DATAPLANE_MODE, mode)]
            .into_iter()
            .filter_map(|(label, value)| Some(format!("{label}={}", value?)))
            .collect();
        let loser = if mode.is_some() { DATAPLANE_MODE } else { REV };
        let (effect, hint) = match (injection, mode) {
            (Some(_), None) => (
                "istio-injection wins: the default revision injects, and istio.io/rev has no effect".to_owned(),
                "Remove istio-injection to move to the revision, or istio.io/rev to stay with the default one.",
            ),
            (_, Some("ambient")) => (
                "new pods get sidecars, and a pod with a sidecar stays out of ambient".to_owned(),
                "Remove the injection label to use ambient, or istio.io/dataplane-mode to use sidecars, then restart the pods.",
            ),
            (_, _) => ("sidecars are injected, whatever the data plane mode says".to_owned(), "Remove the label that is not meant."),
        };
        findings.add(namespace, format!("metadata.labels{}", key(loser)), format!("{}: {effect}", pairs.join(", ")), hint);
    }
}
